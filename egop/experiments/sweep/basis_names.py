"""The bases that a network experiment compares, and what they are called in its result."""

from collections.abc import Sequence

from egop.bounds import shown

KINDS = {"global": "global", "matrices": "block", "first": "first"}
"""The name in results of each basis, by what it rotates, as in `estimate_bases`."""


def named(blocks: Sequence[str], usual: str = "") -> dict[str, str]:
    """Returns what each basis rotates, by its name in results.

    Args:
        blocks: some of `KINDS`.
        usual: the one that the paper calls EGOP in this experiment; it gets the name "egop".

    Raises:
        ValueError: none, or one that is not in `KINDS`.
    """
    if isinstance(blocks, str) or not blocks or not KINDS.keys() >= set(blocks):
        raise ValueError(f"bases takes some of {', '.join(KINDS)}, in a tuple, got {shown(blocks)}")
    return {"egop" if each == usual else KINDS[each]: each for each in blocks}
