"""What every figure is made of: panels, medians with their bands, the key, and the caption.

A method is a color, a basis is a line style (`egop.theme`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from egop import theme
from egop.experiments.claims.summaries import Trials
from egop.trials import drawable

STYLE: Any = {
    "axes.edgecolor": theme.LIGHT["border"],
    "axes.grid": True,
    "axes.labelcolor": theme.LIGHT["text"],
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "font.size": 9,
    "grid.color": theme.LIGHT["grid"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "egop",
    "text.color": theme.LIGHT["text"],
    "text.usetex": False,
    "xtick.color": theme.LIGHT["muted"],
    "ytick.color": theme.LIGHT["muted"],
}
"""matplotlib's settings while a figure is drawn and written."""

PANEL = (4.2, 3.0)
"""Width and height of a panel, in inches."""
LINE_WIDTH = 1.5
BAND_OPACITY = 0.16


def panels(titles: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """A figure with a row of panels."""
    figure = Figure(figsize=(PANEL[0] * len(titles), PANEL[1] + 1.0), layout="constrained")
    row = list(figure.subplots(1, len(titles), squeeze=False)[0])
    for axes, title in zip(row, titles, strict=True):
        axes.set_title(title, loc="left")
    return figure, row


def median(axes: Axes, x: np.ndarray, trials: Trials, method: str, basis: str) -> None:
    """The median over trials as a line, and the middle half of them as a band."""
    draw_band(axes, x, (trials.median, *trials.quartiles), method, basis)


def draw_band(
    axes: Axes, x: np.ndarray, numbers: Sequence[np.ndarray], method: str, basis: str
) -> None:
    """A line and its band.

    Args:
        axes: where.
        x: of each number.
        numbers: medians, first and third quartiles.
        method: gives the color.
        basis: gives the line style.
    """
    color = theme.color(method)
    middle, low, high = drawable(np.asarray(numbers))
    axes.plot(x, middle, color=color, **line(basis), label=f"{method} {basis}")
    axes.fill_between(x, low, high, color=color, alpha=BAND_OPACITY, linewidth=0)


def line(basis: str) -> dict[str, Any]:
    """The line style of a basis."""
    dash = theme.BASIS_DASHES.get(basis, ())
    scaled = tuple(length / LINE_WIDTH for length in dash)
    return {"linestyle": (0, scaled) if dash else "-", "linewidth": LINE_WIDTH}


def key(figure: Figure, methods: Iterable[str], bases: Iterable[str]) -> None:
    """Above the panels: the color of each method, and the line style of each basis."""
    gray = theme.LIGHT["muted"]
    handles = [
        *(Line2D([], [], color=theme.color(m), label=theme.label(m)) for m in methods),
        *(Line2D([], [], color=gray, **line(b), label=theme.BASIS_LABELS.get(b, b)) for b in bases),
    ]
    columns = len(handles) if figure.get_figwidth() > 2 * PANEL[0] else 2
    legend = figure.legend(
        handles=handles, loc="outside upper center", ncols=columns, handlelength=3, fontsize=8
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # names of others may hold a $


def caption(figure: Figure, *sentences: str) -> None:
    """Below the panels: what is drawn."""
    width = int(figure.get_figwidth() * 14)
    text = " ".join(sentence for sentence in sentences if sentence)
    lines, current = [], ""
    for word in text.split():
        if current and len(current) + len(word) >= width:
            lines.append(current)
            current = ""
        current = f"{current} {word}".strip()
    label = "\n".join([*lines, current])
    made = figure.supxlabel(label, fontsize=7.5, color=theme.LIGHT["muted"])
    made.set_parse_math(False)  # a name in it may hold a $


def counted(n_trials: int, diverged: int) -> str:
    """A caption: how many trials there are, and how many runs count as infinite."""
    said = "Lines: one trial."
    if n_trials > 1:
        said = f"Lines: medians of {n_trials} trials; bands: the middle half."
    if diverged == 0:
        return said
    if diverged == 1:
        return f"{said} 1 run that diverged counts as ∞."
    return f"{said} {diverged} runs that diverged count as ∞."


def floor_words(numbers: Any, floor: float) -> str:
    """What is to be known of numbers below the lowest that is drawn; nothing if there are none."""
    below = bool((numbers < floor).any())
    return f"Numbers below {theme.number(floor)} are drawn there." if below else ""


def data_note(result: Any) -> str:
    """What is to be known of the data of a result."""
    return str(result.attrs.get("data_note", ""))
