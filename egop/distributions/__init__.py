"""Sampling distributions ρ: where the gradients of an EGOP are taken."""

from egop.distributions.assumption import Assumption, check_assumption_a1
from egop.distributions.composed import AlongPath, Mixture
from egop.distributions.distribution import Distribution
from egop.distributions.elliptical import Gaussian, Sphere, StudentT, UniformBall
from egop.distributions.product import Laplace, UniformBox, XavierNormal

DISTRIBUTIONS: dict[str, type[Distribution]] = {
    "gaussian": Gaussian,
    "uniform_box": UniformBox,
    "uniform_ball": UniformBall,
    "sphere": Sphere,
    "laplace": Laplace,
    "student_t": StudentT,
    "xavier_normal": XavierNormal,
    "mixture": Mixture,
    "along_path": AlongPath,
}
"""Every distribution by name."""

__all__ = [
    "DISTRIBUTIONS",
    "AlongPath",
    "Assumption",
    "Distribution",
    "Gaussian",
    "Laplace",
    "Mixture",
    "Sphere",
    "StudentT",
    "UniformBall",
    "UniformBox",
    "XavierNormal",
    "check_assumption_a1",
]
