"""The bases that a network experiment compares, and what they are called in its result."""

from collections.abc import Sequence

from egop.bounds import shown

KINDS = {"global": "global", "matrices": "block", "first": "first"}
"""By what a basis rotates, as in `estimate_bases`, its name in results."""


def named(blocks: Sequence[str], usual: str = "") -> dict[str, str]:
    """By the name of each basis in results what it rotates.

    Args:
        blocks: some of `KINDS`.
        usual: the one that the paper calls EGOP in this experiment; it gets the name "egop".

    Raises:
        ValueError: none, or one that is not in `KINDS`.
    """
    if isinstance(blocks, str) or not blocks or not KINDS.keys() >= set(blocks):
        raise ValueError(f"bases takes some of {', '.join(KINDS)}, in a tuple, got {shown(blocks)}")
    return {"egop" if each == usual else KINDS[each]: each for each in blocks}
