"""The paper's figures from results, as SVG and PNG.

    egop.figures.draw(egop.experiments.load("runs/digits-2025-03-01-1f9c2e"))

They are drawn with matplotlib alone, which the extra `networks` holds: the figures are a few kinds
of panels, and HoloViews over matplotlib would need the extra `app` and more code for each of them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def draw(result: "xr.Dataset") -> "dict[str, Figure]":
    """The figures of the paper that a result holds, by their number.

    Raises:
        ValueError: it is no result of egop, or a variable of it is missing.
        ImportError: matplotlib is not installed.
    """
    with needed("egop.figures", extra="networks"):
        from egop.figures import paper
    return paper.draw(result)


def write(result: "xr.Dataset", folder: str | Path) -> list[Path]:
    """The SVG and PNG files of all figures of a result, written into a folder.

    Raises:
        ValueError, ImportError: as `draw`.
        OSError: the folder cannot be written.
    """
    with needed("egop.figures", extra="networks"):
        from egop.figures import paper
    return paper.write(result, Path(folder))
