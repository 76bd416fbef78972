"""Networks as objectives of flat parameters, their EGOP eigenbases, and training by the batch.

Importing this package loads nothing: each name below is loaded when it is first used, and says
what to install where PyTorch is missing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from egop.networks.data import Dataset, load

_HOMES = {
    "Dataset": "egop.networks.data",
    "load": "egop.networks.data",
}
__all__ = [
    "Dataset",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'egop.networks' has no attribute {name!r}")
    from egop.extras import needed

    with needed(f"egop.networks.{name}", extra="networks"):
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
