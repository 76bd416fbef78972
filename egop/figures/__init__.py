"""The paper's figures from results, as HoloViews elements and as files.

    figure = egop.figures.draw(egop.experiments.load("runs/digits-2025-03-01-1f9c2e"))["1 right"]
    figure = egop.figures.draw(egop.compare(model, loss, loaders, optimizers))["losses"]

An element is composed with others by `*` and `+`, shown by Bokeh in a notebook after
`holoviews.extension("bokeh")`, and written by matplotlib as SVG, PDF and PNG (`write`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from egop.extras import needed

if TYPE_CHECKING:
    import holoviews as hv
    import xarray as xr

EXTRA = "figures"


def draw(result: "xr.Dataset") -> "dict[str, hv.Layout]":
    """The figures of the paper that a result holds, by their number.

    Of `egop.compare`, and of other results in the form that `egop.lab.open` describes, it is one
    figure, "losses", or "spectra" where there are eigenvalues alone.

    Raises:
        ValueError: a result of another form, or a variable of it is missing.
        ImportError: HoloViews is not installed.
    """
    with needed("egop.figures", extra=EXTRA):
        from egop.figures import paper
    return paper.draw(result)


def write(result: "xr.Dataset", folder: str | Path) -> list[Path]:
    """The SVG, PDF and PNG files of all figures of a result, written into a folder.

    Raises:
        ValueError, ImportError: as `draw`.
        OSError: the folder cannot be written.
    """
    with needed("egop.figures", extra=EXTRA):
        from egop.figures import files, paper
    return files.write(paper.draw(result), Path(folder))
