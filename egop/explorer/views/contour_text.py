"""Text of the contour figures for screen readers."""

import numpy as np

from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.steps import steps_of_arrival
from egop.theme import label, number

OUTSIDE = "The minimum is not in this slice of f."


def scene_text(shown: ComparisonResult, rotated: bool) -> str:
    """The objective, the start, the minimum, v₁, and where each run ends and whether it arrived.

    Args:
        shown: the comparison.
        rotated: of the right figure, whose coordinates are z = Vᵀx; else of the left one.
    """
    objective, plane = shown.objective, shown.planes[int(rotated)]
    first, second = plane.names

    def at(x: np.ndarray) -> str:
        place = plane.project(x)
        return f"{first} = {number(place[0], 3)}, {second} = {number(place[1], 3)}"

    arrived = steps_of_arrival(shown)
    said = [f"{objective.name}. Start at {at(shown.start)}."]
    if objective.minimizer is not None and len(objective.minimizer):
        seen = shown.minimizers(int(rotated))
        said.append(f"Minimum at {at(seen[0])}." if len(seen) else OUTSIDE)
    v1 = plane.axes.T @ shown.estimate.basis.eigenvectors[:, 0]
    said.append(f"v₁ points along ({number(v1[0])}, {number(v1[1])}).")
    for pair in shown.pairs:
        path = pair.rotated if rotated else pair.original
        step = arrived.get((pair.name, rotated), -1)
        end = f"arrives at step {step:,}" if step >= 0 else "does not arrive"
        if int(path.diverged_at) >= 0:
            end = f"diverges at step {int(path.diverged_at):,}"
        elif path.points is not None:
            end += f" and ends at {at(path.points[-1])}"
        said.append(f"{label(pair.name)} {end}.")
    return " ".join(said)
