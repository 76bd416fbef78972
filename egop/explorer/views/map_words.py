"""The map's key and what it found, in words."""

from html import escape

import numpy as np

from egop.analysis.maps import AngleRateMap, RateRateMap
from egop.explorer.dialing import on_dial
from egop.explorer.tabs import Shown
from egop.explorer.views.map_cells import best_cell
from egop.explorer.views.overview import SENTENCES
from egop.theme import label, number

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
GONE = ("gone", "diverged")
ANGLE_KEY = (
    ("low", "ends low"), GONE, ("run", "this run"), ("start", "in original coordinates"),
    ("egop", "EGOP angle"),
)  # fmt: skip
RATE_KEY = (
    ("rotated", "rotated ends lower"), ("original", "original ends lower"), GONE,
    ("run", "the runs shown"),
)  # fmt: skip
HINT = "Tap a cell to load its run."


def key(entries: tuple[tuple[str, str], ...], color: str) -> str:
    """What colors and marks mean, as HTML."""
    spans = "".join(f'<span><i class="{name}"></i>{escape(text)}</span>' for name, text in entries)
    return f'<div class="key" style="--run: {color}">{spans}</div>'


def angle_sentence(result: AngleRateMap, shown: Shown) -> str:
    """Where a method ends lowest, and how that lies to the EGOP angle."""
    method, best = result.methods[0], best_cell(result)
    if best is None:
        return f"{label(method)}: every run diverged; try smaller rates."
    angle, rate = f"{best.angle:.0f}°", number(best.rate)
    egop = f"EGOP: {on_dial(shown.estimate.basis):.0f}°"
    if best.ties == 1:
        return f"{label(method)} ends lowest at {angle} and rate {rate} ({egop})."
    return (
        f"{label(method)} ends as low as it gets in {best.ties:,} cells; the smallest such rate is "
        f"{rate}, at {angle} ({egop})."
    )


def rate_sentence(result: RateRateMap) -> str:
    """The best rate in each coordinate system."""
    method = result.methods[0]
    found = []
    for ends, where in zip(result.final_values[0], ("original", "rotated"), strict=True):
        best = None if np.isnan(ends).all() else number(result.rates[np.nanargmin(ends)])
        found.append(f"{best or 'none'} {where}")
    if all(text.startswith("none") for text in found):
        return f"{label(method)}: every run diverged; try smaller rates."
    return f"{label(method)}: the best rates are {found[0]} and {found[1]}."


def progress(state: str, result: AngleRateMap | RateRateMap | None) -> str:
    """What the map's work is at: "stale", "refining", "stopped" or "done"."""
    if result is None:
        return "Stopped." if state == "stopped" else "Computing…"
    return {
        "stale": "Computing… The picture is the previous one.",
        "refining": f"Coarse picture, refining: {result.share:.0%}",
        "stopped": "Stopped: the picture is coarse or old.",
        "done": f"{result.final_values.size:,} runs",
    }[state]
