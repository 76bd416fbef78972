"""Angles of bases on the dial, in degrees: where the scene stands and how a tab turns it."""

import numpy as np

from egop.analysis.preference import find_preference
from egop.eigenbasis import Eigenbasis
from egop.explorer.tabs import ComparisonResult

QUARTER = 90.0
"""Coordinate-wise methods repeat after it."""


def angle_of(basis: Eigenbasis) -> float:
    """Direction of v_1 in degrees, in (−180, 180]; d = 2."""
    x, y = basis.eigenvectors[:, 0]
    return float(np.degrees(np.arctan2(y, x)))


def on_dial(basis: Eigenbasis) -> float:
    """The angle of a basis modulo a quarter turn, in [0, 90)."""
    angle = angle_of(basis) % QUARTER
    return 0.0 if np.isclose(angle, QUARTER, atol=1e-9) else angle


def egop_on_dial(shown: ComparisonResult) -> float | None:
    """The angle of the estimated EGOP basis, as `on_dial`; None where it prefers no direction."""
    estimate = shown.estimate
    preference = find_preference(estimate.basis, n_tied=estimate.adequacy.n_tied)
    return None if preference in {"tied", "equal"} else on_dial(estimate.basis)


def nearest_turn(asked: float, shown: float) -> float:
    """The angle that equals `asked` on the dial and is nearest to the one shown.

    So that the right figure turns on instead of jumping by a quarter.

    Args:
        asked: degrees.
        shown: degrees, from −180 to 180; so is what is returned.
    """
    turn = (asked - shown + QUARTER / 2) % QUARTER - QUARTER / 2
    angle = round(shown + turn, 2)
    return angle - 360 if angle > 180 else angle + 360 if angle < -180 else angle


def turn_to(shown: ComparisonResult, asked: float, **settings) -> None:
    """Sets the scene's basis to an angle of the dial, in one change with other settings."""
    angle = nearest_turn(asked, angle_of(shown.basis))
    shown.scene.param.update(basis="dial", dial_angle=angle, **settings)
