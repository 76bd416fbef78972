"""Imports what workers need, in the process that they are forked from.

Nothing is computed here: neither threads nor a GPU would outlive the fork.
"""

from contextlib import suppress
from importlib import import_module

MODULES = (
    "distributed.nanny",
    "dask.array",  # asked for by xarray's first dataset
    "sklearn.datasets",
    "sklearn.model_selection",
    "egop.experiments.classifiers",
    "egop.experiments.execution",
    "egop.experiments.convex",
    "egop.networks.estimation",
    "egop.execution.tasks",
)

for _name in MODULES:
    with suppress(Exception):  # what is wrong here will be said of a run
        import_module(_name)
