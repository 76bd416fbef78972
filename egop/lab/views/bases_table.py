"""Numbers of the bases of runs, and what they were worth over the problems that we measured."""

import math
from collections.abc import Sequence
from functools import partial
from html import escape

import numpy as np
import xarray as xr

from egop.figures.labeled_result import LabeledResult
from egop.figures.spectrum_series import Spectrum
from egop.lab.views.html import html_table
from egop.networks.gain_words import correlations, gains_alike, gains_known, percent
from egop.networks.measured_gains import PREDICTORS
from egop.sentences import fill
from egop.theme import number
from egop.trials import quantiles

COLUMNS = ("Layer", "d", "Stable rank", "λ₁/λ₂", "β₁", "sr/(dβ₁)", "Off-diagonal share")
WHOLE = "global"
"""The block of all parameters, which holds those of the layers again."""


def bases_table(found: Sequence[Spectrum], runs: Sequence[LabeledResult]) -> str:
    """A table of each layer's medians as HTML, with what such numbers have told of gains.

    Args:
        found: spectra of dense bases, or of what is known of others.
        runs: that they belong to.
    """
    if not found:
        return ""
    several = len({each.run for each in found}) > 1
    rows = [_row(each, runs[each.run].label if several else "") for each in found]
    table = html_table("Bases: medians over estimates", ["Run"] * several + [*COLUMNS], rows)
    known = ((run, run.once("share", partial(total_share, run.dataset))) for run in runs)
    shares = [(run.label, share, whole_words(run.dataset)) for run, share in known]
    said = would_it_help([each for each in shares if math.isfinite(each[1])])
    return table + "".join(f"<p>{escape(sentence)}</p>" for sentence in said)


def total_share(dataset: xr.Dataset) -> float:
    """The off-diagonal share of all layers together, median over the trials; NaN if unknown.

    Shares of blocks are weighted by ‖P_b‖_F² = Σ_k λ_k².
    """
    names = "off_diagonal_share", "eigenvalues"
    if any({"trial", "block"} - {*dataset.get(name, xr.DataArray()).dims} for name in names):
        return math.nan
    shares, values = (dataset[name] for name in names)
    if shares.ndim != 2 or values.ndim != 3:
        return math.nan  # of several distributions
    layers = [block for block in dataset["block"].values if block != WHOLE]
    some = {"block": layers} if layers else {}
    weights = np.square(values.sel(some)).sum("k")
    together = (shares.sel(some) * weights).sum("block", skipna=False) / weights.sum("block")
    return float(quantiles(together.to_numpy(), 0, (0.5,))[0])


def whole_words(dataset: xr.Dataset) -> str:
    """The layers that `total_share` is of, such as "of both layers together"; "" of one."""
    n = len({*dataset["block"].values.tolist()} - {WHOLE}) if "block" in dataset.dims else 1
    return "" if n < 2 else f"of {'both' if n == 2 else f'all {n}'} layers together"


def would_it_help(shares: Sequence[tuple[str, float, str]]) -> list[str]:
    """Sentences: what such numbers were worth over the problems that we measured.

    Args:
        shares: off-diagonal shares in original coordinates, each with the label of its run and what
            it is of.
    """
    if not shares:
        return [gains_known(), correlations("ratio"), fill("shares take gradients")]
    alike = [
        (f"{label}. " if len(shares) > 1 else "") + gains_alike(share, whole)
        for label, share, whole in shares
    ]
    of_share, *others = map(correlations, PREDICTORS)
    return [gains_known(), of_share, *alike, *others, fill("gains do not promise")]


def _row(each: Spectrum, run: str) -> str:
    ratios, density = each.eigenvalues[0], float(each.density[0, 0])
    gap = 1 / float(ratios[1]) if len(ratios) > 1 and ratios[1] > 0 else math.nan
    numbers = each.stable_rank, gap, density, each.stable_rank / (each.dim * density)
    share = each.off_diagonal_share
    cells = [f"<td>{escape(run)}</td>"] * bool(run) + [f"<td>{escape(each.name)}</td>"]
    cells += [
        f'<td class="number">{text}</td>'
        for text in (
            f"{each.dim:,}",
            *(number(n) if math.isfinite(n) else "–" for n in numbers),
            percent(share) if math.isfinite(share) else "–",
        )
    ]
    return f"<tr>{''.join(cells)}</tr>"
