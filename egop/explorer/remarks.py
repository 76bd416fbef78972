"""Remarks in each figure's title: how much it hides, and that f is not defined somewhere."""

from egop.analysis.planes import PathInPlane, Plane, show_path
from egop.explorer.compute import Pair
from egop.objectives import Objective
from egop.sentences import fill

Snapshot = list[tuple[PathInPlane, PathInPlane]]


def seen_in_planes(objective: Objective, planes: list[Plane], pairs: list[Pair]) -> Snapshot:
    """Beyond two variables, each pair of paths as the two figures show it; else nothing."""
    if objective.dim == 2:
        return []
    left, right = planes
    return [
        (
            show_path(objective, left, pair.original.points, pair.original.values),
            show_path(objective, right, pair.rotated.points, pair.rotated.values),
        )
        for pair in pairs
    ]


def remarks_on(seen: Snapshot, hatched: list[bool]) -> list[str]:
    """The remarks on the left and the right figure.

    Args:
        seen: pairs of paths beyond two variables.
        hatched: of each landscape, whether f is not defined somewhere; in two variables the only
            one is that of both figures, and the left one says it.
    """
    remarks = ["", ""]
    for side in range(2 if seen else 0):
        least = min((pair[side] for pair in seen), key=lambda path: path.share)
        remarks[side] = fill("share of movement", percent=round(100 * least.share))
        if any(pair[side].warning for pair in seen):
            remarks[side] = fill("misleads", remark=remarks[side])
    for side, is_hatched in enumerate(hatched):
        if is_hatched:
            remarks[side] = " · ".join(filter(None, [remarks[side], fill("hatched")]))
    return remarks
