"""The verdict in words: who gains by rotating, who does not, and was it expected."""

from collections.abc import Mapping
from dataclasses import dataclass

from egop.analysis.ending import Ending
from egop.analysis.outcome import MethodVerdict, describe_fall, judge_method, name_in_sentence
from egop.analysis.preference import ALIGNED, Preference
from egop.analysis.stopping_target import StoppingTarget
from egop.sentences import capitalized, fill, listed
from egop.theory import Prediction, constant_name, expects_gain, ratio_bound

Endings = Mapping[str, tuple[Ending, Ending]]

VERBS = {"gain": "helps", "loss": "hurts", "unclear": "unclear for", "none": "none for"}
"""Outcome → template of what is said of its methods in the headline, in this order."""

VERBS_OF_AXES = {"gain": "help", "loss": "hurt"}
"""The same for arbitrary axes."""


@dataclass(frozen=True)
class Verdict:
    """The effect of rotating on every method of a scene.

    Attributes:
        headline: which methods gain and which do not, in one sentence.
        methods: one verdict for each method.
        theory: what the theory expects; empty where it says nothing.
        note: on how the runs were made; empty where there is nothing special.
    """

    headline: str
    methods: tuple[MethodVerdict, ...]
    theory: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """All sentences."""
        methods = [each.sentence for each in self.methods]
        sentences = [self.headline, self.note, *methods, self.theory]
        return " ".join(sentence for sentence in sentences if sentence)


def judge(
    endings: Endings,
    target: StoppingTarget,
    *,
    basis: str = "EGOP",
    preference: Preference = "clear",
    prediction: Prediction | None = None,
    quadratic: bool = False,
    assumption_holds: bool = True,
    start_gradient: float | None = None,
    qualifier: str = "",
) -> Verdict:
    """The verdict on a scene.

    Args:
        endings: for each method by name, its run in original and in rotated coordinates.
        target: what the endings were measured with.
        basis: what the rotated coordinates are called, as in "EGOP coordinates".
        preference: whether the basis prefers any direction (`find_preference`).
        prediction: of `egop.theory.predict`, where the basis is an EGOP eigenbasis.
        quadratic: whether f is one, so that the theory's constant is √2.
        assumption_holds: whether A1 does; where it does not, or the basis cannot be trusted, the
            theory says nothing.
        start_gradient: ‖∇f(x_0)‖₂; None: not known.
        qualifier: what limits trust in the basis, as in "from too few samples"; empty: nothing.
    """
    falling = has_no_lower_bound(endings, target)
    methods = tuple(
        describe_fall(method, *pair, basis)
        if falling and all(run.falling or not run.diverged for run in pair)
        else judge_method(method, *pair, target, basis, falling)
        for method, pair in endings.items()
    )
    if endings and all(run.still and not run.diverged for pair in endings.values() for run in pair):
        return Verdict(_stillness(endings, target, start_gradient), methods)
    theory = ""
    sure = preference not in {"tied", "equal"} and not qualifier
    if prediction is not None and assumption_holds and sure and not falling:
        tested = (each for each in methods if each.method == "adagrad" and _tests(each, endings))
        theory = theory_sentence(prediction, next(tested, None), quadratic)
    if falling:
        return Verdict(fill("no lower bound"), methods, theory)
    return Verdict(headline(methods, basis, qualifier, preference), methods, theory)


def has_no_lower_bound(endings: Endings, target: StoppingTarget) -> bool:
    """True if no minimum is known and the lowest value seen is one of a run that still fell."""
    runs = [run for pair in endings.values() for run in pair]
    return not target.known and any(run.sees_lowest and run.falling for run in runs)


def headline(
    methods: tuple[MethodVerdict, ...],
    basis: str = "EGOP",
    qualifier: str = "",
    preference: Preference = "clear",
) -> str:
    """The sentence on the methods that rotating helps, hurts and leaves as they are.

    Where no direction is preferred, that is said instead; but axes that are the original ones only
    within some degrees may change a path all the same, and then the change counts.
    """
    changed = [each for each in methods if each.outcome in {"gain", "loss"}]
    trust = fill("trust", qualifier=qualifier) if qualifier else ""
    arbitrary = preference in {"tied", "equal"} or (preference == "aligned" and not changed)
    if arbitrary and not all(each.outcome == "diverged" for each in methods):
        sentence = fill(preference, basis=basis, trust=trust, degrees=ALIGNED)
        parts = _parts(methods, VERBS_OF_AXES)
        return fill("these axes", sentence=sentence, parts=listed(parts)) if parts else sentence
    parts = _parts(methods, VERBS)
    diverged = [name_in_sentence(each.method) for each in methods if each.outcome == "diverged"]
    diverge = "diverges too" if len(diverged) == 1 else "diverge too"
    both = fill(diverge, methods=listed(diverged)) if diverged else ""
    if not parts:
        return capitalized(fill("all diverge", both=both)) if diverged else ""
    sentence = fill("rotating", basis=basis, trust=trust, parts=listed(parts))
    if diverged:
        sentence += f"; {both}"
    gains = any(each.outcome == "gain" for each in methods)
    return capitalized(fill("gain" if gains else "no gain", sentence=sentence))


def theory_sentence(
    prediction: Prediction, adagrad: MethodVerdict | None = None, quadratic: bool = False
) -> str:
    """A sentence on what the theory expects of Adagrad, its only method, and on what it did.

    Empty where C·sr/(dβ₁) is not below 1: there the theory says nothing, of gains or of losses.

    Args:
        prediction: of an EGOP eigenbasis under a ρ for which A1 holds.
        adagrad: its verdict; None: it was not run, or its runs tell nothing.
        quadratic: whether f is one.
    """
    if not expects_gain(prediction, quadratic):
        return ""
    bound = ratio_bound(prediction, quadratic)
    error = "" if quadratic else fill("theory error")
    sentence = fill("theory", bound=bound, constant=constant_name(quadratic), error=error)
    if adagrad is None or adagrad.outcome == "diverged":
        return fill("theory alone", sentence=sentence)
    agreement = {"gain": "theory agrees", "unclear": "theory unclear"}
    return fill(agreement.get(adagrad.outcome, "theory differs"), sentence=sentence)


def _tests(verdict: MethodVerdict, endings: Endings) -> bool:
    """Returns True if a method's runs can confirm or refute the theory: one arrives, or gains.

    Runs that end before either arrives, and runs that start where they are to arrive, do not.
    """
    return verdict.outcome == "gain" or any(run.reached_at > 0 for run in endings[verdict.method])


def _stillness(endings: Endings, target: StoppingTarget, gradient: float | None) -> str:
    """The reason why no method moves: a start at the minimum, or a zero or negligible gradient."""
    (first, _), *_ = endings.values()
    if target.known and first.reached:
        exactly = first.final_gap == 0
        return fill("at the minimum") if exactly else fill("near", tolerance=target.tolerance)
    flat = gradient is not None and gradient > 0
    why = fill("flat start", norm=gradient) if flat else fill("zero gradient")
    return why if target.known else " ".join([why, fill("unknown minimum")])


def _parts(methods: tuple[MethodVerdict, ...], verbs: dict[str, str]) -> list[str]:
    """One phrase for each outcome in a table that methods had, in its order."""
    parts = []
    for outcome, template in verbs.items():
        names = [name_in_sentence(each.method) for each in methods if each.outcome == outcome]
        if names:
            parts.append(fill(template, methods=listed(names)))
    return parts
