"""A green light must hardly ever be wrong, and be green where v_1 is known."""

import numpy as np
import pytest

from egop.analysis.sample_adequacy import MAX_ANGLE, judge_sample, rounded_up
from egop.bootstrap import bootstrap
from egop.distributions import Gaussian, Laplace, StudentT, UniformBox, read_distribution
from egop.eigenbasis import Eigenbasis
from egop.gradients import GradientSample, sample_gradients
from egop.metrics import subspace_angle
from egop.objectives import from_expression, log_sum_exp, quadratic, two_layer_linear
from egop.theory import exact_eigenbasis

STEEP = quadratic(condition_number=10.0, angle=0.5)
PAPER = log_sum_exp(2, 100, (1.0, 0.25), seed=0)
ROUND = Gaussian(2)


def judge(objective, rho, n_samples, seed=0):
    sample = sample_gradients(objective, rho, n_samples, seed)
    return judge_sample(objective, rho, sample, bootstrap(sample.gradients, 100, seed=seed))


def errors_of_green_lights(objective, rho, n_samples, leading, draws):
    """Angle of v_1 from the true one, over the stated angle, of the samples judged enough."""
    ratios = []
    for seed in range(draws):
        adequacy = judge(objective, rho, n_samples, seed)
        if adequacy.enough:
            gradients = sample_gradients(objective, rho, n_samples, seed).gradients
            first = Eigenbasis.from_gradients(gradients).eigenvectors[:, 0]
            ratios.append(np.degrees(subspace_angle(first, leading)) / adequacy.angle_degrees)
    return np.array(ratios)


def turned(eigenvalues, seed=0):
    """A quadratic whose EGOP under a ρ of covariance I has these eigenvalues."""
    V = Eigenbasis.random(len(eigenvalues), seed).eigenvectors
    H = (V * np.sqrt(eigenvalues)) @ V.T
    return quadratic(hessian=(H + H.T) / 2)


@pytest.mark.parametrize("dim", [2, 5])
@pytest.mark.parametrize("ratio", [3.0, 100.0])
@pytest.mark.parametrize("n_samples", [100, 1000])
def test_green_is_wrong_in_at_most_a_tenth_of_the_samples(dim, ratio, n_samples):
    objective = turned([1.0, *(1 / ratio / np.arange(1.0, dim) ** 2)])
    for rho in (Gaussian(dim), Laplace(dim), StudentT(dim, 5.0)):
        leading = exact_eigenbasis(objective, rho).eigenvectors[:, 0]
        ratios = errors_of_green_lights(objective, rho, n_samples, leading, draws=40)
        assert (ratios > 1).sum() <= 4


@pytest.mark.parametrize("n_samples", [2, 3, 5])
@pytest.mark.parametrize("objective", [PAPER, STEEP])
def test_a_handful_of_samples_is_never_enough(objective, n_samples):
    found = [judge(objective, Gaussian(2, scale=50.0), n_samples, seed) for seed in range(18)]
    assert not any(each.enough for each in found)
    assert {each.qualifier for each in found} == {"from too few samples"}


def test_a_clear_gap_is_enough_with_two_thousand_samples():
    for objective in (PAPER, STEEP, turned([1.0, *[0.01] * 4])):
        found = [judge(objective, Gaussian(objective.dim), 2000, seed) for seed in range(20)]
        assert np.mean([each.enough for each in found]) >= 0.9
        assert all(each.angle_degrees <= MAX_ANGLE for each in found if each.enough)


@pytest.mark.parametrize(
    ("text", "freedom", "qualifier"),
    [
        ("x^2 + 100*y^2", 1.0, "the EGOP is infinite"),
        ("x^2 + 100*y^2", 2.0, "the EGOP is infinite"),
        ("x^4 + y^2", 5.0, "the EGOP is infinite"),
        ("x^2 + 100*y^2", 2.2, "from an estimate without a finite variance"),
        ("x^2 + 100*y^2", 4.0, "from an estimate without a finite variance"),
        ("x^2 + 100*y^2", 4.5, ""),
        ("sqrt(1 + x^2) + 0.1*y", 1.0, ""),  # bounded gradients have all moments
    ],
)
@pytest.mark.parametrize("n_samples", [100, 2000])
def test_moments_that_rho_lacks_cannot_be_made_up_by_samples(text, freedom, qualifier, n_samples):
    adequacy = judge(from_expression(text), StudentT(2, freedom), n_samples)
    assert (adequacy.answer == "cannot know") == bool(qualifier)
    if qualifier:
        assert adequacy.qualifier == qualifier
        assert f"only those below {freedom:g} are finite" in adequacy.sentence


