import numpy as np
import pytest

from egop.distributions import AlongPath, Gaussian, Mixture, StudentT, from_sampler


def test_mixture_draws_each_component_by_its_weight():
    rho = Mixture([Gaussian(mean=-100.0), Gaussian(mean=100.0)], weights=[3.0, 1.0])
    right = rho.sample(20_000, 0)[:, 0] > 0
    assert right.mean() == pytest.approx(0.25, abs=0.01)


def test_mixture_of_one_has_its_moments():
    one = Gaussian(mean=[1.0, 2.0], covariance=[[2.0, 1.0], [1.0, 3.0]])
    rho = Mixture([one])
    np.testing.assert_allclose(rho.mean, one.mean)
    np.testing.assert_allclose(rho.covariance, one.covariance, atol=1e-12)


def test_mixture_ignores_moments_of_a_component_without_weight():
    rho = Mixture([Gaussian(2, mean=1.0), StudentT(2, 0.5), StudentT(2, 1.5)], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(rho.mean, [1.0, 1.0])
    np.testing.assert_allclose(rho.covariance, np.eye(2), atol=1e-12)
    assert Mixture([Gaussian(2), StudentT(2, 2.0)], [1.0, 1.0]).covariance[0, 0] == np.inf


def test_mixture_inherits_a_missing_covariance():
    rho = Mixture([Gaussian(2), StudentT(2, degrees_of_freedom=1.5)])
    assert np.isinf(np.diag(rho.covariance)).all()


def test_path_points_are_drawn_equally_often():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    rho = AlongPath(points)
    drawn, counts = np.unique(rho.sample(30_000, 0), axis=0, return_counts=True)
    np.testing.assert_array_equal(drawn, points)
    np.testing.assert_allclose(counts / 30_000, 1 / 3, atol=0.01)
    np.testing.assert_allclose(rho.mean, [2 / 3, 2 / 3])


def test_path_takes_runs_and_leaves_out_what_diverged():
    runs = np.zeros((5, 2, 3))
    runs[3:, 0] = np.nan
    assert len(AlongPath(runs).points) == 8


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Mixture([]), "over the same variables"),
        (lambda: Mixture([Gaussian(2), Gaussian(3)]), r"dims \[2, 3\]"),
        (lambda: Mixture([Gaussian(2)], weights=[1.0, 2.0]), "takes 1 weights"),
        (lambda: Mixture([Gaussian(2)] * 2, weights=[1.0, -1.0]), "at least 0"),
        (lambda: Mixture([Gaussian(2)], weights=[0.0]), "do not all vanish"),
        (lambda: AlongPath([1.0, 2.0]), r"points \(T, d\)"),
        (lambda: AlongPath([[np.nan, 0.0]]), "finite points"),
        (lambda: AlongPath([[0.0, 0.0]], jitter=-1.0), "jitter"),
    ],
)
def test_refuses_in_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_the_tails_of_a_mixture_are_not_known_where_those_of_a_part_are_not():
    own = from_sampler(lambda n, rng: rng.normal(size=(n, 2)))
    for parts in ([own, Gaussian(2)], [Gaussian(2), own]):
        assert np.isnan(Mixture(parts).tail_index)
