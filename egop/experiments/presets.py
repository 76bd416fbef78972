"""How large an experiment is run: "quick", "laptop" and "paper", each a Config per experiment.

    begin("digits", config=SIZES["laptop"]["digits"])

Quick takes two minutes or less on two cores, laptop ten to twenty where the paper's size takes
longer; paper is the full size.
"""

from importlib import import_module
from typing import Any

from egop.experiments import (
    EXPERIMENTS,
    block_spectra,
    convex,
    density,
    digits,
    fashion,
    linear,
    linear_blocks,
    sampling,
    schedule,
    spectrum,
    two_dimensions,
)

_MODULES = {name: import_module(each.module) for name, each in EXPERIMENTS.items()}

LAPTOP = {
    "two_dimensions": two_dimensions.Config(),
    "convex": convex.Config(),
    "digits": digits.Config(trials=10, epochs=100),
    "fashion": fashion.Config(trials=5, epochs=10),
    "linear": linear.Config(trials=5, epochs=300),
    "linear_blocks": linear_blocks.Config(trials=5, epochs=300),
    "spectrum": spectrum.Config(),
    "sampling": sampling.Config(),
    "block_spectra": block_spectra.Config(),
    "density": density.Config(),
    "schedule": schedule.Config(),
}

SIZES: dict[str, dict[str, Any]] = {
    "quick": {name: module.QUICK for name, module in _MODULES.items()},
    "laptop": LAPTOP,
    "paper": {name: module.Config() for name, module in _MODULES.items()},
}
"""By size and experiment, its Config."""
