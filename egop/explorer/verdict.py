"""What the runs say, in words and from numbers."""

from html import escape

from egop import theme
from egop.explorer.compute import Pair
from egop.metrics import steps_to_tolerance
from egop.theme import number


def sentences(pairs: list[Pair], reference: float, tolerance: float) -> list[tuple[str, str]]:
    """(method, sentence) for each method: who came within the tolerance of f*, and by what factor."""
    return [(pair.name, _sentence(pair, reference, tolerance)) for pair in pairs]


def _sentence(pair: Pair, reference: float, tolerance: float) -> str:
    name = theme.label(pair.name)
    gone = [
        f"in {where} coordinates it diverges at step {int(path.diverged_at)}"
        for path, where in ((pair.original, "original"), (pair.rotated, "EGOP"))
        if path.diverged_at >= 0
    ]
    if gone:
        return f"{name}: {' and '.join(gone)}; lower the rate."
    original, rotated = (
        int(steps_to_tolerance(path.values, reference, tolerance))
        for path in (pair.original, pair.rotated)
    )
    goal = f"f − f* ≤ {number(tolerance)}"
    if original < 0 and rotated < 0:
        ends = [
            number(float(path.final_value) - reference) for path in (pair.original, pair.rotated)
        ]
        return f"{name} does not reach {goal}: it ends at {ends[0]} originally, {ends[1]} rotated."
    if original < 0:
        return f"{name} reaches {goal} at step {rotated} rotated, and not at all originally."
    if rotated < 0:
        return f"{name} reaches {goal} at step {original} originally, and not at all rotated."
    if max(original, rotated) <= 1.05 * min(original, rotated) + 1:
        return f"{name}: no gain here, step {original} originally and {rotated} rotated."
    first, last = sorted((original, rotated))
    where = "rotated" if rotated < original else "originally"
    other = "originally" if rotated < original else "rotated"
    factor = number(last / max(first, 1), 2)
    return f"{name} reaches {goal} at step {first} {where}, at {last} {other}: {factor}× sooner."


def to_html(lines: list[tuple[str, str]], facts: list[tuple[str, str, str]]) -> str:
    """The verdict's sentences, each behind its method's color, and figures with explanations."""
    rows = "".join(
        f'<li><i style="background:{theme.color(name)}"></i>{escape(text)}</li>'
        for name, text in lines
    )
    cells = "".join(
        f'<div title="{escape(why)}"><dt>{escape(what)}</dt><dd>{escape(value)}</dd></div>'
        for what, value, why in facts
    )
    return f"<ul>{rows}</ul><dl>{cells}</dl>"
