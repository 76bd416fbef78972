"""Any optimizer of PyTorch's form in EGOP coordinates: gradients and steps are rotated, not models.

Importing this package loads nothing: each name below is loaded when it is first used, and says
what to install where PyTorch is missing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from egop.optimizer.egop_optimizer import EGOPOptimizer
    from egop.optimizer.kfac import KFAC
    from egop.optimizer.method_classes import from_method

_HOMES = {
    "KFAC": "egop.optimizer.kfac",
    "EGOPOptimizer": "egop.optimizer.egop_optimizer",
    "from_method": "egop.optimizer.method_classes",
}
__all__ = ["KFAC", "EGOPOptimizer", "from_method"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'egop.optimizer' has no attribute {name!r}")
    from egop.extras import needed

    with needed(f"egop.optimizer.{name}", extra="networks"):
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
