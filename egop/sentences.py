"""The templates of every sentence that states a result, and the one way of filling them.

Plain data: a template holds words and {names} in braces, without format codes, so that any engine
that can replace a name by a text can fill it. `written` says how a value becomes a text.
"""

import re

from egop.theme import count_words, number

TEMPLATES = {
    # parts
    "within": "within {tolerance} of {level}",
    "above": "{gap} above {level}",
    "sooner": "{factor} times sooner",
    "later": "{factor} times later",
    "fewer steps": "{percent} % fewer steps",
    "more steps": "{percent} % more steps",
    "no difference": "no difference",
    "in both": "in both coordinate systems",
    "in one": "in {where} coordinates",
    # one method
    "cannot start": "{method} cannot start: f is not finite there.",
    "stays": "{method} does not move.",
    "stays above": "{method} does not move: it stays {above}.",
    "starts arrived": "{method} starts {within}: there is nothing to gain.",
    "never below start": "{method} never goes below its start.",
    "arrives": "{method} comes {within} after {steps} in {basis} coordinates, {before} in original "
    "ones: {compared}.",
    "arrives alike": "{method} comes {within} after {steps} in both coordinate systems: no "
    "difference.",
    "arrives alone": "{method} comes {within} in {where} coordinates alone, after {steps}; in "
    "{elsewhere} ones it is {above} after {all_steps}.",
    "arrives and stays alone": "{method} comes {within} in {where} coordinates after {steps} and "
    "stays there; in {elsewhere} ones it ends {above}.",
    "sees the lowest": "{method} sees the lowest value in {where} coordinates; in {elsewhere} ones "
    "it ends {above}.",
    "misses alike": "{method} does not {come} {within} in {steps} and ends {above} either way.",
    "misses": "{method} does not {come} {within} in {steps}; in {basis} coordinates it ends "
    "{nearer}, {above} against {gap} in original ones.",
    "come": "come",
    "stay": "stay",
    "nearer": "nearer",
    "farther": "farther",
    "times nearer": "{factor} times nearer",
    "times farther": "{factor} times farther",
    "diverges": "{method} diverges in {where} coordinates, {departure}; in {elsewhere} ones it "
    "{fate}.",
    "diverges in both": "{method} diverges in both coordinate systems: {original} in original "
    "ones, {rotated} in {basis} ones.",
    "departure": "at step {step} with rate {rate}",
    "departure with a safe rate": "at step {step} with rate {rate} (a rate of {safe} would not)",
    "comes": "comes {within} after {steps}",
    "ends": "ends {above}",
    "has fallen": "has fallen to f = {value}",
    "falls": "{method} has fallen to f = {rotated} in {basis} coordinates and to {original} in "
    "original ones.",
    # added to a method's sentence
    "leaves again": "It comes there after {steps} {where} and leaves again.",
    "two-cycle": "It ends in a two-cycle {where}: it jumps between two points for ever, a sign of "
    "too large a rate.",
    "unclear": "But with small changes (rate ± {rate} %, start {start} %) the two overlap.",
    "unclear steps": "But with small changes (rate ± {rate} %, start {start} %) the two overlap: "
    "{rotated} and {original} steps.",
    "range": "{low}–{high}",
    "rates": "(The rates are {rotated} in {basis} coordinates and {original} in original ones.)",
    "moving axes": "Runs in this basis move along {axes} alone: in {others} they stay where they "
    "start.",
    "cut tie": "k = {kept} keeps {kept} of {tied} directions that the samples do not tell apart: "
    "another draw keeps another {kept}; k = {tied} keeps all.",
    "cannot be turned": "The state of {methods} cannot be turned with the axes: it begins anew "
    "every {period}.",
    "is forgotten": "The state of {methods} is forgotten every {period}.",
    # the headline
    "rotating": "rotating into {basis} coordinates{trust} {parts}",
    "no gain": "No gain here: {sentence}.",
    "gain": "{sentence}.",
    "trust": " ({qualifier})",
    "helps": "helps {methods}",
    "hurts": "hurts {methods}",
    "unclear for": "makes no clear difference to {methods}",
    "none for": "makes no difference to {methods}",
    "diverges too": "{methods} diverges in both",
    "diverge too": "{methods} diverge in both",
    "all diverge": "{both} coordinate systems.",
    "zero gradient": "The gradient is zero at the start: no method moves.",
    "flat start": "f is flat at the start (‖∇f‖₂ = {norm}): no method moves.",
    "at the minimum": "The start is at the minimum: there is nothing to gain.",
    "near": "The start is within {tolerance} of the minimum: there is nothing to gain.",
    "unknown minimum": "Whether the start is a minimum is not known.",
    "no lower bound": "No lower bound of f is known: the lowest value seen is that of a run that "
    "was still falling, so none arrives and none is ahead.",
    "tied": "No direction is preferred{trust}: the samples do not tell the eigenvalues apart, so "
    "the {basis} axes are arbitrary.",
    "equal": "No direction is preferred{trust}: all eigenvalues are equal, so the {basis} axes are "
    "arbitrary.",
    "aligned": "No direction is preferred{trust} over the original axes: the {basis} axes are the "
    "same within {degrees}°, and rotating has nothing to change.",
    "these axes": "{sentence} These axes happen to {parts}; other ones might not.",
    "help": "help {methods}",
    "hurt": "hurt {methods}",
    # the sample behind a basis
    "degrees": "{angle}°",
    "enough samples": "Enough samples: v₁ is within {angle}°.",
    "zero gradients": "Every sampled gradient is zero: no direction stands out.",
    "cannot know": "Cannot know: {reason}",
    "infinite EGOP": "the EGOP is infinite. It takes moments of order {order} of the sampling "
    "distribution, and only those below {index} are finite.",
    "infinite variance": "the estimate has no finite variance. It takes moments of order {order} "
    "of the sampling distribution, and only those below {index} are finite.",
    "unbounded order": "every order",
    "heavy tails": "the largest gradients are so much larger than the others that the "
    "EGOP may be infinite (tail index of the squared gradient {index}, finite above 1).",
    "caveat": "the EGOP of {objective} is infinite or looks so from the sample, whose basis then "
    "means little; Eigenbasis.caveat says why",
    "few samples": "Too few samples: they count as {effective} of equal weight, and below {fewest} "
    "resampling says nothing. Take about {wanted} samples.",
    "uncertain v₁": "Too few samples: v₁ is uncertain by {angle}°, more than {most}°. Take about "
    "{wanted} samples.",
    "tied eigenvalues": "The leading {tied} eigenvalues cannot be told apart with {count} samples: "
    "v₁ is arbitrary in their span, and stays so if they are equal.",
    "rule of the light": "The rule: at least {fewest} samples of equal weight, a finite EGOP and "
    "variance, and v₁ within {most}° in 99 % of bootstrap resamples.",
    "from too few samples": "from too few samples",
    "from zero gradients": "every sampled gradient is zero",
    "from an infinite EGOP": "the EGOP is infinite",
    "from an infinite variance": "from an estimate without a finite variance",
    "from heavy tails": "the EGOP may be infinite",
    "from a cut tie": "{kept} of {tied} directions that cannot be told apart",
    "from tied eigenvalues": "its leading {tied} axes are arbitrary",
    # a report of a network's bases
    "bases without gradients": "How well these bases fit is not known without gradients: give "
    "those of egop.networks.sample_gradients.",
    "bases unknown": "The gradients say nothing of how well these bases fit: they are too few, or "
    "0.",
    "bases fit": "The bases fit: they leave {here} of the EGOP beside its diagonal, where the "
    "original coordinates leave {original}.",
    "bases seen": "How well these bases fit is not known: {seen} of the {samples} different "
    "gradients are among those that the bases were made of, which makes the shares too small; "
    "sample others, with parameters that are drawn, per_example=True, or other batches.",
    "bases leave much": "The bases fit badly: they leave {here} of the EGOP beside its diagonal, "
    "where the original coordinates leave {original}; take more gradients, or another structure.",
    "bases change little": "There is little to change: {original} of the EGOP stands beside its "
    "diagonal in original coordinates, and {here} in these bases.",
    "made up eigenvalues": "The basis is random, and its eigenvalues are ones.",
    "eigenvalues of inputs": "The eigenvalues are those of the inputs, not of gradients.",
    "no gradient in block": "Every gradient was 0: the eigenvectors are arbitrary.",
    "few effective": "The gradients count as {count} of equal weight: they say little.",
    "arbitrary leading": "The leading {tied} eigenvalues cannot be told apart with {samples} "
    "gradients: their eigenvectors are arbitrary in their span.",
    "certain leading": "v₁ is within {angle}° in 90 % of resamples of these gradients.",
    "uncertain leading": "v₁ alone is uncertain, by {angle}° in 90 % of resamples of these "
    "gradients; a basis may fit all the same, since the share counts all of its directions.",
    "gains known": "Measured over {problems} problems, {networks} of them networks, at the rate "
    "that is best in original coordinates: how much sooner a method comes to the same loss.",
    "known off_diagonal_share": "the off-diagonal share in original coordinates",
    "known density": "the density β₁",
    "known ratio": "sr/(dβ₁), which Theorem 5 compares with 1 (lower is better),",
    "correlations": "{known} has {parts}.",
    "correlation": "{strength} with the factor of {method} (Spearman {value}, 95 %: {low} to "
    "{high})",
    "no correlation": "no correlation that can be told from none",
    "weak correlation": "a weak correlation",
    "moderate correlation": "a moderate correlation",
    "strong correlation": "a strong correlation",
    "share below": "below {high}",
    "share above": "above {low}",
    "share between": "between {low} and {high}",
    "gains alike": "Here the share is {share}{whole}; of the {problems} problems with one "
    "{between}, {parts}.",
    "gain counts": "{method} was sooner in {sooner}, later in {later} and alike in {alike}",
    "same path": "{methods} the same path in {bases} as in original coordinates{condition}.",
    "shares take gradients": "The off-diagonal share of the EGOP takes its gradients: "
    "egop.networks.report tells it of your own model.",
    "gains of eigenbases": "These gains are those of eigenbases; bases that leave {here} beside "
    "the diagonal cannot be expected to have them.",
    "random gains": "A random basis is the control: what it gains or loses is not due to the EGOP; "
    "egop.compare trains it beside others.",
    "gains not counted": "Not among them: on a small convolutional network Adam was no sooner in "
    "the dense basis, but 1.5 times in the Kronecker one; on a small GPT it was sooner in none.",
    "gains do not promise": "Most of these problems have few variables: none of this is a promise; "
    "egop.compare measures it on your model.",
    # theory
    "theory": "The theory expects a gain for Adagrad ({constant}·sr/(dβ₁) = {bound} < 1{error})",
    "theory error": ", up to the Hessian's variation",
    "theory agrees": "{sentence}, and there is one.",
    "theory differs": "{sentence}, but there is none.",
    "theory unclear": "{sentence}, but there is no clear one.",
    "theory alone": "{sentence}.",
    "exact for a quadratic": "exact for this quadratic",
    "bounds for a quadratic": "bounds for this quadratic",
    "no bounds": "no bounds: {reason}",
    "up to variation": "up to the Hessian's variation",
    # assumption A1
    "A1 holds": "A1 holds: mean zero, covariance c²I with c = {width} ≥ ‖θ*‖.",
    "A1 fails": "A1 fails: {failures}.",
    "unknown covariance": "the covariance of the distribution is not known",
    "no covariance": "the distribution has no finite covariance",
    "mean away from zero": "the mean is {offset} away from zero",
    "not isotropic": "the covariance is not isotropic (standard deviations {low} to {high})",
    "no minimizer": "no minimizer θ* is known to compare the width c with",
    "too narrow": "the width c = {width} is below ‖θ*‖ = {distance}, the distance of the minimizer "
    "from the origin",
    # the figures
    "arrived": "Arrived means f {within}.",
    "no minimum": "No minimum of this objective is known.",
    "the minimum": "the minimum",
    "the best value": "the best value seen",
    "gap to the minimum": "f − f*",
    "gap to the best value": "f − best seen",
    "spread of starts": "Bands hold the middle half of the starts, lines are medians; "
    "× marks rates that diverge.",
    "share of movement": "{percent} % of the movement",
    "shown movement": "{percent} % of movement",
    "wrong values": "wrong values",
    "misleads": "Misleads: {reason}",
    "misleading plane": "This picture misleads: {reasons}.",
    "shows little": "it shows {movement}",
    "shows wrong values": "its values are off by up to {error} times the range of f along the path",
    "hatched": "hatched: f is not defined",
    # the dial
    "pending": "{method}: pending.",
    "never at any angle": "{method} never comes within the tolerance at any angle; try another "
    "rate.",
    "diverges at any angle": "{method} diverges at any angle; try another rate.",
    "at every angle": "{method}: {lowest} at every angle.",
    "even": "{method}: no angle is preferred, as {lowest} to {highest} over all of them is no more "
    "than small changes of rate and start make.",
    "lowest": "{method}: {lowest} {place}; {original} at 0°.",
    "hardly lowest": "{method}: {lowest} {place}; {original} at 0°, but with small changes of "
    "rate, start and angle the two overlap.",
    "at angle": "at {angle}°",
    "at angles": "from {low}° to {high}°",
    "from EGOP": "{place}, {apart}° from EGOP",
    "EGOP among them": "{place}, EGOP among them",
    "not in time": "not in time",
    "no gap": "diverges",
    "at the floor": "≤ {floor}",
    # the maps
    "every run diverged": "{method}: every run diverged; try smaller rates.",
    "one lowest cell": "{method} ends lowest at {angle}° and rate {rate} ({egop}).",
    "lowest cells": "{method} ends as low as it gets in {ties} of {cells} cells: at {rates} and "
    "{angles} ({egop}).",
    "all cells alike": "{method} ends alike in all {cells} cells: no angle and no rate is "
    "preferred.",
    "rate": "rate {rate}",
    "rates from": "rates from {low} to {high}",
    "every angle": "every angle",
    "angle": "angle {angle}°",
    "angles from": "angles from {low}° to {high}°",
    "angles of": "{count} of {all} angles",
    "EGOP angle": "EGOP: {angle}°",
    "no EGOP angle": "EGOP: no direction is preferred",
    "best rates": "{method}: the best rates are {original} original and {rotated} rotated.",
    "rates alike": "{method}: every rate ends alike, original and rotated.",
    "none": "none",
    "to": "{low} to {high}",
    # many starts and tuned rates
    "starts": "{method}, {count} starts: first in {basis} coordinates from {wins}, in original "
    "ones from {losses}, a tie from {ties}{chance}; median steps {after} and {before}.",
    "chance": " (which may be chance: sign test, p = {p})",
    "never": "never",
    "runs diverge": "{gone} of the {runs} runs diverge.",
    "best of the rates": "{method}: {count} rates from {low} to {high} tried; best is {best}.",
    "best in original": "{rate} in original coordinates",
    "best in the basis": "{rate} in the basis",
    "methods of matrices": "Left out: {methods}. They step matrices, and the variables of "
    "{objective} are one vector.",
    "no rate": "none, since all diverge,",
    "every rate diverges": "{method}: every one of {count} rates from {low} to {high} diverges; "
    "try smaller ones.",
    "at the end": "It is at the end of what was tried.",
    "nothing to compare": "Every rate that was tried diverges, so no starts are compared.",
    "rate gains": "Best rate in the basis over that in original coordinates: {gains}.",
    "rate gain": "{method} {factor}×",
    "within the grid": "A factor of {step} is one step between the rates that were tried: no "
    "difference.",
    "same rate": "Rate {rate} in both.",
    "two rates": "Rates {original} in original coordinates, {rotated} in the basis.",
    "not checked": "(Not yet compared with small changes of rate and start.)",
}
"""Name → template."""

WORD = re.compile(r"a|[a-zA-Z][a-z’',:-]+")
"""A beginning of a sentence that may take a capital letter."""


def fill(name: str, **values) -> str:
    """The sentence of a template.

    Args:
        name: of the template.
        **values: what stands for each name in braces, read by `written`.
    """
    return TEMPLATES[name].format_map({key: written(value) for key, value in values.items()})


def written(value: str | int | float) -> str:
    """A value as a text: words as they are, counts as 1,000, measured numbers as 1.2×10⁻⁵."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else number(value)


def steps(count: int) -> str:
    """A number of steps: 1 step, 148 steps, 10,000 steps."""
    return count_words(count, "step")


def listed(words: list[str]) -> str:
    """Words as people list them: a; a and b; a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def capitalized(sentence: str) -> str:
    """The sentence with a capital first letter, unless it starts with a formula or a name.

    "f is not defined" and "x*log(y) is not finite" stay as they are.
    """
    first = sentence.split(" ", 1)[0]
    return sentence[:1].upper() + sentence[1:] if WORD.fullmatch(first) else sentence


def as_sentence(error: str) -> str:
    """An error's text as a sentence: with a capital first letter and one full stop."""
    return f"{capitalized(error).rstrip('.')}."
