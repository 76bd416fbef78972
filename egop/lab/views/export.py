"""The paper's figures of finished runs as files to download."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from egop.experiments import EXPERIMENTS
from egop.figures.labeled_result import LabeledResult

if TYPE_CHECKING:
    import holoviews as hv


class Export(NamedTuple):
    """A file to download.

    Attributes:
        name: of the file, without a folder.
        content: its bytes.
    """

    name: str
    content: bytes


def exported(runs: Sequence[LabeledResult], kind: str) -> Export:
    """The paper's figures of all runs as one file; several figures in a zip.

    Files of one run are called after it.

    Raises:
        ValueError: there are no runs, one is not finished, or `kind` is no ending of pictures.
    """
    from egop.figures.files import to_bytes

    if not runs:
        raise ValueError("there is nothing to export; choose a run first")
    files = [
        Export(f"{file_name(run.label)}-figure-{file_name(number)}.{kind}", to_bytes(figure, kind))
        for run in runs
        for number, figure in figures_of(run).items()
    ]
    if len(files) == 1:
        return files[0]
    packed = BytesIO()
    names: dict[str, int] = {}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            names[name] = names.get(name, 0) + 1
            stem = name.removesuffix(f".{kind}")
            unique = name if names[name] == 1 else f"{stem}-{names[name]}.{kind}"
            archive.writestr(unique, content)
    stem = f"{file_name(runs[0].label)}-figures" if len(runs) == 1 else "figures"
    return Export(f"{stem}.zip", packed.getvalue())


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
