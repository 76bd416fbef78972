"""The table of the paper's figures, and how one is drawn and written."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from egop.experiments import EXPERIMENTS
from egop.figures import curves, descent, rates, spectra
from egop.figures.panels import STYLE

FIGURES: dict[str, Callable[[xr.Dataset], Figure]] = {
    "1 left": descent.two_dimensions,
    "1 right": curves.losses,
    "2": spectra.spectrum,
    "3": rates.linear,
    "4": curves.losses,
    "5": curves.convex,
    "6": spectra.sampling,
    "7": spectra.blocks,
    "8": spectra.density,
    "9": curves.losses,
    "10": rates.digits,
    "11": rates.fashion,
    "12": curves.convex_tuned,
    "13": descent.schedule,
}
"""Every figure of the paper: a function of the result that it is drawn from."""


def draw(result: xr.Dataset) -> dict[str, Figure]:
    """The figures that a result holds, by their number.

    Raises:
        ValueError: it is no result of egop, or a variable of it is missing.
    """
    name = result.attrs.get("experiment")
    if name not in EXPERIMENTS:
        got = f"one of {name!r}" if name else "a dataset that names none"
        raise ValueError(
            f"figures are drawn from results of {', '.join(EXPERIMENTS)}, got {got}; "
            "egop.lab.open shows other results"
        )
    figures = {}
    for number in EXPERIMENTS[name].figures:
        try:
            with mpl.rc_context(STYLE):
                figures[number] = FIGURES[number](result)
        except KeyError as missing:
            said = str(missing.args[0]).partition(". ")[0]
            raise ValueError(
                f"figure {number} cannot be drawn, the result of {name} is incomplete: {said}"
            ) from None
    return figures


def write(result: xr.Dataset, folder: Path) -> list[Path]:
    """The SVG and PNG files of all figures of a result, the same bytes for the same result.

    Raises:
        ValueError: as `draw`.
        OSError: the folder cannot be written.
    """
    paths = []
    figures = draw(result)
    folder.mkdir(parents=True, exist_ok=True)
    for number, figure in figures.items():
        stem = f"figure-{number.replace(' ', '-')}"
        with mpl.rc_context(STYLE):
            for ending, date in ((".svg", {"Date": None}), (".png", {})):
                paths.append(folder / (stem + ending))
                figure.savefig(paths[-1], metadata=date)
    return paths
