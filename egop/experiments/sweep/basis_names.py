"""The bases that a network experiment compares, and what they are called in its result."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from egop.bounds import shown
from egop.experiments.checks import check_distinct
from egop.methods import nearest


class BasisSpec(NamedTuple):
    """The way a basis is estimated.

    Attributes:
        name: in results.
        blocks: what it rotates, as `chosen_blocks` takes it.
        structure: a name that `egop.networks.structures.choice.Structure` takes.
        share: the part of the experiment's gradients that it is made of, 1/share.
        control: whether it is there to be compared with the EGOP's. Methods whose path it leaves as
            it is are not run in it: what rotations do to them the EGOP's bases show.
        refreshed: whether each run's is estimated anew in every epoch, around its own weights.
        rotation: what it does to each weight matrix, one of `egop.methods.ROTATIONS`; "" where it
            is refreshed, since what a method carries over may change its path then.
    """

    name: str
    blocks: str
    structure: str = "dense"
    share: int = 1
    control: bool = False
    refreshed: bool = False
    rotation: str = "whole"


BASES = {
    "matrices": BasisSpec("block", "matrices"),
    "global": BasisSpec("global", "global"),
    "first": BasisSpec("first", "first"),
    "kronecker": BasisSpec("kronecker", "matrices", "kronecker", rotation="kronecker"),
    "rows": BasisSpec("rows", "matrices", "rows", rotation="right"),
    "partial": BasisSpec("partial", "matrices", "partial"),
    "sketch": BasisSpec("sketch", "matrices", "sketch"),
    "few": BasisSpec("few", "matrices", share=10),
    "refreshed": BasisSpec("refreshed", "matrices", "kronecker", refreshed=True, rotation=""),
    "data": BasisSpec("data", "first", "data", control=True, rotation="right"),
    "random": BasisSpec("random", "matrices", "random", control=True),
    "random_global": BasisSpec("random_global", "global", "random", control=True),
}
"""The bases beside the original coordinates, by what a Config calls them."""
CONTROLS = {spec.name: spec.rotation for spec in BASES.values() if spec.control}
"""The rotation by each basis that is there to be compared with the EGOP's, by its name in results.
"""
WITHOUT_SPECTRUM = ("data", "random")
"""Structures whose eigenvalues are not those of the EGOP."""


def named(bases: Sequence[str], usual: str = "") -> dict[str, str]:
    """Returns the bases of a Config by their names in results.

    Args:
        bases: some of `BASES`.
        usual: the one that the paper calls EGOP in this experiment; it gets the name "egop".

    Raises:
        ValueError: none, one that is not in `BASES`, or one that is named twice.
    """
    if isinstance(bases, str) or not bases:
        raise ValueError(f"bases takes some of {', '.join(BASES)}, in a tuple, got {shown(bases)}")
    for each in bases:
        if each not in BASES:
            hint = nearest(str(each), list(BASES))
            raise ValueError(f"bases: unknown basis {shown(each)}; {hint}")
    check_distinct("bases", bases)
    return {"egop" if each == usual else BASES[each].name: each for each in bases}


def estimated_once(names: Mapping[str, str]) -> dict[str, str]:
    """The bases of `named` that are estimated before a training begins."""
    return {name: key for name, key in names.items() if not BASES[key].refreshed}
