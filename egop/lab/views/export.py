"""The paper's figures of finished runs: as pictures on the page, and as files to download."""

import base64
import re
import zipfile
from collections.abc import Sequence
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Literal, NamedTuple

from egop.experiments import EXPERIMENTS
from egop.lab.views.labeled_result import LabeledResult
from egop.runs.completion import completed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 600_000
"""Bytes of an SVG beyond which the page shows a PNG instead."""
_LOCK = Lock()
"""matplotlib's settings belong to the whole process."""

Ending = Literal["svg", "png"]


class Export(NamedTuple):
    """A file to download.

    Attributes:
        name: of the file, without a folder.
        content: its bytes.
    """

    name: str
    content: bytes


def exported(runs: Sequence[LabeledResult], kind: Ending) -> Export:
    """The paper's figures of all runs as one file; several figures in a zip.

    Files of one run are called after it.

    Raises:
        ValueError: there are no runs, one is not finished, or `kind` is no ending of pictures.
    """
    if kind not in {"svg", "png"}:
        raise ValueError(f"figures are exported as svg or png, got {kind!r}")
    if not runs:
        raise ValueError("there is nothing to export; choose a run first")
    files = [
        Export(f"{file_name(run.label)}-figure-{file_name(number)}.{kind}", content)
        for run in runs
        for number, content in pictures(run, kind)
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


def pictures(run: LabeledResult, kind: Ending) -> list[tuple[str, bytes]]:
    """The figures of a finished run: the number in the paper, and the file.

    Raises:
        ValueError: the run is not finished, has no figures, or its result is not as egop writes it.
    """
    if not run.finished:
        raise ValueError(
            f"{run.label} is not finished; its figures can be downloaded when it is, "
            "its numbers at any time"
        )
    import matplotlib as mpl

    from egop.figures.panels import STYLE

    found = []
    try:
        with _LOCK:
            for number, figure in _figures(run).items():
                file = BytesIO()
                with mpl.rc_context(STYLE):
                    date = {"metadata": {"Date": None}} if kind == "svg" else {}
                    figure.savefig(file, format=kind, **date)
                found.append((number, file.getvalue()))
    except (LookupError, TypeError, AttributeError, ArithmeticError):
        raise ValueError(
            f"the figures of {run.label} cannot be drawn: its result is not as egop writes it"
        ) from None
    return found


def pictures_html(run: LabeledResult) -> str:
    """The figures of a finished run as pictures of the page."""
    parts = []
    for number, vectors in pictures(run, "svg"):
        kind, content = "image/svg+xml", vectors
        if len(vectors) > LARGEST:
            kind, content = "image/png", dict(pictures(run, "png"))[number]
        words = f"Figure {number} of the paper, from {run.label}"
        data = base64.b64encode(content).decode("ascii")
        parts.append(
            f'<figure><img alt="{escape(words)}" src="data:{kind};base64,{data}">'
            f"<figcaption>{escape(words)}</figcaption></figure>"
        )
    return "".join(parts)


def file_name(text: str) -> str:
    """A text as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "run"


def _figures(run: LabeledResult) -> "dict[str, Figure]":
    from egop import figures

    if run.experiment and run.experiment not in EXPERIMENTS:
        raise ValueError(
            f"{run.label} is a run of {run.experiment!r}, of which the paper has no figure; its "
            "numbers can be downloaded"
        )
    if run.experiment:
        return figures.draw(run.dataset)
    return {"losses": _own(run)} if run.kind == "curves" else {"spectra": _own_spectra(run)}


def _own(run: LabeledResult) -> "Figure":
    """The losses of one's own network by epoch and by rate."""
    import matplotlib as mpl

    from egop.figures.curves import bases, by_epoch, methods
    from egop.figures.panels import STYLE, caption, counted, key, panels
    from egop.figures.rates import by_rate

    result = completed(run.dataset)
    shown = ["training_loss"]
    shown += [name for name in ("validation_loss", "test_accuracy") if name in result][:1]
    titles = ["training loss", *(f"final {name.replace('_', ' ')}" for name in shown)]
    with mpl.rc_context(STYLE):
        figure, row = panels(titles)
        diverged = by_epoch(row[0], result, result["training_loss"])
        for axes, name in zip(row[1:], shown, strict=True):
            by_rate(axes, result, name, log=name.endswith("loss"))
        key(figure, methods(result), bases(result))
        caption(figure, run.label, counted(result.sizes["trial"], diverged))
    return figure


def _own_spectra(run: LabeledResult) -> "Figure":
    """The spectra of each layer of one's own network."""
    import matplotlib as mpl

    from egop.figures.panels import STYLE
    from egop.figures.spectra import blocks

    result = run.dataset
    if "data" not in result["eigenvalues"].dims:
        known = [name for name in ("eigenvalues", "n_samples") if name in result]
        result = result[known].expand_dims(data=[run.label])
    with mpl.rc_context(STYLE):
        return blocks(result)
