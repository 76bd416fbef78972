"""Networks as objectives of flat parameters: the names in one place."""

from egop.networks.classifier import Classifier
from egop.networks.linear import LinearNetwork, Moments, second_moments
from egop.networks.module import ModuleNetwork, flat_parameters, from_module
from egop.networks.network import Batch, Block, Network

__all__ = [
    "Batch",
    "Block",
    "Classifier",
    "LinearNetwork",
    "ModuleNetwork",
    "Moments",
    "Network",
    "flat_parameters",
    "from_module",
    "second_moments",
]
