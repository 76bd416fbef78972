"""The tab "Matrices": singular values of a weight matrix, its gradient and step, by the clock."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Any, NamedTuple

import numpy as np

from egop import theme
from egop.analysis.singular_values import (
    MatrixBlock,
    SingularValues,
    matrix_blocks,
    shared_directions,
    singular_values,
)
from egop.explorer.glossary import TERMS, explained
from egop.explorer.tab_work import TabWork, dim_pictures
from egop.explorer.tabs import ComparisonResult, ShownRun, heads_of, looks_of
from egop.explorer.views.method_sentences import SENTENCES
from egop.theme import label, number
from egop.ui.axes import set_range
from egop.ui.background import SCENES
from egop.ui.fields import Fields, choice
from egop.ui.figures import label_powers, plain_figure
from egop.ui.layout import column, framed, row, text_pane
from egop.ui.marks import lines, points
from egop.ui.messages import status
from egop.ui.packing import Packet
from egop.ui.sources import source

LEAST = 1e-4
"""The smallest σₖ/σ₁ that is told apart from 0."""
NO_MATRIX = (
    "The variables of this objective are one vector: it has no singular values to look at. Choose "
    "an objective in the group Matrices, or give one with shapes=(rows, columns)."
)
NO_METHOD = "Choose a method among the controls to see what it does to a matrix."
TITLES = {"matrix": "σₖ of W", "gradient": "σₖ/σ₁ of ∇f", "step": "σₖ/σ₁ of the step"}
STYLE = SENTENCES + "dl { gap: 2px 10px; } dt { order: 0; } dd { text-align: right; }"


class MatrixPicture(NamedTuple):
    """The tab's data: the comparison they come from, the matrix, and its values by run."""

    shown: ComparisonResult
    block: MatrixBlock
    values: list[SingularValues]


class MatricesTab:
    """Singular values of W, of its gradient and of its step, of all runs, at the playback step.

    Args:
        prefix: names of the sources begin with it.
        send: sends a packet to the page.
    """

    title = "Matrices"

    def __init__(self, prefix: str, send: Callable[[Packet], None]):
        self._send = send
        self._shown: ComparisonResult | None = None
        self._packet: Packet | None = None
        self._facts = ""
        self._work: TabWork[MatrixPicture] = TabWork(self._draw, self._say, lambda _: 1.0, SCENES)
        self.spectra = {name: SingularFigure(prefix, name, title) for name, title in TITLES.items()}
        rows = [choice("matrix", "Matrix", {}, inline=True)]
        self.fields = Fields(rows, {"matrix": ""}, self._set)
        self.message = text_pane(STYLE)
        self.view = row(
            *(framed(s.figure, "auto", "220px", "Singular values") for s in self.spectra.values()),
            column(self.fields, self.message),
            columns="repeat(4, minmax(0, 1fr))",
        )
        self.view.min_height = 60  # or Panel adds up those of the columns

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws the chosen matrix; what has changed is computed off the event loop."""
        self._shown = shown
        options = {each.title: each.name for each in matrix_blocks(shown.objective)}
        if not options or not shown.methods:
            self._facts = ""
            self._work.refuse(status(NO_METHOD if options else NO_MATRIX))
            return
        self._packet = packet
        kept = self.fields.values["matrix"]
        kept = kept if kept in options.values() else next(iter(options.values()))
        self.fields.show(**{"matrix": kept, "matrix:options": options})
        self._ask()
        self._packet = None

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._work.leave()

    def _set(self, name: str, value: Any) -> None:
        self.fields.show(**{name: value})
        if self._shown is not None and self._shown.methods:
            self._ask()

    def _ask(self) -> None:
        shown = self._shown
        assert shown is not None
        blocks = {each.name: each for each in matrix_blocks(shown.objective)}
        block = blocks.get(self.fields.values["matrix"])
        if block is None:
            return
        begun = self._work.ask(key_of(shown, block), lambda: work_of(shown, block))
        picture = self._work.result
        if not begun and self._work.is_current and picture is not None:
            self._draw(picture._replace(shown=shown))
            self._say()

    def _say(self) -> None:
        """Words about the work over the facts."""
        dim_pictures(self.view, self._work)
        progress = self._work.progress
        above = self._work.message or (status(progress) if progress else "")
        self.message.object = above + self._facts

    def _draw(self, picture: MatrixPicture) -> None:
        """Into the packet of the update at hand, or into one of its own."""
        shown = picture.shown
        packet = self._packet or Packet(len(shown.schedule))
        for name, spectrum in self.spectra.items():
            values = [getattr(each, name) for each in picture.values]
            spectrum.pack(packet, shown.runs, values)
        self._facts = facts(picture)
        if self._packet is None:
            self._send(packet)


class SingularFigure:
    """Singular values by index, one line a run, as they are at the playback step.

    Args:
        prefix: names of the sources begin with it.
        name: "matrix", whose values are drawn as they are; others relative to the largest.
        title: above the figure.
    """

    def __init__(self, prefix: str, name: str, title: str):
        self.name, self.relative = name, name != "matrix"
        self.figure = plain_figure(title, name=f"{prefix}:singular-{name}-figure", min_width=60)
        drawn = source(prefix, f"singular-{name}", "xs ys color dash")
        lines(self.figure, drawn, color="color", dash="dash", width=2.0)
        marked = source(prefix, f"singular-{name}-points", "x y color marker")
        points(self.figure, marked, marker="marker", size=6, fill="color", color=None)
        label_powers(self.figure.yaxis[0], linear=not self.relative)
        self.figure.xaxis.ticker.desired_num_ticks = 4
        self.figure.yaxis.ticker.desired_num_ticks = 4

    def pack(self, packet: Packet, runs: list[ShownRun], values: list[np.ndarray]) -> None:
        """The values (F, k) of each run."""
        count = values[0].shape[1]
        heights = [relative(each) if self.relative else each for each in values]
        index = np.broadcast_to(np.arange(1, count + 1), values[0].shape)
        n_frames, name = len(index), f"singular-{self.name}"
        across = {"xs": [index] * len(runs), "ys": heights}
        packet.frames(name, n_frames, lines=across, **looks_of(runs))
        flat = {"x": np.tile(index, len(runs)), "y": np.concatenate(heights, axis=1)}
        each = {key: list(np.repeat(looks, count)) for key, looks in heads_of(runs).items()}
        packet.frames(f"{name}-points", n_frames, flat=flat, **each)
        set_range(self.figure.x_range, 0.5, count + 0.5)
        low, high = (np.log10(LEAST), 0.15) if self.relative else (0.0, 1.05 * top(heights))
        set_range(self.figure.y_range, low, high)


def relative(values: np.ndarray) -> np.ndarray:
    """log₁₀ σₖ/σ₁ of (F, k), at least that of `LEAST`; NaN where every one is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(np.maximum(values / values[:, :1], LEAST))


