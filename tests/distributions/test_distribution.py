"""Properties that every distribution has."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.distributions import (
    DISTRIBUTIONS,
    AlongPath,
    Distribution,
    Gaussian,
    Laplace,
    Mixture,
    Sampler,
    Sphere,
    StudentT,
    UniformBall,
    UniformBox,
    XavierNormal,
    empirical,
    from_sampler,
)

TILTED = np.array([[2.0, 0.9, 0.0], [0.9, 1.0, -0.2], [0.0, -0.2, 0.5]])
PATH = np.random.default_rng(5).standard_normal((40, 3)).cumsum(axis=0)


def draw_shifted(n, rng):
    return rng.standard_normal((n, 3)) + 1


EXAMPLES: dict[str, Distribution] = {
    "gaussian": Gaussian(3, mean=[1.0, -2.0, 0.5], covariance=TILTED),
    "isotropic gaussian": Gaussian(3, scale=2.0),
    "singular gaussian": Gaussian(covariance=np.outer([1.0, 2.0, -1.0], [1.0, 2.0, -1.0])),
    "uniform box": UniformBox(mean=[1.0, 0.0, -1.0], half_width=[1.0, 2.0, 0.5]),
    "uniform ball": UniformBall(3, mean=1.0, radius=2.0),
    "sphere": Sphere(3, mean=-1.0, radius=2.0),
    "laplace": Laplace(3, mean=0.5, scale=[0.5, 1.0, 2.0]),
    "student t": StudentT(3, degrees_of_freedom=9.0, mean=1.0, scale=1.5),
    "xavier normal": XavierNormal([(2, 3), (1, 2)]),
    "mixture": Mixture([Gaussian(3, mean=3.0, scale=0.5), UniformBox(3)], weights=[1.0, 3.0]),
    "along a path": AlongPath(PATH, jitter=0.3),
    "empirical": empirical(PATH),
    "sampler": from_sampler(
        draw_shifted, mean=[1.0, 1.0, 1.0], covariance=np.eye(3), name="shifted"
    ),
}

every_distribution = pytest.mark.parametrize("name", EXAMPLES)


def test_every_class_has_an_example():
    assert {type(example) for example in EXAMPLES.values()} == {
        *DISTRIBUTIONS.values(),
        Sampler,
    }


@every_distribution
def test_sample_has_the_stated_mean_and_covariance(name):
    rho = EXAMPLES[name]
    points = rho.sample(200_000, rng=1)
    spread = np.sqrt(np.diag(rho.covariance)) + 1e-12
    assert np.abs((points.mean(axis=0) - rho.mean) / spread).max() < 0.015
    error = np.cov(points.T, bias=True) - rho.covariance
    assert np.abs(error / np.outer(spread, spread)).max() < 0.03


@every_distribution
def test_moments_are_finite_below_the_tail_index(name):
    assert EXAMPLES[name].tail_index == (9.0 if name == "student t" else np.inf)


def test_tail_index_of_a_mixture_is_that_of_its_heaviest_part_with_weight():
    parts = [Gaussian(2), StudentT(2, 3.0), StudentT(2, 2.5)]
    assert Mixture(parts).tail_index == 2.5
    assert Mixture(parts, [1.0, 1.0, 0.0]).tail_index == 3.0


def test_own_distribution_without_finite_covariance_has_at_most_second_moments():
    class Cauchy(Distribution):
        dim, mean, covariance = 1, np.full(1, np.nan), np.full((1, 1), np.nan)

        def _draw(self, n, rng):
            return rng.standard_cauchy((n, 1))

        def describe(self):
            return "Cauchy"

    assert Cauchy().tail_index == 2


@every_distribution
def test_larger_sample_begins_with_the_smaller_one(name):
    rho = EXAMPLES[name]
    longer, shorter = rho.sample(500, rng=7), rho.sample(120, rng=7)
    np.testing.assert_array_equal(longer[:120], shorter)


@every_distribution
def test_one_generator_gives_fresh_points_each_time(name):
    rng = np.random.default_rng(3)
    first, second = EXAMPLES[name].sample(50, rng), EXAMPLES[name].sample(50, rng)
    assert not np.array_equal(first, second)


@every_distribution
def test_arrays_are_read_only_and_sample_is_fresh(name):
    rho = EXAMPLES[name]
    assert rho.mean.shape == (rho.dim,)
    assert rho.covariance.shape == (rho.dim, rho.dim)
    for array in (rho.mean, rho.covariance):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    points = rho.sample(10, rng=0)
    points[...] = 0.0
    assert rho.sample(10, rng=0).any()


@every_distribution
def test_pickled_distribution_draws_the_same_and_stays_read_only(name):
    rho = EXAMPLES[name]
    again = pickle.loads(pickle.dumps(rho))
    assert type(again) is type(rho)
    np.testing.assert_array_equal(again.sample(9, 0), rho.sample(9, 0))
    assert not again.covariance.flags.writeable
    assert again.tail_index == rho.tail_index


@every_distribution
def test_repr_is_one_short_line(name):
    shown = repr(EXAMPLES[name])
    assert EXAMPLES[name].describe() in shown
    assert len(shown) < 200
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Gaussian(2, 50.0), "mean=50.0 or scale=50.0"),
        (lambda: UniformBox(2, 50.0), "mean=50.0 or half_width=50.0"),
        (lambda: UniformBall(2, [0.0, 1.0]), "mean=… or radius=…"),
        (lambda: Sphere(2, 3.0), "mean=3.0 or radius=3.0"),
        (lambda: Laplace(2, 3.0), "mean=3.0 or scale=3.0"),
        (lambda: StudentT(2, 3.0, 50.0), "dim and degrees_of_freedom by position"),
    ],
)
def test_a_parameter_by_position_is_refused_in_one_sentence(make, words):
    with pytest.raises(TypeError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


@every_distribution
def test_empty_sample(name):
    assert EXAMPLES[name].sample(0, rng=0).shape == (0, EXAMPLES[name].dim)


@every_distribution
def test_description_is_one_line_with_the_dimension(name):
    text = EXAMPLES[name].describe()
    assert "\n" not in text
    assert f"in {EXAMPLES[name].dim} variables" in text


@pytest.mark.parametrize("n", [-1, 2.5, "many"])
def test_refuses_a_sample_size_that_is_no_count(n):
    with pytest.raises(ValueError, match="number of points of at least 0"):
        Gaussian().sample(n, rng=0)


def test_refuses_to_sample_without_a_seed():
    with pytest.raises(ValueError, match="generator or a seed"):
        Gaussian().sample(3, rng=None)


@pytest.mark.parametrize(
    ("rho", "expected"),
    [
        (Gaussian(3, scale=2.0), True),
        (Gaussian(2, mean=[0.0, 1.0]), False),
        (Gaussian(covariance=np.diag([1.0, 1.1])), False),
        (Gaussian(covariance=4 * np.eye(5)), True),
        (UniformBall(4), True),
        (UniformBall(4, mean=0.1), False),
        (Sphere(4), True),
        (StudentT(3, degrees_of_freedom=0.5), True),
        (StudentT(3, mean=1.0), False),
        (UniformBox(2), False),
        (UniformBox(1), True),
        (Laplace(2), False),
        (Laplace(1), True),
        (XavierNormal([(2, 3)]), True),
        (XavierNormal([(2, 3), (3, 2)]), True),
        (XavierNormal([(2, 3), (4, 4)]), False),
        (Mixture([Gaussian(2), Sphere(2)]), True),
        (Mixture([Gaussian(2), UniformBox(2)]), False),
        (Mixture([Gaussian(2), UniformBox(2)], weights=[1.0, 0.0]), True),
        (AlongPath(PATH), False),
    ],
    ids=lambda value: value.describe() if isinstance(value, Distribution) else str(value),
)
def test_rotation_invariance_is_that_of_lemma_14(rho, expected):
    assert rho.rotation_invariant is expected


@given(angle=st.floats(-10, 10), radius=st.floats(0.1, 5.0), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_ball_and_sphere_keep_their_radius(angle, radius, seed):
    mean = [np.cos(angle), np.sin(angle)]
    inside = UniformBall(mean=mean, radius=radius).sample(50, seed) - mean
    around = Sphere(mean=mean, radius=radius).sample(50, seed) - mean
    assert np.linalg.norm(inside, axis=1).max() <= radius * (1 + 1e-12)
    np.testing.assert_allclose(np.linalg.norm(around, axis=1), radius, rtol=1e-12)
