"""Sampling distributions ρ: where the gradients of an EGOP are taken."""

import difflib
from typing import TYPE_CHECKING

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

OTHER_NAMES = {"normal": "gaussian", "uniform": "uniformbox", "cauchy": "studentt"}
"""Other names of distributions, with the name here, in small letters."""

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

if not TYPE_CHECKING:

    def __getattr__(name: str):
        if name.startswith("_"):
            raise AttributeError(f"module 'egop.distributions' has no attribute {name!r}")
        plain = {each.lower().replace("_", ""): each for each in __all__}
        wanted = OTHER_NAMES.get(name.lower(), name.lower().replace("_", ""))
        near = difflib.get_close_matches(wanted, plain, n=1, cutoff=0.6)
        hint = f"did you mean {plain[near[0]]}?" if near else f"it has {', '.join(__all__)}"
        raise AttributeError(f"egop.distributions has no {name!r}; {hint}")