def top(heights: list[np.ndarray]) -> float:
    """The largest finite height; 1 where there is none above 0."""
    seen = np.concatenate([each[np.isfinite(each)] for each in heights])
    return float(seen.max(initial=0.0)) or 1.0


def key_of(shown: ComparisonResult, block: MatrixBlock) -> tuple:
    """The plain values on which the singular values depend."""
    both = [*shown.methods.values(), *shown.rotated_methods.values()]
    rates = [(each.name, float(each.learning_rate), each.hyperparameters) for each in both]
    return (*shown.key, block.name, *rates, shown.basis.eigenvectors.tobytes())


def work_of(shown: ComparisonResult, block: MatrixBlock) -> Iterator[MatrixPicture]:
    """The singular values of all runs, made elsewhere."""
    values = [
        singular_values(shown.objective, np.asarray(each.path.points), block) for each in shown.runs
    ]
    yield MatrixPicture(shown, block, values)


def facts(picture: MatrixPicture) -> str:
    """The directions that a step and a gradient have in common, by method, and what they mean."""
    shown = picture.shown
    told = {
        (run.method, run.rotated): each
        for run, each in zip(shown.runs, picture.values, strict=True)
    }
    head = (
        f"<p>{explained('σₖ', TERMS['σ'])}, dashed in original and solid in "
        f"{escape(shown.basis_name)} coordinates, as they are at this step. "
        f"{explained('Directions', TERMS['directions'])} of {min(picture.block.shape)}, "
        "original → rotated:</p>"
    )
    rows = []
    for method in shown.methods:
        for name in ("step", "gradient"):
            values = [shared_directions(getattr(told[method, r], name)) for r in (False, True)]
            numbers = " → ".join(number(each, 2) for each in values)
            color = f' style="color:{theme.color(method)}"' if name == "step" else ""
            rows.append(f"<dt{color}>{escape(label(method))}, {name}</dt><dd>{numbers}</dd>")
    return f"{head}<dl>{''.join(rows)}</dl>"
