"""Sampling distributions ρ: where the gradients of an EGOP are taken."""

from egop.distributions.assumption import Assumption, check_assumption_a1
from egop.distributions.composed import AlongPath, Empirical, Mixture, empirical
from egop.distributions.distribution import Distribution
from egop.distributions.elliptical import Gaussian, Sphere, StudentT, UniformBall
from egop.distributions.product import Laplace, UniformBox, XavierNormal
from egop.distributions.sampler import Sampler, from_sampler, read_distribution

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
    "empirical": Empirical,
}
"""Every distribution by name, but for those of one's own functions (`from_sampler`)."""

__all__ = [
    "DISTRIBUTIONS",
    "AlongPath",
    "Assumption",
    "Distribution",
    "Empirical",
    "Gaussian",
    "Laplace",
    "Mixture",
    "Sampler",
    "Sphere",
    "StudentT",
    "UniformBall",
    "UniformBox",
    "XavierNormal",
    "check_assumption_a1",
    "empirical",
    "from_sampler",
    "read_distribution",
]
