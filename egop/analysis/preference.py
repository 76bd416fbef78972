"""Classifies a basis: it prefers directions, is arbitrary, or is the original one."""

from typing import Literal

import numpy as np

from egop.eigenbasis import Eigenbasis

ALIGNED = 3
"""An eigenvector within so many degrees of a coordinate axis counts as that axis."""

EQUAL = 1e-9
"""Eigenvalues that differ by less than this share of the largest are equal."""

Preference = Literal["clear", "tied", "equal", "aligned"]


def find_preference(
    basis: Eigenbasis, *, spectral: bool = True, n_tied: int | None = None
) -> Preference:
    """Returns whether a basis prefers directions, is arbitrary, or has the original axes.

    "equal": all its eigenvalues are, so that any axes are eigenvectors. "tied": the sample cannot
    tell any of them apart. "aligned": each axis is within 3° of an original one; swapping axes or
    turning them round changes nothing for a method that works coordinate by coordinate. Else
    "clear".

    Args:
        basis: of the rotated coordinates.
        spectral: whether its axes are the eigenvectors of its eigenvalues, as those of an EGOP or a
            Hessian are; else the eigenvalues say nothing.
        n_tied: how many leading eigenvalues the sample cannot tell apart
            (`SampleAdequacy.n_tied`); None: the basis comes from no sample.
    """
    sizes = np.abs(basis.eigenvalues)
    if spectral and np.ptp(basis.eigenvalues) <= EQUAL * sizes.max():
        return "equal"
    if spectral and n_tied is not None and n_tied >= basis.dim > 1:
        return "tied"
    leading = np.abs(basis.eigenvectors).max(axis=0)
    return "clear" if (leading < np.cos(np.radians(ALIGNED))).any() else "aligned"
