"""The lab: network experiments that are chosen, run, watched and kept without writing code.

    egop.lab.Lab()              # in a notebook cell; served, it is the tab "Networks" of the app
    egop.lab.open("runs/digits-2025-03-01-1f9c2e")
    egop.lab.open(result)       # of egop.experiments.run, or of your own network

Importing this package loads nothing.
"""

from typing import TYPE_CHECKING, Any

from egop.extras import needed

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from egop.lab.lab import Lab
    from egop.lab.result_viewer import ResultViewer

__all__ = ["Lab", "open"]

EXTRAS = "app,networks,cluster,figures"
"""Optional packages that the lab takes."""


def __getattr__(name: str) -> Any:
    if name != "Lab":
        raise AttributeError(f"module 'egop.lab' has no attribute {name!r}")
    with needed("egop.lab", extra=EXTRAS):
        from egop.lab.lab import Lab
    return Lab


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def open(result: "xr.Dataset | str | Path", label: str | None = None) -> "ResultViewer":  # noqa: A001
    """One result as a Panel component that shows it: figures, clock and table, nothing to run.

    It takes results of `egop.experiments`, the folder or the netCDF file of one, also of a run that
    is not finished, and results that you made with your own network: a dataset, or its netCDF file,
    of the form

        dims    (optimizer, basis, learning_rate, trial, epoch), epoch 0 the start
        coords  optimizer, names as in `egop.methods`; basis, with "original" among them, and
                "data", "inputs" and "random" for controls, which are drawn thin; learning_rate,
                numbers
        training_loss       over all five dims; NaN where nothing was run, or after divergence
        validation_loss, validation_accuracy, test_loss, test_accuracy, gradient_norm
                likewise, if you have them; accuracies from 0 to 1
        status              over the first four: "finished", "diverged", "running" or "not run"
        chosen_rate         (optimizer) the rate at which bases are compared; without it the rate of
                            the smallest median of final training losses in original coordinates
        eigenvalues         (trial, block, k) of the EGOP of each block of parameters, NaN beyond a
                            block's size; density (trial, block, k) likewise, if you have them

    `egop.networks.estimate_block_bases` gives the eigenbases of any `torch.nn.Module`.

    Args:
        result: what to show.
        label: its name in the legends; None: that of the folder, the experiment or the file.

    Raises:
        ImportError: the packages of `egop[app,networks,figures]` are not installed.
        FileNotFoundError: there is no run in the folder.
        ValueError: a dataset of another form, a file that is no netCDF or incomplete, or one of
            another version.
        TypeError: neither a dataset nor a path.
    """
    with needed("egop.lab.open", extra="app,networks,figures"):
        from egop.lab.result_viewer import ResultViewer
    return ResultViewer(result, label)
