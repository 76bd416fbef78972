"""Words about methods that take the same path in a basis as in original coordinates, or do not."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.experiments.data_shapes import gradient_ranks
from egop.experiments.execution import stored_config
from egop.experiments.sweep.basis_names import BASES, BasisSpec
from egop.methods import Method, method
from egop.methods.equivariance import CHANGED, UNCHANGED, cell, is_unchanged
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

    Where a condition decides, they say whether it holds, or tell it if it cannot be known.

    Args:
        methods: in writing, as "galore(rank=4)"; those that are unknown are left out.
        bases: the bases by their labels; of one that is refreshed nothing is told.
        ranks: of the gradients of each layer; none where they are not known.
    """
    groups: dict[tuple[tuple[str, ...], tuple[str, str]], list[str]] = {}
    for name in methods:
        known = known_method(name)
        found = {} if known is None else _by_what_is_said(known, bases, ranks)
        for said, labels in found.items():
            groups.setdefault((tuple(labels), said), []).append(theme.label(name))
    return " ".join(
        _sentence(who, [*labels], said, bases) for (labels, said), who in groups.items()
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


def _by_what_is_said(
    given: Method, bases: Mapping[str, BasisSpec], ranks: Sequence[GradientRank]
) -> dict[tuple[str, str], list[str]]:
    """The labels of bases by template and condition; those that change the path are left out."""
    found: dict[tuple[str, str], list[str]] = {}
    for label, spec in bases.items():
        condition = cell(given, spec.rotation) if spec.rotation else CHANGED
        if condition != CHANGED:
            some = ranks[:1] if spec.blocks == "first" else ranks
            found.setdefault(_said(given, spec.rotation, condition, some), []).append(label)
    return found


def _said(
    given: Method, rotation: str, condition: str, ranks: Sequence[GradientRank]
) -> tuple[str, str]:
    """The template, and its condition."""
    verdicts = [is_unchanged(given, rotation, each) for each in ranks]
    if condition == UNCHANGED or (ranks and all(verdicts)):
        return "same path", ""
    if False not in verdicts:
        return "same path", f", {condition}"
    place = verdicts.index(False)
    (rows, columns), rank = ranks[place]
    why = f"layer {place + 1} is {rows}×{columns} and its gradients have at most rank {rank}"
    return "another path", f", since {why}; it would {condition}"


def _sentence(
    who: list[str], labels: list[str], said: tuple[str, str], bases: Mapping[str, BasisSpec]
) -> str:
    template, condition = said
    many = len(who) > 1
    verb = {"same path": "take" if many else "takes", "another path": "do" if many else "does"}
    if many:
        condition = condition.replace("; it would", "; they would")
    return fill(
        template,
        methods=f"{listed(who)} {verb[template]}",
        bases="every basis here" if labels == [*bases] and len(bases) > 1 else listed(labels),
        condition=condition,
    )
