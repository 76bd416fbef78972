"""The tab "Matrices": singular values of a weight matrix, its gradient and step, by the clock."""

from collections.abc import Callable, Iterator
from html import escape
from typing import NamedTuple

import numpy as np

from egop.analysis.singular_values import (
    MatrixBlock,
    SingularValues,
    matrix_blocks,
    shared_directions,
    singular_values,
)
from egop.explorer.glossary import TERMS, explained
from egop.explorer.tabs import ComparisonResult, ShownRun, heads_of, looks_of
from egop.explorer.views.choice_tab import ChoiceTab
from egop.explorer.views.legend import head_of
from egop.explorer.views.method_sentences import SENTENCES
from egop.theme import label, number
from egop.ui.axes import set_range
from egop.ui.figures import label_powers, plain_figure
from egop.ui.marks import lines, points
from egop.ui.packing import Packet
from egop.ui.sources import source

LEAST = 1e-4
"""The smallest σₖ/σ₁ that is told apart from 0."""
NO_MATRIX = "The variables of this objective are one vector: it has no singular values to look at. "
CHOOSE = "Choose an objective in the group Matrices."
GIVE = "Give egop.explore an objective with shapes=(rows, columns)."
NO_METHOD = "Choose a method among the controls to see what it does to a matrix."
TITLES = {"matrix": "σₖ of W", "gradient": "σₖ/σ₁ of ∇f", "step": "σₖ/σ₁ of the step"}
STYLE = (
    SENTENCES
    + """
dl { gap: 2px 10px; opacity: 1; } /* its marks have the colors of the lines */
dt { order: 0; }
dt svg { vertical-align: -2px; margin-right: 4px; }
dd { text-align: right; }
"""
)


class MatrixPicture(NamedTuple):
    """The tab's data: the matrix, and its singular values by run."""

    block: MatrixBlock
    values: list[SingularValues]


class MatricesTab(ChoiceTab[MatrixPicture]):
    """Singular values of W, of its gradient and of its step, of all runs, at the playback step.

    Args:
        prefix: names of the sources begin with it.
        send: sends a packet to the page.
    """

    title = "Matrices"

    def __init__(self, prefix: str, send: Callable[[Packet], None]):
        self.spectra = {name: SingularFigure(prefix, name, title) for name, title in TITLES.items()}
        figures = [(each.figure, "220px", "Singular values") for each in self.spectra.values()]
        super().__init__(send, "Matrix", figures, "repeat(4, minmax(0, 1fr))", STYLE)

    def options(self, shown: ComparisonResult) -> dict[str, str]:
        """The objective's matrices, where there are methods to look at."""
        blocks = matrix_blocks(shown.objective) if shown.methods else []
        return {each.title: each.name for each in blocks}

    def refusal(self, shown: ComparisonResult) -> str:
        """The sentence on what is missing, a matrix or a method."""
        if matrix_blocks(shown.objective):
            return NO_METHOD
        return NO_MATRIX + (GIVE if shown.is_given else CHOOSE)

    def key_of(self, shown: ComparisonResult, name: str) -> tuple:
        """The plain values on which the singular values depend."""
        both = [*shown.methods.values(), *shown.rotated_methods.values()]
        rates = [(each.name, float(each.learning_rate), each.hyperparameters) for each in both]
        return (*shown.key, name, *rates, shown.basis.eigenvectors.tobytes())

    def work_of(self, shown: ComparisonResult, name: str) -> Iterator[MatrixPicture]:
        """The singular values of all runs."""
        block = next(each for each in matrix_blocks(shown.objective) if each.name == name)
        paths = [np.asarray(each.path.points) for each in shown.runs]
        values = [singular_values(shown.objective, each, block) for each in paths]
        yield MatrixPicture(block, values)

    def pack(self, packet: Packet, shown: ComparisonResult, data: MatrixPicture) -> None:
        """The three figures."""
        for name, spectrum in self.spectra.items():
            spectrum.pack(packet, shown.runs, [getattr(each, name) for each in data.values])

    def facts(self, shown: ComparisonResult, data: MatrixPicture) -> str:
        """The directions that step and gradient have in common, by method, and what they mean."""
        told = {
            (run.method, run.rotated): each
            for run, each in zip(shown.runs, data.values, strict=True)
        }
        head = (
            f"<p>{explained('σₖ', TERMS['σ'])}, dashed in original and solid in "
            f"{escape(shown.basis_name)} coordinates, as they are at this step. Medians over the "
            f"run of {explained('directions', TERMS['directions'])}, of {min(data.block.shape)} "
            "there are, original → rotated:</p>"
        )
        rows = []
        for method in shown.methods:
            for name in ("step", "gradient"):
                values = [shared_directions(getattr(told[method, r], name)) for r in (False, True)]
                numbers = " → ".join(number(each, 2) for each in values)
                title = f"{head_of(method)}{escape(label(method))}, {name}"
                rows.append(f"<dt>{title}</dt><dd>{numbers}</dd>")
        return f"{head}<dl>{''.join(rows)}</dl>"


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
