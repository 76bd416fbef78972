"""The eigenspectrum of the EGOP with its bootstrap band, and how it settles as samples arrive."""

from pathlib import Path
from typing import Any

import numpy as np
from bokeh.events import MouseLeave, MouseMove, Tap
from bokeh.models import CustomJS, HoverTool, TeeHead, Whisker

from egop import theme
from egop.analysis.samples import SpectrumSnapshot
from egop.bootstrap import Bootstrap
from egop.eigenbasis import Eigenbasis
from egop.explorer.tabs import ComparisonResult, ShownRun, heads_of, looks_of
from egop.metrics import density
from egop.theme import number
from egop.ui.axes import set_range
from egop.ui.bundle import function_body
from egop.ui.figure_text import describe, make_readable
from egop.ui.figures import label_powers, plain_figure
from egop.ui.marks import lines, points
from egop.ui.packing import Packet
from egop.ui.sources import source

LEAST = 1e-14
"""Share of λ₁ below which nothing is drawn."""
MOST_BARS = 12
"""Beyond so many eigenvalues the spectrum is a curve."""
MOST_MOVING = 100_000
"""Eigenvalues of all runs and steps up to which every one moves; else `MOST_BARS` of each do."""
Axes = tuple[np.ndarray, np.ndarray]
TOLD = 6
"""Leading eigenvalues that a screen reader is told."""
FOLLOWED = 4
"""Leading eigenvalues whose history is drawn."""

COLUMNS = "k top bottom low high color value band beta left_x left_y right_x right_y"
TICKS = 4
"""About as many powers of ten are labeled."""
TIP = """<div style="font: 12px/1.4 system-ui"><b>λ<sub>@k</sub> = @value</b><br>
90 % band @band<br>density β = @beta</div>"""
HIGHLIGHT = Path(__file__).with_name("highlight.js")
"""The script that marks the eigenvector under the pointer in both figures."""


class SpectrumView:
    """λ_k/λ₁ on a log axis: bars with whiskers, or beyond twelve a curve with a band."""

    def __init__(self, prefix: str):
        self._bars = bars = source(prefix, "spectrum", COLUMNS)
        self._curve = curve = source(prefix, "spectrum-curve", COLUMNS)
        self._reach = (0.0, 0.0)
        self.figure = plain_figure(name=f"{prefix}:spectrum-figure")
        fig: Any = self.figure
        drawn = fig.vbar("k", 0.6, "top", "bottom", source=bars, color="color", alpha=0.75)
        heads = [TeeHead(size=10, line_color=theme.SAMPLE) for _ in range(2)]
        ends: dict[str, Any] = {"lower_head": heads[0], "upper_head": heads[1]}
        looks = {"line_color": theme.SAMPLE, "line_width": 1.5}
        fig.add_layout(Whisker(base="k", upper="high", lower="low", source=bars, **ends, **looks))
        fig.varea("k", "low", "high", source=curve, color=theme.SPECTRUM, alpha=0.25)
        fig.line("k", "top", source=curve, color=theme.SPECTRUM, line_width=1.5)
        dots = fig.scatter("k", "top", source=curve, size=4, color="color")
        lines(fig, source(prefix, "spectrum-now", "xs ys color"), color="color", width=1.5)
        marked = source(prefix, "spectrum-now-points", "x y color marker size")
        points(fig, marked, marker="marker", size="size", fill="color", color=None)
        fig.add_tools(HoverTool(renderers=[drawn, dots], tooltips=TIP, mode="vline"))
        highlight = CustomJS(
            args={"prefix": prefix, "spectrum": bars, "curve": curve},
            code=function_body(HIGHLIGHT, "highlight({prefix, spectrum, curve}, cb_obj)"),
        )
        for event in (MouseMove, MouseLeave, Tap):
            fig.js_on_event(event, highlight)
        label_powers(fig.yaxis[0])
        fig.yaxis[0].ticker.desired_num_ticks = TICKS
        fig.xgrid.visible = False
        fig.xaxis[0].ticker.min_interval = 1
        make_readable(self.figure, "Eigenvalues of the EGOP relative to the largest one")

    def pack(self, packet: Packet, band: Bootstrap, basis: Eigenbasis, axes: Axes) -> None:
        """The spectrum relative to λ₁, drawn with everything else.

        Args:
            packet: to the browser.
            band: eigenvalues with their bands.
            basis: whose eigenvectors are highlighted.
            axes: (d, 2) of the left and the right figure.
        """
        bars, curve = self._columns(band, basis, axes)
        packet.fixed("spectrum", **bars)
        packet.fixed("spectrum-curve", **curve)

    def pack_now(self, packet: Packet, shown: ComparisonResult) -> None:
        """The eigenvalues around each run, relative to λ₁ of the bars, by the clock."""
        runs = [each for each in shown.runs if each.path.bases is not None]
        spectra = [log_spectra(each, shown) for each in runs]
        self._reach = (0.0, 0.0)
        if not runs:
            packet.fixed("spectrum-now", xs=[], ys=[], color=[])
            packet.fixed("spectrum-now-points", x=[], y=[], color=[], marker=[], size=[])
            return
        self._reach = min(map(np.min, spectra)), max(map(np.max, spectra))
        n_frames, count = spectra[0].shape
        places = np.arange(1, count + 1) + np.linspace(-0.2, 0.2, len(runs) + 2)[1:-1, None]
        xs = [np.broadcast_to(place, (n_frames, count)) for place in places]
        color = looks_of(runs)["color"]
        packet.frames("spectrum-now", n_frames, lines={"xs": xs, "ys": spectra}, color=color)
        flat = {"x": np.concatenate(xs, axis=1), "y": np.concatenate(spectra, axis=1)}
        heads = {name: list(np.repeat(each, count)) for name, each in heads_of(runs).items()}
        heads["size"] = [8 if count <= MOST_BARS else 4] * (count * len(runs))
        packet.frames("spectrum-now-points", n_frames, flat=flat, **heads)

    def draw(self, band: Bootstrap, basis: Eigenbasis, axes: Axes) -> None:
        """The same at once, by itself."""
        self._bars.data, self._curve.data = self._columns(band, basis, axes)

    def _columns(self, band: Bootstrap, basis: Eigenbasis, axes: Axes) -> tuple[dict, dict]:
        """Columns of the bars and of the curve, one of them empty."""
        dim = len(band.eigenvalues)
        top, low, high = relative(band)
        drawn = top > np.log10(LEAST)
        lowest = max(low[drawn].min(), top[drawn].min() - 1) if drawn.any() else -1.0
        bottom = np.floor(min(lowest, -1.0, self._reach[0])) - 0.3
        ends = zip(band.eigenvalue_low, band.eigenvalue_high, strict=True)
        rows = {
            "k": np.arange(1.0, dim + 1),
            "top": top,
            "bottom": np.full(dim, bottom),
            "low": np.maximum(low, bottom),
            "high": high,
            "color": [*theme.EIGENVECTORS, *[theme.SPECTRUM] * dim][:dim],
            "value": [number(value, 3) for value in band.eigenvalues],
            "band": [f"{number(low)} – {number(high)}" for low, high in ends],
            "beta": [number(beta, 3) for beta in density(basis.eigenvectors)],
        }
        for side, plane in zip(("left", "right"), axes, strict=True):
            directions = basis.eigenvectors.T @ plane
            rows |= {f"{side}_x": directions[:, 0], f"{side}_y": directions[:, 1]}
        fig: Any = self.figure
        set_range(fig.x_range, 0.4, dim + 0.6)
        set_range(
            fig.y_range, bottom, max(0.3, np.ceil(2 * max(high.max(), self._reach[1]) + 0.3) / 2)
        )
        ticker, most = fig.xaxis[0].ticker, min(dim, 6)
        if ticker.desired_num_ticks != most:
            ticker.desired_num_ticks = most
        leading = zip(rows["value"], rows["band"], range(1, TOLD + 1), strict=False)
        told = [f"λ{k} = {value}, band {each}" for value, each, k in leading]
        describe(self.figure, f"{dim} eigenvalues: {'; '.join(told)}.")
        nothing: dict[str, list] = {name: [] for name in rows}
        return (rows, nothing) if dim <= MOST_BARS else (nothing, rows)


