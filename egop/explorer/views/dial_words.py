"""What the dial's curves say, in words."""

from html import escape

import numpy as np

from egop import theme
from egop.analysis.dial import Dial, find_valley, quarter_turn_distance
from egop.theme import label


def steps_sentence(dial: Dial, method: str, egop_angle: float) -> str:
    """Where the method needs the fewest steps, and how many in original coordinates.

    Args:
        dial: whole, or the part that is made.
        method: its name.
        egop_angle: of the EGOP basis, radians.
    """
    name, steps = label(method), dial.steps(method)
    if np.isnan(steps).all():
        return f"{name} is pending."
    if not np.isfinite(steps).any():
        return f"{name} does not come within the tolerance at any angle."
    valley = find_valley(dial.angles, steps)
    fewest = f"{int(np.nanmin(steps)):,}"
    if valley.flat:
        return f"{name} takes {fewest} steps at every angle."
    apart = np.degrees(quarter_turn_distance(valley.angle, egop_angle))
    original = f"{int(steps[0]):,}" if np.isfinite(steps[0]) else "too many"
    return (
        f"{name} takes {fewest} steps at {np.degrees(valley.angle):.0f}°, {apart:.1f}° from the "
        f"EGOP angle, and {original} at 0°."
    )


def describe(dial: Dial, egop_angle: float, steps: bool) -> str:
    """One sentence a method behind its color, as HTML.

    Args:
        dial: whole, or the part that is made.
        egop_angle: of the EGOP basis, radians.
        steps: of steps to the tolerance rather than of final values.
    """
    sentences = {
        name: steps_sentence(dial, name, egop_angle) if steps else dial.sentence(name, egop_angle)
        for name in dial.methods
    }
    rows = "".join(
        f'<li><i style="background:{theme.color(name)}"></i>{escape(sentence)}</li>'
        for name, sentence in sentences.items()
    )
    return f"<ul>{rows}</ul>"
