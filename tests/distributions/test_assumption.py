import numpy as np
import pytest

from egop.distributions import (
    Gaussian,
    Laplace,
    Sphere,
    StudentT,
    UniformBox,
    XavierNormal,
    check_assumption_a1,
)

NEAR = np.array([0.3, 0.4])


@pytest.mark.parametrize(
    "rho", [Gaussian(2), UniformBox(2), Laplace(2), Sphere(2), StudentT(2, 5.0)]
)
def test_holds_for_centered_isotropic_wide_distributions(rho):
    assumption = check_assumption_a1(rho, NEAR)
    assert assumption.holds
    assert assumption.radius == pytest.approx(np.sqrt(rho.covariance[0, 0]))
    assert assumption.sentence.startswith("A1 holds")


@pytest.mark.parametrize(
    ("rho", "minimizer", "reason"),
    [
        (Gaussian(2, mean=[3.0, 4.0]), NEAR, "the mean is 5 away from zero"),
        (Gaussian(covariance=np.diag([1.0, 9.0])), NEAR, "deviations 1 to 3"),
        (XavierNormal([(1, 1), (1, 2)]), np.zeros(3), "not isotropic"),
        (Gaussian(2, scale=0.1), NEAR, "width c = 0.1 is below"),
        (Gaussian(2), None, "no minimizer"),
        (StudentT(2, 1.5), NEAR, "no finite covariance"),
        (StudentT(2, 0.5), NEAR, "no finite covariance"),
    ],
)
def test_says_what_fails(rho, minimizer, reason):
    assumption = check_assumption_a1(rho, minimizer)
    assert not assumption.holds
    assert reason in assumption.sentence


def test_says_everything_that_fails():
    rho = Gaussian(mean=[1.0, 0.0], covariance=np.diag([1e-4, 1e-2]))
    assert check_assumption_a1(rho, [5.0, 0.0]).sentence.count(";") == 2


def test_nearest_of_several_minimizers_counts():
    assert check_assumption_a1(Gaussian(2), [[5.0, 5.0], [0.1, 0.1]]).holds
