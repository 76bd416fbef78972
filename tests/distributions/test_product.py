import numpy as np
import pytest

from egop.distributions import Laplace, UniformBox, XavierNormal


def test_box_reaches_its_walls_and_no_further():
    points = UniformBox(mean=[1.0, 0.0], half_width=[2.0, 0.5]).sample(20_000, 0)
    np.testing.assert_allclose(points.min(axis=0), [-1.0, -0.5], atol=1e-3)
    np.testing.assert_allclose(points.max(axis=0), [3.0, 0.5], atol=1e-3)
    assert (np.abs(points - [1.0, 0.0]) <= [2.0, 0.5]).all()


def test_laplace_scale_is_the_mean_absolute_deviation():
    points = Laplace(2, mean=1.0, scale=3.0).sample(100_000, 0)
    assert np.abs(points - 1.0).mean() == pytest.approx(3.0, rel=0.01)


def test_xavier_variances_by_block():
    rho = XavierNormal([(3, 1), (2, 2)])
    np.testing.assert_allclose(np.diag(rho.covariance), [0.5] * 7)
    rho = XavierNormal([(5, 3), (1, 5)])
    np.testing.assert_allclose(np.diag(rho.covariance), [0.25] * 15 + [1 / 3] * 5)
    assert rho.dim == 20


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: UniformBox(2, half_width=[1.0, 0.0]), "above zero"),
        (lambda: UniformBox(2, half_width=[1.0, 1.0, 1.0]), "one number or 2"),
        (lambda: Laplace(scale=-1.0), "above zero"),
        (lambda: XavierNormal([]), "at least one block"),
        (lambda: XavierNormal([(2, 0)]), "two positive integers"),
        (lambda: XavierNormal([(2.5, 3)]), "two positive integers"),  # type: ignore[list-item]
        (lambda: XavierNormal([(1, 2, 3)]), "two positive integers"),  # type: ignore[list-item]
    ],
)
def test_refuses_in_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
