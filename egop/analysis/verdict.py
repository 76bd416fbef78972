"""From numbers to words: who gains by rotating, who does not, and was it expected."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from egop.analysis.outcome import Ending, MethodVerdict, judge_method, name_in_sentence
from egop.analysis.yardstick import Yardstick
from egop.theme import number
from egop.theory import Prediction

EXPECTED = 0.9
"""The theory is taken to expect a gain where sr/(dβ₁) is at most this."""

ALIGNED = np.cos(np.radians(3.0))
"""An eigenvector within 3° of a coordinate axis counts as that axis."""


@dataclass(frozen=True)
class Verdict:
    """What rotating did to every method of a scene.

    Attributes:
        headline: which methods gain and which do not, in one sentence.
        methods: one verdict for each method.
        theory: whether the theory expected it; empty when it was not asked.
    """

    headline: str
    methods: tuple[MethodVerdict, ...]
    theory: str = ""

    @property
    def text(self) -> str:
        """All sentences."""
        sentences = [self.headline, *(each.sentence for each in self.methods), self.theory]
        return " ".join(sentence for sentence in sentences if sentence)


def judge(
    endings: Mapping[str, tuple[Ending, Ending]],
    yardstick: Yardstick,
    *,
    basis: str = "EGOP",
    prediction: Prediction | None = None,
    assumption_holds: bool = True,
    qualifier: str = "",
) -> Verdict:
    """The verdict on a scene.

    Args:
        endings: for each method by name, its run in original and in rotated coordinates.
        yardstick: what the endings were measured with.
        basis: what the rotated coordinates are called, as in "EGOP coordinates".
        prediction: of `egop.theory.predict`, where the basis is an EGOP eigenbasis.
        assumption_holds: whether A1 does, so that the prediction is the paper's own statement.
        qualifier: what limits trust in the basis, as in "from too few samples"; empty: nothing.
    """
    methods = tuple(
        judge_method(method, *pair, yardstick, basis) for method, pair in endings.items()
    )
    theory = ""
    if prediction is not None:
        adagrad = next((each for each in methods if each.method == "adagrad"), None)
        theory = theory_sentence(prediction, adagrad, assumption_holds)
    return Verdict(headline(methods, basis, qualifier), methods, theory)


def headline(methods: tuple[MethodVerdict, ...], basis: str = "EGOP", qualifier: str = "") -> str:
    """Which methods rotating helps, which it hurts and which it leaves as they are."""
    parts = []
    for outcome, verb in (
        ("gain", "helps"),
        ("loss", "hurts"),
        ("none", "makes no difference to"),
    ):
        names = [name_in_sentence(each.method) for each in methods if each.outcome == outcome]
        if names:
            parts.append(f"{verb} {_listed(names)}")
    diverged = [name_in_sentence(each.method) for each in methods if each.outcome == "diverged"]
    both = f"{_listed(diverged)} diverge{'s' if len(diverged) == 1 else ''} in both"
    if not parts:
        return _capitalized(f"{both} coordinate systems.") if diverged else ""
    trust = f" ({qualifier})" if qualifier else ""
    sentence = f"rotating into {basis} coordinates{trust} {_listed(parts)}"
    if diverged:
        sentence += f"; {both}"
    gains = any(each.outcome == "gain" for each in methods)
    return f"{_capitalized(sentence) if gains else f'No gain here: {sentence}'}."


def theory_sentence(
    prediction: Prediction, adagrad: MethodVerdict | None = None, assumption_holds: bool = True
) -> str:
    """Whether the theory expected what Adagrad did (Theorems 3 and 5 speak of it alone).

    A gain is expected where sr/(dβ₁) ≤ 0.9.

    Args:
        prediction: of the EGOP eigenbasis.
        adagrad: its verdict; None: it was not run.
        assumption_holds: whether A1 does.
    """
    expects = prediction.ratio <= EXPECTED
    reason = f"sr/(dβ₁) = {number(prediction.ratio)}"
    if expects:
        reason += f", so its best step size grows about {number(prediction.rate_gain)} times"
    sentence = f"The theory expects {'a' if expects else 'no'} gain for Adagrad ({reason})"
    if adagrad is not None and adagrad.outcome != "diverged":
        gains = adagrad.outcome == "gain"
        agrees = "and" if expects == gains else "but"
        sentence += f", {agrees} there is {'one' if gains else 'none'}"
    caveat = "" if assumption_holds else " (a rule of thumb here, since assumption A1 fails)"
    return f"{sentence}{caveat}."


def alignment_note(eigenvectors, basis: str = "EGOP") -> str:
    """One sentence when the axes of a basis are the original ones, within 3°; else empty.

    Swapping axes or turning them round changes nothing for a method that works coordinate by
    coordinate, though the picture may be turned.

    Args:
        eigenvectors: (d, d) columns.
        basis: what its coordinates are called.
    """
    sizes = np.abs(np.asarray(eigenvectors, dtype=float))
    if (sizes.max(axis=0) < ALIGNED).any():
        return ""
    turned = not np.array_equal(sizes.argmax(axis=0), np.arange(len(sizes)))
    picture = ", in another order, so the picture is turned" if turned else ""
    return f"The {basis} axes are the original ones{picture}: rotating has nothing to change."


def _listed(words: list[str]) -> str:
    """Words as people list them: a; a and b; a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