@pytest.mark.parametrize(
    ("text", "rho"),
    [
        ("-log(x) - log(y) + x", ROUND),
        ("1/x + y^2", ROUND),
        ("exp(x) + y^2", Laplace(2)),
        ("exp(x^2) + y^2", ROUND),
        ("sqrt(x) + 10*y^2", UniformBox(2, mean=1.0)),
    ],
)
def test_poles_and_exponential_growth_are_seen_in_the_gradients(text, rho):
    found = [judge(from_expression(text), rho, 2000, seed) for seed in range(20)]
    assert np.mean([each.enough for each in found]) <= 0.1
    assert {"the EGOP may be infinite"} >= {each.qualifier for each in found if not each.enough}


@pytest.mark.parametrize(
    "text", ["(1-x)^2 + 100*(y-x^2)^2", "exp(x/4) + y^2", "abs(x)^1.5 + 9*y^2"]
)
def test_growth_with_finite_moments_is_not_taken_for_an_infinite_egop(text):
    found = [judge(from_expression(text), Gaussian(2, scale=0.8), 2000, seed) for seed in range(10)]
    assert all(each.answer != "cannot know" for each in found)


@pytest.mark.parametrize("decay", [0.0, 2.0])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_polynomials_are_never_taken_for_an_infinite_egop(decay, scale):
    """Gradients of degree 3 in 72 variables have heavy tails in any sample, and all moments."""
    objective = two_layer_linear(input_decay=decay)
    rho = Gaussian(objective.dim, scale=scale)
    for seed in range(5):
        sample = sample_gradients(objective, rho, 200, seed)
        light = judge_sample(objective, rho, sample, bootstrap(sample.gradients, 100))
        assert light.answer == "not enough"
        assert "infinite" not in light.sentence


def test_too_few_samples_says_how_many_would_do():
    adequacy = judge(STEEP, ROUND, 40)
    assert adequacy.words == "too few samples"
    wanted = int(adequacy.sentence.split("about ")[1].split(" ")[0].replace(",", ""))
    assert judge(STEEP, ROUND, 2 * wanted).words != "too few samples"
    close = quadratic(hessian=np.diag([1.2, 1.0]))
    unsure = judge(close, ROUND, 2000)
    assert unsure.words.startswith("v₁ ±")
    wanted = int(unsure.sentence.split("about ")[1].split(" ")[0].replace(",", ""))
    assert judge(close, ROUND, 2 * wanted).enough


def test_equal_eigenvalues_leave_v1_arbitrary():
    adequacy = judge(quadratic(np.eye(2)), ROUND, 2000)
    assert (adequacy.words, adequacy.qualifier) == ("v₁ is arbitrary", "")  # all: a verdict says so
    partly = judge(quadratic(np.diag([3.0, 3.0, 1.0])), Gaussian(3), 2000)
    assert partly.qualifier == "its leading 2 axes are arbitrary"
    assert "leading 2 eigenvalues cannot be told apart" in partly.sentence


@pytest.mark.parametrize(
    ("gradients", "words"), [(np.zeros((50, 2)), "no gradient"), ([[3.0, 4.0]], "too few samples")]
)
def test_samples_without_spread_are_not_enough(gradients, words):
    gradients = np.array(gradients)
    sample = GradientSample(np.zeros_like(gradients), gradients)
    adequacy = judge_sample(STEEP, ROUND, sample, bootstrap(gradients, 20))
    assert adequacy.words == words
    assert not adequacy.enough


def test_no_error_below_a_degree_is_claimed():
    assert judge(quadratic(condition_number=1e4), ROUND, 2000).angle_degrees == 1.0


@pytest.mark.parametrize(
    ("count", "rounded"), [(3.2, 4), (99.5, 100), (1234, 1300), (45_678, 46_000)]
)
def test_wanted_counts_have_two_digits(count, rounded):
    assert rounded_up(count) == rounded


def test_of_an_own_distribution_of_unknown_moments_only_the_sample_speaks():
    class Points:
        dim = 2

        def __init__(self, power):
            self.power = power

        def sample(self, n, rng):
            return rng.standard_normal((n, 2)) / rng.random((n, 1)) ** self.power

    assert judge(STEEP, read_distribution(Points(0.0)), 2000).enough
    assert judge(STEEP, read_distribution(Points(1.0)), 2000).answer == "cannot know"
