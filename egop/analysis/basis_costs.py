"""Costs of the bases of a result in words: gradients and seconds, medians over the trials."""

from typing import Any

import numpy as np

from egop.theme import BASIS_LABELS, count_words, number
from egop.trials import quantiles

BASIS_COSTS = ("basis_gradients", "basis_seconds")
"""The variables of a result that hold them, by optimizer, basis and trial."""


def cost_words(gradients: float, seconds: float) -> str:
    """The cost of one basis, such as "200 gradients, 0.5 s"; "" without one, or where unknown."""
    if not seconds > 0:
        return ""
    counted = count_words(round(gradients), "gradient") if gradients else "no gradient"
    return f"{counted}, {number(seconds)} s"


def median_costs(result: Any) -> np.ndarray | None:
    """(optimizer, basis, 2) gradients and seconds; NaN where unknown. None: without, or older."""
    dims = ("optimizer", "basis", "trial")
    known = [result[name] for name in BASIS_COSTS if name in result.variables]
    if len(known) < len(BASIS_COSTS) or any({*each.dims} != {*dims} for each in known):
        return None
    if any(each.dtype.kind not in "fiu" for each in known):
        return None
    numbers = [each.transpose(*dims).to_numpy().astype(float) for each in known]
    return np.stack([quantiles(each, -1, (0.5,))[0] for each in numbers], axis=-1)


def costs_sentence(result: Any) -> str:
    """The cost of each basis that is not free; "" where none is known.

    Bases go by the labels of their entries where the result has any (`egop.compare`).
    """
    medians = median_costs(result)
    if medians is None:
        return ""
    bases = [BASIS_LABELS.get(each, each) for each in result["basis"].values.tolist()]
    names = np.broadcast_to(np.array(bases, dtype=object), medians.shape[:2])
    if "label" in result.coords and {*result["label"].dims} == {"optimizer", "basis"}:
        names = result["label"].transpose("optimizer", "basis").to_numpy()
    found = zip(names.ravel().tolist(), medians.reshape(-1, 2), strict=True)
    known = {name: words for name, cost in found if (words := cost_words(*cost))}
    said = "; ".join(f"{name} {words}" for name, words in known.items())
    return f"Cost of a basis: {said}." if said else ""
