"""Numbers of the bases of runs, and what they were worth over the problems that we measured."""

import math
from collections.abc import Sequence
from html import escape

from egop.figures.labeled_result import LabeledResult
from egop.figures.spectrum_series import Spectrum
from egop.lab.views.html import html_table
from egop.networks.gain_words import correlations, gains_known
from egop.sentences import fill
from egop.theme import number

COLUMNS = ("Layer", "d", "Stable rank", "λ₁/λ₂", "β₁", "sr/(dβ₁)")


def bases_table(found: Sequence[Spectrum], runs: Sequence[LabeledResult]) -> str:
    """A table of each layer's medians as HTML, with what sr/(dβ₁) has told of gains.

    Args:
        found: spectra of dense bases, or of what is known of others.
        runs: that they belong to.
    """
    if not found:
        return ""
    several = len({each.run for each in found}) > 1
    rows = [_row(each, runs[each.run].label if several else "") for each in found]
    table = html_table("Bases: medians over estimates", ["Run"] * several + [*COLUMNS], rows)
    said = gains_known(), correlations("ratio"), fill("shares take gradients")
    return table + "".join(f"<p>{escape(sentence)}</p>" for sentence in said)


def _row(each: Spectrum, run: str) -> str:
    ratios, density = each.eigenvalues[0], float(each.density[0, 0])
    gap = 1 / float(ratios[1]) if len(ratios) > 1 and ratios[1] > 0 else math.nan
    numbers = each.stable_rank, gap, density, each.stable_rank / (each.dim * density)
    cells = [f"<td>{escape(run)}</td>"] * bool(run) + [f"<td>{escape(each.name)}</td>"]
    cells += [
        f'<td class="number">{text}</td>'
        for text in (f"{each.dim:,}", *(number(n) if math.isfinite(n) else "–" for n in numbers))
    ]
    return f"<tr>{''.join(cells)}</tr>"
