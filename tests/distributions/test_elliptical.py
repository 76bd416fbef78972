import dataclasses

import numpy as np
import pytest

from egop.distributions import Gaussian, StudentT, UniformBall


def test_dimension_follows_the_mean_or_the_covariance():
    assert Gaussian().dim == 2
    assert Gaussian(mean=[0.0, 1.0, 2.0]).dim == 3
    assert Gaussian(covariance=np.eye(4)).dim == 4


def test_scale_is_the_standard_deviation_per_coordinate():
    np.testing.assert_allclose(Gaussian(3, scale=2.0).covariance, 4 * np.eye(3))
    assert Gaussian(covariance=np.diag([1.0, 7.0])).scale == pytest.approx(2.0)


def test_scale_may_repeat_the_covariance_but_not_contradict_it():
    tilted = Gaussian(covariance=np.array([[2.0, 1.0], [1.0, 3.0]]))
    moved = dataclasses.replace(tilted, mean=np.ones(2))
    np.testing.assert_array_equal(moved.covariance, tilted.covariance)
    with pytest.raises(ValueError, match="a scale or a covariance"):
        Gaussian(scale=3.0, covariance=np.eye(2))


def test_singular_covariance_is_sampled_within_its_range():
    direction = np.array([3.0, 4.0]) / 5
    points = Gaussian(mean=[1.0, 1.0], covariance=np.outer(direction, direction)).sample(200, 0) - 1
    np.testing.assert_allclose(points @ [-4.0, 3.0], 0.0, atol=1e-6)
    assert np.std(points @ direction) == pytest.approx(1.0, abs=0.1)


def test_point_mass():
    rho = Gaussian(mean=[1.0, 2.0], covariance=np.zeros((2, 2)))
    np.testing.assert_array_equal(rho.sample(3, 0), [[1.0, 2.0]] * 3)


def test_samples_move_smoothly_with_the_covariance():
    def points(angle):
        axis = np.array([np.cos(angle), np.sin(angle)])
        return Gaussian(covariance=np.eye(2) + 9 * np.outer(axis, axis)).sample(100, 0)

    assert np.abs(points(0.7854) - points(0.7855)).max() < 0.01


def test_ball_is_filled_evenly():
    radii = np.linalg.norm(UniformBall(3, radius=2.0).sample(50_000, 0), axis=1)
    inner = (radii < 1.0).mean()
    assert inner == pytest.approx(1 / 8, abs=0.006)


@pytest.mark.parametrize(
    ("freedom", "mean", "variance"),
    [(0.5, np.nan, np.nan), (1.0, np.nan, np.nan), (2.0, 0.0, np.inf), (4.0, 0.0, 8.0)],
)
def test_student_moments_exist_only_for_light_enough_tails(freedom, mean, variance):
    rho = StudentT(2, degrees_of_freedom=freedom, scale=2.0)
    np.testing.assert_equal(rho.mean, [mean, mean])
    np.testing.assert_allclose(np.diag(rho.covariance), [variance, variance])
    assert np.isfinite(rho.sample(1000, 0)).all()


def test_student_quantiles():
    # upper 5 % point of the t distribution with 3 degrees of freedom: 2.3534
    points = StudentT(2, degrees_of_freedom=3.0, mean=1.0, scale=2.0).sample(100_000, 0)
    assert np.quantile((points - 1.0) / 2.0, 0.95, axis=0) == pytest.approx(2.3534, rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"covariance": [[1.0, 2.0], [2.0, 1.0]]}, "smallest eigenvalue -1"),
        ({"covariance": [[1.0, 0.5], [0.0, 1.0]]}, "symmetric"),
        ({"covariance": [[1.0, np.nan], [np.nan, 1.0]]}, "finite"),
        ({"covariance": [1.0, 2.0]}, "square matrix"),
        ({"dim": 3, "covariance": np.eye(2)}, r"takes a matrix \(3, 3\), got \(2, 2\)"),
        ({"dim": 3, "mean": [0.0, 0.0]}, "takes one number or 3"),
        ({"mean": np.inf}, "finite"),
        ({"scale": 0.0}, "above zero"),
        ({"scale": -1.0}, "above zero"),
        ({"scale": [1.0, 2.0]}, "one number"),
        ({"dim": 0}, "at least 1"),
        ({"dim": 2.5}, "an integer"),
    ],
)
def test_gaussian_refuses_in_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        Gaussian(**arguments)


@pytest.mark.parametrize("freedom", [0.0, -1.0, np.nan])
def test_student_refuses_impossible_degrees_of_freedom(freedom):
    with pytest.raises(ValueError, match="degrees_of_freedom"):
        StudentT(degrees_of_freedom=freedom)


def test_descriptions():
    assert Gaussian(3).describe() == "N(0, I) in 3 variables"
    assert Gaussian(2, scale=50.0).describe() == "N(0, 50² I) in 2 variables"
    assert Gaussian(mean=[1.0, 2.5]).describe() == "N((1, 2.5), I) in 2 variables"
    assert "Σ" in Gaussian(covariance=np.diag([1.0, 2.0])).describe()
