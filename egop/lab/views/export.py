"""The paper's figures of a finished run as one file to download."""

import re
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

from egop.experiments import EXPERIMENTS
from egop.figures.labeled_result import LabeledResult

if TYPE_CHECKING:
    import holoviews as hv


def exported(run: LabeledResult, kind: str) -> tuple[str, bytes]:
    """The name and the bytes of a file with the figures of a run; several are in a zip.

    Raises:
        ValueError: as `figures_of`; or `kind` is no ending of pictures.
    """
    from egop.figures.files import to_bytes

    stem = file_name(run.label)
    files = {
        f"{stem}-figure-{file_name(number)}.{kind}": to_bytes(figure, kind)
        for number, figure in figures_of(run).items()
    }
    if len(files) == 1:
        return files.popitem()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return f"{stem}-figures.zip", packed.getvalue()


def figures_of(run: LabeledResult) -> "dict[str, hv.Layout]":
    """The figures of a finished run, by their number in the paper.

    Raises:
        ValueError: the run is not finished, has no figures, or its result is not as egop writes it.
    """
    if not run.finished:
        raise ValueError(
            f"{run.label} is not finished; its figures can be downloaded when it is, "
            "its numbers at any time"
        )
    if run.experiment and run.experiment not in EXPERIMENTS:
        raise ValueError(
            f"{run.label} is a run of {run.experiment!r}, of which the paper has no figure; its "
            "numbers can be downloaded"
        )
    from egop.figures import paper

    try:
        return paper.draw(run.dataset) if run.experiment else paper.draw_own(run.dataset, run.label)
    except (LookupError, TypeError, AttributeError, ArithmeticError):
        raise ValueError(
            f"the figures of {run.label} cannot be drawn: its result is not as egop writes it"
        ) from None


def file_name(text: str) -> str:
    """A text as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "run"
