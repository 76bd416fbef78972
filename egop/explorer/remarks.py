"""Remarks in each figure's title: how much it hides, and that f is not defined somewhere."""

from typing import NamedTuple

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


class Remark(NamedTuple):
    """Notes of a figure's title beside the coordinates.

    Attributes:
        fault: why a path in it is not as it seems, in words; "" where it is.
        share: of the movement that it shows, in words; "" in two variables.
        hatching: what it means; "" where f is defined everywhere.
    """

    fault: str = ""
    share: str = ""
    hatching: str = ""

    def title(self, coordinates: str, short: str) -> str:
        """The title, which begins with what must not be cut off where there is little room.

        Args:
            coordinates: of the figure.
            short: the same in fewer words, beside others.
        """
        name = short if self.share else coordinates
        name = f"{name[:1].upper()}{name[1:]}"
        parts = [fill("misleads", reason=self.fault), name] if self.fault else [name, self.share]
        return " · ".join(filter(None, [*parts, self.hatching]))


def remarks_on(seen: Snapshot, hatched: list[bool]) -> list[Remark]:
    """The remarks on the left and the right figure.

    Args:
        seen: pairs of paths beyond two variables.
        hatched: of each landscape, whether f is not defined somewhere; in two variables the only
            one is that of both figures, and the left one says it.
    """
    remarks = [Remark(), Remark()]
    for side in range(2 if seen else 0):
        paths = [pair[side] for pair in seen]
        percent = round(100 * min(path.share for path in paths))
        share, fault = fill("shown movement", percent=percent), ""
        if any(path.shows_little for path in paths):
            fault = share  # there is room for one
        elif any(path.shows_wrong_values for path in paths):
            fault = fill("wrong values")
        remarks[side] = Remark(fault, share)
    for side, is_hatched in enumerate(hatched):
        if is_hatched:
            remarks[side] = remarks[side]._replace(hatching=fill("hatched"))
    return remarks
