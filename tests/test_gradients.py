import numpy as np
import pytest

from egop.distributions import Gaussian, UniformBox
from egop.gradients import gradient_chunks, sample_gradients, usable
from egop.objectives import from_expression, from_functions


def square_root_of_first(dim=2):
    """√x₁, which has no gradient for x₁ ≤ 0."""

    def gradient(x):
        slope = np.zeros_like(x)
        slope[..., 0] = 0.5 / np.sqrt(x[..., 0])
        return slope

    return from_functions(lambda x: np.sqrt(x[..., 0]), gradient, dim=dim)


def cubic():
    return from_functions(lambda x: (x**3).sum(axis=-1) / 3, lambda x: x**2, dim=2)


def test_gradients_belong_to_their_points():
    sample = sample_gradients(cubic(), Gaussian(2), 50, seed=1)
    np.testing.assert_array_equal(sample.gradients, sample.points**2)
    np.testing.assert_array_equal(sample.points, Gaussian(2).sample(50, 1))
    assert (sample.n_samples, sample.n_excluded) == (50, 0)


def test_more_samples_begin_with_the_same_points():
    few = sample_gradients(cubic(), Gaussian(2), 20, seed=1)
    many = sample_gradients(cubic(), Gaussian(2), 200, seed=1)
    np.testing.assert_array_equal(many.points[:20], few.points)


def test_gradients_that_are_not_finite_are_counted_and_left_out():
    sample = sample_gradients(square_root_of_first(), UniformBox(2), 1000, seed=0)
    assert sample.n_excluded == pytest.approx(500, abs=60)
    assert sample.n_samples + sample.n_excluded == 1000
    assert (sample.points[:, 0] > 0).all()
    assert np.isfinite(sample.gradients).all()


def test_points_where_f_has_no_value_are_left_out_even_where_its_gradient_is_finite():
    logarithm = from_expression("log(x) + y^2")
    assert np.isfinite(logarithm.gradient([-1.0, 0.0])).all()
    sample = sample_gradients(logarithm, UniformBox(2), 1000, seed=0)
    assert sample.n_excluded == pytest.approx(500, abs=60)
    assert (sample.points[:, 0] > 0).all()


@pytest.mark.parametrize("n_samples", [1, 99, 100, 101, 500, 7000])
def test_chunks_are_the_sample_in_pieces(n_samples):
    chunks = list(gradient_chunks(square_root_of_first(), UniformBox(2), n_samples, seed=5))
    whole = sample_gradients(square_root_of_first(), UniformBox(2, mean=0.0), n_samples, seed=5)
    np.testing.assert_array_equal(np.concatenate([c.gradients for c in chunks]), whole.gradients)
    np.testing.assert_array_equal(np.concatenate([c.points for c in chunks]), whole.points)
    assert sum(c.n_excluded for c in chunks) == whole.n_excluded


def test_refuses_when_no_gradient_is_finite():
    left = UniformBox(mean=[-5.0, 0.0])
    with pytest.raises(ValueError, match=r"not finite at any of the 30 points"):
        sample_gradients(square_root_of_first(), left, 30)
    assert sum(c.n_excluded for c in gradient_chunks(square_root_of_first(), left, 30)) == 30


@pytest.mark.parametrize("n_samples", [0, -3, 2.5, "many"])
def test_refuses_a_sample_size_that_is_no_count(n_samples):
    with pytest.raises(ValueError, match="n_samples takes an integer of at least 1"):
        sample_gradients(cubic(), Gaussian(2), n_samples)


def test_refuses_another_dimension():
    with pytest.raises(ValueError, match="2 variables, but the distribution has 3"):
        sample_gradients(cubic(), Gaussian(3))


def test_usable_leaves_out_what_would_overflow():
    rows = np.array([[1.0, 2.0], [np.nan, 0.0], [np.inf, 0.0], [1e200, 0.0], [0.0, -1e149]])
    np.testing.assert_array_equal(usable(rows), [True, False, False, False, True])


def test_repr_counts_gradients():
    sample = sample_gradients(cubic(), Gaussian(2), 30)
    assert repr(sample) == "<GradientSample: n_samples=30, dim=2>"
