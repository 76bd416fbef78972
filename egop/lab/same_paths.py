"""Words about methods that take the same path in a basis as in original coordinates."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.experiments.data_shapes import gradient_ranks
from egop.experiments.execution import stored_config
from egop.experiments.sweep.basis_names import BASES, BasisSpec
from egop.methods import Method, method
from egop.methods.equivariance import CHANGED, UNCHANGED, can_be_unchanged, cell
from egop.methods.rule import GradientRank
from egop.sentences import fill, listed

BASES_OF_RESULTS = {spec.name: spec for spec in BASES.values()} | {
    "egop": BASES["matrices"],
    "inputs": BASES["rows"],
}
"""The specification of a basis of a result, by its name there."""


def same_path_words(
    methods: Iterable[str],
    bases: Mapping[str, BasisSpec],
    ranks: Sequence[GradientRank] = (),
) -> str:
    """Sentences that name methods and the bases in which their paths are the same; "" if none.

    Where a condition decides, they tell it, unless the layers exclude it.

    Args:
        methods: in writing, as "galore(rank=4)"; those that are unknown are left out.
        bases: the bases by their labels; of one that is refreshed nothing is told.
        ranks: of the gradients of each layer; none where they are not known.
    """
    groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for name in methods:
        known = known_method(name)
        for condition, labels in _by_condition(known, bases, ranks).items() if known else ():
            groups.setdefault((tuple(labels), condition), []).append(theme.label(name))
    return " ".join(
        fill(
            "same path",
            methods=f"{listed(who)} {'take' if len(who) > 1 else 'takes'}",
            bases="every basis here"
            if [*labels] == [*bases] and len(bases) > 1
            else listed([*labels]),
            condition="" if condition == UNCHANGED else f", {condition}, up to round-off",
        )
        for (labels, condition), who in groups.items()
    )


def known_method(written: str) -> Method | None:
    """The method of a name, or of a name with options; None for one that is not known here."""
    try:
        return method(written)
    except (TypeError, ValueError):
        return None


def ranks_of_result(attributes: Mapping[str, Any]) -> list[GradientRank]:
    """The ranks of the gradients of a result's layers; none where they are not known."""
    experiment = EXPERIMENTS.get(attributes.get("experiment", ""))
    try:
        manifest = {"config": json.loads(attributes["config"]), "versions": {"egop": ""}}
        return [] if experiment is None else gradient_ranks(stored_config(experiment, manifest, ""))
    except (KeyError, TypeError, ValueError):
        return []


def _by_condition(
    given: Method, bases: Mapping[str, BasisSpec], ranks: Sequence[GradientRank]
) -> dict[str, list[str]]:
    """The labels of bases by the condition or `UNCHANGED`; those that change the path are left out.

    A basis that changes the path in one layer does so.
    """
    found: dict[str, list[str]] = {}
    for label, spec in bases.items():
        condition = cell(given, spec.rotation) if spec.rotation else CHANGED
        some = ranks[:1] if spec.blocks == "first" else ranks
        if condition != CHANGED and all(can_be_unchanged(given, spec.rotation, r) for r in some):
            found.setdefault(condition, []).append(label)
    return found
