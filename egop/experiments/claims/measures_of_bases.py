"""Measures of the claims about bases: spectra, densities, what a part of a basis gains.

The stable rank is Eq. (3); a spectrum "decays" when it is small beside the dimension.
"""

from typing import TYPE_CHECKING

import numpy as np

from egop import theme
from egop.experiments.claims.evidence import (
    GAIN,
    Finding,
    NotApplicableError,
    PairedValues,
    UndecidedError,
)
from egop.experiments.claims.measures import measure
from egop.experiments.claims.summaries import median, relative_spectrum, trials

if TYPE_CHECKING:
    import xarray as xr

DECAYS = 0.1
"""A spectrum decays when its stable rank is at most this share of the dimension."""
SMALL = 0.01
"""An eigenvalue below this share of the largest is small."""
MUCH = 100.0
"""A number larger by this factor is much larger."""
SIMILAR = 3.0
"""Spectra within this factor of one another are alike: half a decade."""
LEADING = 100
"""The number of eigenvalues that are compared, those of the inset of figure 2."""
MOST = 0.75
"""A basis gets most of a gain when it gets this share of its decades."""
SEVERAL = 10
"""The number of leading eigenvectors that counts as "several"."""
ROUND_OFF = 1e-9
"""Torch's schedule is a recursion; its rounding after a thousand epochs is far below this."""
MARGINAL = 0.25
"""A gain is marginal when it is at most this share of the decades."""


def decay(result: "xr.Dataset") -> Finding:
    """The stable rank is at most a tenth of the dimension, under every ρ; the effect is sr/d."""
    words, shares = [], []
    for name in result["distribution"].values.tolist():
        spectrum = relative_spectrum(result.sel(distribution=name).isel(block=0))
        rank = median(result["stable_rank"].sel(distribution=name).isel(block=0))
        shares.append(rank / len(spectrum))
        words.append(
            f"{name}: stable rank {theme.number(rank, 3)} of {len(spectrum)}, "
            f"λ_k < λ_1/100 from k = {_first_small(spectrum)}"
        )
    return Finding("; ".join(words), max(shares), max(shares) <= DECAYS)


def first_layer_decays_faster(result: "xr.Dataset") -> Finding:
    """Claim: the first layer's stable rank over its size is below the second's in all data sets.

    The effect is the smallest ratio of both shares.
    """
    words, ratios = [], []
    for name in result["data"].values.tolist():
        shares = []
        for block in ("W1", "W2"):
            one = result.sel(data=name, block=block)
            rank, size = median(one["stable_rank"]), len(relative_spectrum(one))
            shares.append(rank / size)
            words.append(f"{name} {block}: stable rank {theme.number(rank, 3)} of {size}")
        ratios.append(shares[1] / shares[0])
    return Finding("; ".join(words), min(ratios), min(ratios) >= GAIN)


def first_layers_alike(result: "xr.Dataset") -> Finding:
    """λ_k/λ_1 of the first layers of all data sets, k ≤ 100, within a factor 3 of one another."""
    names = result["data"].values.tolist()
    if len(names) < 2:
        raise UndecidedError("the run has only one data set")
    spectra = [relative_spectrum(result.sel(data=name, block="W1"))[:LEADING] for name in names]
    ranks = [
        theme.number(median(result["stable_rank"].sel(data=name, block="W1")), 3) for name in names
    ]
    shortest = min(map(len, spectra))
    logs = np.log(np.maximum([each[:shortest] for each in spectra], 1e-300))
    apart = np.exp(np.ptp(logs, axis=0))
    at = int(apart.argmax())
    words = (
        f"λ_k/λ_1 of {' and '.join(names)} differ by a factor of at most "
        f"{theme.number(apart[at])}, at k = {at + 1} of the first {shortest}; "
        f"stable ranks {' and '.join(ranks)}"
    )
    return Finding(words, float(apart[at]), bool(apart[at] <= SIMILAR))


def dense_leader(result: "xr.Dataset") -> Finding:
    """β_1 is at least a hundred times 1/d under every ρ; the effect is the smallest β_1·d."""
    words, factors = [], []
    for name, density, size, _ in _leaders(result):
        factors.append(density * size)
        words.append(
            f"{name}: β_1 = {theme.number(density)}, {theme.number(factors[-1])} times 1/d"
        )
    return Finding("; ".join(words), min(factors), min(factors) >= MUCH)


