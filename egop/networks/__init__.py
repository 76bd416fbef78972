"""Networks as objectives of flat parameters, their EGOP eigenbases, and training by the batch.

Importing this package loads nothing: each name below is loaded when it is first used, and says
what to install where PyTorch is missing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from egop.networks.bases import BlockBases
    from egop.networks.bases_report import BasesReport, report
    from egop.networks.batches import Minibatches, MomentMinibatches
    from egop.networks.block_basis import BlockBasis
    from egop.networks.classifier import Classifier
    from egop.networks.current_weights import around
    from egop.networks.data import Dataset, load
    from egop.networks.diagnostics import off_diagonal_share, relative_error
    from egop.networks.ensemble import Training
    from egop.networks.estimation import estimate_bases
    from egop.networks.gradient_sample import BlockGradients, sample_gradients
    from egop.networks.hessian_diagonals import hessian_diagonal
    from egop.networks.initialization import gaussian, pytorch_default, xavier_normal
    from egop.networks.linear import LinearNetwork
    from egop.networks.memory import grouped, predicted_bytes
    from egop.networks.module import from_module
    from egop.networks.module_bases import estimate_block_bases, predict_estimate
    from egop.networks.network import Batch, Block, Network
    from egop.networks.plan import RunSpec
    from egop.networks.refreshed_bases import RefreshedBases

_HOMES = {
    "BasesReport": "egop.networks.bases_report",
    "Batch": "egop.networks.network",
    "Block": "egop.networks.network",
    "BlockBases": "egop.networks.bases",
    "BlockBasis": "egop.networks.block_basis",
    "BlockGradients": "egop.networks.gradient_sample",
    "Classifier": "egop.networks.classifier",
    "Dataset": "egop.networks.data",
    "LinearNetwork": "egop.networks.linear",
    "Minibatches": "egop.networks.batches",
    "MomentMinibatches": "egop.networks.batches",
    "Network": "egop.networks.network",
    "RefreshedBases": "egop.networks.refreshed_bases",
    "RunSpec": "egop.networks.plan",
    "Training": "egop.networks.ensemble",
    "around": "egop.networks.current_weights",
    "estimate_bases": "egop.networks.estimation",
    "estimate_block_bases": "egop.networks.module_bases",
    "from_module": "egop.networks.module",
    "gaussian": "egop.networks.initialization",
    "hessian_diagonal": "egop.networks.hessian_diagonals",
    "grouped": "egop.networks.memory",
    "load": "egop.networks.data",
    "predict_estimate": "egop.networks.module_bases",
    "off_diagonal_share": "egop.networks.diagnostics",
    "predicted_bytes": "egop.networks.memory",
    "pytorch_default": "egop.networks.initialization",
    "relative_error": "egop.networks.diagnostics",
    "report": "egop.networks.bases_report",
    "sample_gradients": "egop.networks.gradient_sample",
    "xavier_normal": "egop.networks.initialization",
}
__all__ = [
    "BasesReport",
    "Batch",
    "Block",
    "BlockBases",
    "BlockBasis",
    "BlockGradients",
    "Classifier",
    "Dataset",
    "LinearNetwork",
    "Minibatches",
    "MomentMinibatches",
    "Network",
    "RefreshedBases",
    "RunSpec",
    "Training",
    "around",
    "estimate_bases",
    "estimate_block_bases",
    "from_module",
    "gaussian",
    "grouped",
    "hessian_diagonal",
    "load",
    "off_diagonal_share",
    "predict_estimate",
    "predicted_bytes",
    "pytorch_default",
    "relative_error",
    "report",
    "sample_gradients",
    "xavier_normal",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'egop.networks' has no attribute {name!r}")
    from egop.extras import needed

    with needed(f"egop.networks.{name}", extra="networks"):
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
