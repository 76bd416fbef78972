"""The map's key and what it found, in words."""

from html import escape

import numpy as np

from egop.analysis.maps import AngleRateMap, RateRateMap
from egop.analysis.stopping_target import StoppingTarget
from egop.explorer.basis_angle import QUARTER, egop_on_dial
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.ends import measure
from egop.explorer.views.map_cells import Lowest, lowest_cells
from egop.explorer.views.method_sentences import SENTENCES
from egop.sentences import fill
from egop.theme import count_words, label, number

KEY_STYLE = (
    SENTENCES
    + """
.key { display: flex; flex-wrap: wrap; gap: 2px 12px; margin: 0 0 4px; opacity: 0.9; }
.key span { display: inline-flex; align-items: center; gap: 5px; }
.key i { width: 13px; height: 11px; border-radius: 2px; }
.key .gone { background: repeating-linear-gradient(-45deg, #3d434b 0 1px, #b4b8be 1px 4px); }
.key .low { background: #fee838; } .key .rotated { background: #1f5f99; }
.key .original { background: #9c3d00; }
.key .run { width: 9px; height: 9px; border-radius: 50%; background: var(--run); }
.key .start { width: 7px; height: 7px; border-radius: 50%; border: 2px solid var(--run); }
.key .egop { width: 0; border-left: 2px dashed currentColor; border-radius: 0; }
"""
)
ANGLE_KEY = {
    "low": "ends low",
    "gone": "diverged",
    "run": "this run",
    "start": "in original coordinates",
    "egop": "EGOP angle",
}
RATE_KEY = {
    "rotated": "rotated ends lower",
    "original": "original ends lower",
    "gone": "diverged",
    "run": "the runs shown",
}
HINT = "Tap a cell to load its run."


def key(entries: dict[str, str], color: str) -> str:
    """The legend of colors and marks, as HTML."""
    spans = "".join(
        f'<span><i class="{name}"></i>{escape(text)}</span>' for name, text in entries.items()
    )
    return f'<div class="key" style="--run: {color}">{spans}</div>'


def angle_sentence(result: AngleRateMap, shown: ComparisonResult) -> str:
    """Describes the angle at which a method ends lowest, beside the EGOP angle."""
    low = lowest_cells(result, shown.yardstick)
    values = {"method": label(result.methods[0])}
    if low is None:
        return fill("every run diverged", **values)
    if low.ties == low.cells:
        return fill("all cells alike", cells=low.cells, **values)
    at = egop_on_dial(shown)
    egop = fill("no EGOP angle") if at is None else fill("EGOP angle", angle=f"{at:.0f}")
    if low.ties == 1:
        angle, rate = f"{low.angles[0]:.0f}", float(low.rates[0])
        return fill("one lowest cell", angle=angle, rate=rate, egop=egop, **values)
    values |= {"rates": _rates(low.rates), "angles": _angles(low), "egop": egop}
    return fill("lowest cells", ties=low.ties, cells=low.cells, **values)


def _rates(rates: np.ndarray) -> str:
    if len(rates) == 1:
        return fill("rate", rate=float(rates[0]))
    return fill("rates from", low=float(rates[0]), high=float(rates[-1]))


def _angles(low: Lowest) -> str:
    """Angles in words: every one, one, a stretch, or how many where they lie apart."""
    if len(low.angles) == low.all_angles:
        return fill("every angle")
    if len(low.angles) == 1:
        return fill("angle", angle=f"{low.angles[0]:.0f}")
    stretch = QUARTER / (low.all_angles - 1) * (len(low.angles) - 1)
    if np.isclose(np.ptp(low.angles), stretch):
        ends = {"low": f"{low.angles[0]:.0f}", "high": f"{low.angles[-1]:.0f}"}
        return fill("angles from", **ends)
    return fill("angles of", count=len(low.angles), all=low.all_angles)


def rate_sentence(result: RateRateMap, yardstick: StoppingTarget) -> str:
    """The best rates in each coordinate system; those that end alike up to round-off are equal."""
    name = label(result.methods[0])
    ends = measure(result.final_values[0], yardstick)
    best = [_best_rates(gaps, result.rates) for gaps in ends.gaps]
    if not any(map(len, best)):
        return fill("every run diverged", method=name)
    if all(len(rates) == len(result.rates) for rates in best):
        return fill("rates alike", method=name)
    original, rotated = map(_span, best)
    return fill("best rates", method=name, original=original, rotated=rotated)


def _best_rates(gaps: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The rates at which a run ends lowest; none where all diverge."""
    return rates[gaps <= np.nanmin(gaps)] if np.isfinite(gaps).any() else rates[:0]


def _span(rates: np.ndarray) -> str:
    if not len(rates):
        return fill("none")
    low, high = float(rates[0]), float(rates[-1])
    return number(low) if low == high else fill("to", low=low, high=high)


def progress(state: str, result: AngleRateMap | RateRateMap | None) -> str:
    """Describes a state of the map's work: "stale", "refining", "stopped" or "done"."""
    if result is None:
        return "Stopped." if state == "stopped" else "Computing…"
    return {
        "stale": "Computing… The picture is the previous one.",
        "refining": f"Coarse picture, refining: {result.share:.0%}",
        "stopped": "Stopped: the picture is coarse or old.",
        "done": count_words(result.final_values.size, "run"),
    }[state]