def comparable_decay(result: "xr.Dataset") -> Finding:
    """Stable ranks under all ρ are within a factor 3; the effect is the largest ratio."""
    names = result["distribution"].values.tolist()
    if len(names) < 2:
        raise UndecidedError("the run has only one sampling distribution")
    ranks = [float(rank) for *_, rank in _leaders(result)]
    ratio = max(ranks) / min(ranks)
    words = ", ".join(f"{n} {theme.number(r, 3)}" for n, r in zip(names, ranks, strict=True))
    return Finding(f"stable ranks {words}", ratio, ratio <= SIMILAR)


def several_dense(result: "xr.Dataset") -> Finding:
    """β_k of the first ten eigenvectors is at least a hundred times 1/d under every ρ."""
    words, factors = [], []
    for name, _, size, _ in _leaders(result):
        some = result["density"].sel(distribution=name).isel(block=0, k=slice(SEVERAL))
        least = min(median(some.isel(k=k)) for k in range(some.sizes["k"]))
        factors.append(least * size)
        words.append(f"{name}: β_k ≥ {theme.number(least)} for k ≤ {SEVERAL}")
    return Finding("; ".join(words), min(factors), min(factors) >= MUCH)


def theorem_5(result: "xr.Dataset") -> Finding:
    """Theorem 5 assumes what a ReLU network with cross-entropy does not have.

    Raises:
        NotApplicableError: always, with the number that the theorem would be about.
    """
    bounds = {n: 2 * rank / (size * density) for n, density, size, rank in _leaders(result)}
    words = "; ".join(f"{name}: {theme.number(bound)}" for name, bound in bounds.items())
    raise NotApplicableError(
        "Theorem 5 assumes a Lipschitz Hessian and a ρ as wide as the minimizer is far (A1, A2), "
        f"which a ReLU network with cross-entropy does not have; 2·sr/(dβ_1) would be {words}"
    )


@measure
def gets_most(result: "xr.Dataset", method: str, basis: str, reference: str) -> Finding:
    """Rotating by one basis gains about as many decades as by another."""
    words, share = _share_of_decades(result, method, basis, reference)
    return Finding(words, share, MOST <= share <= 1 / MOST)


@measure
def gets_little(result: "xr.Dataset", method: str, basis: str, reference: str) -> Finding:
    """Rotating by one basis gains at most a quarter of the decades that another gains."""
    words, share = _share_of_decades(result, method, basis, reference)
    return Finding(words, share, share <= MARGINAL)


def torch_schedule(result: "xr.Dataset") -> Finding:
    """The rates are those of torch's own CosineAnnealingLR; the effect is the deviation."""
    import torch

    rates = result["learning_rate"].to_numpy()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=float(rates[0]))
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(rates) - 1)
    expected = [theirs.get_last_lr()[0]]
    for _ in rates[1:]:
        optimizer.step()
        theirs.step()
        expected.append(theirs.get_last_lr()[0])
    deviation = float(np.max(abs(rates - expected)))
    words = (
        f"from {theme.number(rates[0])} to {theme.number(rates[-1])} in {len(rates) - 1} epochs, "
        f"off torch's CosineAnnealingLR by at most {theme.number(deviation)}"
    )
    return Finding(words, deviation, deviation < ROUND_OFF)


def _share_of_decades(
    result: "xr.Dataset", method: str, basis: str, reference: str
) -> tuple[str, float]:
    """Decades gained over the original coordinates by one basis as a share of another's."""
    for name, dim in ((method, "optimizer"), (basis, "basis"), (reference, "basis")):
        if name not in result[dim]:
            raise UndecidedError(f"the run has no {theme.label(name)}")
    ends = {
        name: trials(result, "training_loss", optimizer=method, basis=name).last
        for name in ("original", reference, basis)
    }
    pairs = [PairedValues(ends["original"], ends[b]).decidable() for b in (reference, basis)]
    if not pairs[0].gains:
        raise UndecidedError(
            f"{theme.label(method)} gains nothing in the {reference} basis to compare"
        )
    share = float(np.log(pairs[1].ratio) / np.log(pairs[0].ratio))
    values = ", ".join(f"{n} {theme.number(float(t.median))}" for n, t in ends.items())
    return f"{values} ({pairs[0].n} trials): {theme.number(100 * share)} % of the decades", share


def _leaders(result: "xr.Dataset") -> list[tuple[str, float, int, float]]:
    """The name of each ρ, with β_1, d and the stable rank, medians over the estimates."""
    found = []
    for name in result["distribution"].values.tolist():
        one = result.sel(distribution=name).isel(block=0)
        density = median(one["density"].isel(k=0))
        found.append((name, density, len(relative_spectrum(one)), median(one["stable_rank"])))
    return found


def _first_small(spectrum: np.ndarray) -> str:
    below = spectrum < SMALL
    return str(int(below.argmax()) + 1) if below.any() else "none"