class History:
    """λ_k/λ₁ of the leading eigenvalues, with bands, as the sample grows."""

    def __init__(self, prefix: str):
        self.figure = plain_figure(name=f"{prefix}:history-figure")
        fig: Any = self.figure
        self._sources = [
            source(prefix, f"history-{k}", "m value low high") for k in range(FOLLOWED)
        ]
        make_readable(self.figure, "Leading eigenvalues by the number of samples")
        colors = [*theme.EIGENVECTORS, theme.SPECTRUM, theme.SAMPLE]
        for held, tint in zip(self._sources, colors, strict=True):
            fig.varea("m", "low", "high", source=held, color=tint, alpha=0.2)
            fig.line("m", "value", source=held, color=tint, line_width=2)
            fig.scatter("m", "value", source=held, color=tint, size=5)
        label_powers(fig.xaxis[0])
        label_powers(fig.yaxis[0])
        fig.yaxis[0].ticker.desired_num_ticks = TICKS

    def draw(self, snapshots: list[SpectrumSnapshot]) -> None:
        """The estimates so far, each from more samples than the one before."""
        rows = np.array([relative(each.band) for each in snapshots])
        m = np.log10([each.band.n_samples for each in snapshots])
        for k, held in enumerate(self._sources):
            if k < rows.shape[2]:
                value, low, high = rows[:, :, k].T
                held.data = {"m": m, "value": value, "low": low, "high": high}
            else:
                held.data = {name: [] for name in held.data}
        followed = rows[:, :, :FOLLOWED]
        fig: Any = self.figure
        set_range(fig.x_range, m[0] - 0.1, max(m[-1], m[0] + 0.5) + 0.1)
        set_range(fig.y_range, followed.min() - 0.2, max(0.3, followed.max() + 0.15))


def n_moving(shown: ComparisonResult) -> int:
    """The number of eigenvalues around each run that move: all, or the leading ones of too many."""
    dim, n_steps = shown.objective.dim, len(shown.schedule)
    return dim if dim * (n_steps + 1) * len(shown.pairs) <= MOST_MOVING else min(dim, MOST_BARS)


def log_spectra(run: ShownRun, shown: ComparisonResult) -> np.ndarray:
    """(T+1, k) log₁₀ of the eigenvalues in force that move, relative to λ₁ of the estimate."""
    bases = run.path.bases
    assert bases is not None
    largest = shown.estimate.basis.eigenvalues[0] or 1.0
    values = np.maximum(bases.eigenvalues[:, : n_moving(shown)] / largest, LEAST)
    return np.log10(values)[bases.indices(len(shown.schedule))]


def relative(band: Bootstrap) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log₁₀ of λ/λ₁ and of the ends of its band, (d,) each; an unbounded band ends a decade up."""
    largest = band.eigenvalues[0] or 1.0
    high = np.where(np.isfinite(band.eigenvalue_high), band.eigenvalue_high, 10 * largest)
    logs = np.log10(np.maximum([band.eigenvalues, band.eigenvalue_low, high], LEAST * largest))
    top, low, high = logs - np.log10(largest)
    return top, low, high
