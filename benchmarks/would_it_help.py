"""Tells whether what is known of an EGOP before a run tells the gain of rotating.

`python -m benchmarks.would_it_help RESULTS`, where RESULTS is the folder of zip files of
`benchmarks.gpu_full_paper`, with digits, fashion and linear at the paper's size; the other problems
are those of `benchmarks.objectives_table`, at its rates. Known
before a run, of each problem: the off-diagonal share of the EGOP in original coordinates, the
density β_1 of its leading eigenvector, and sr/(dβ_1) of Theorem 5. Measured: by what factor Adagrad
and Adam are sooner in EGOP coordinates, at the rate that is best in original coordinates and at the
best of each basis. Then Spearman's rank correlation over all problems.

What counts as sooner was fixed before these shares and factors were computed; the objectives' table
and the claims, which tell of the same runs, had been seen. The level is the lowest value
that both runs come to, or the tolerance of the objectives' table where they come lower; the factor
is that of the steps to it. A run that diverges never comes there: the factor is then the number of
steps of a run. For networks the curves are medians over trials, in epochs.
Several problems are relatives of each other, so that the intervals are too narrow rather than too
wide. The bounds 10 % and 50 % by which the report counts problems were chosen after a look at them.

It writes `egop/networks/measured_gains.json`, which `egop.networks.report` shows, and
`results/would_it_help.md`.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from scipy.stats import rankdata

from benchmarks import stored_results
from benchmarks.cases import Case, cases
from benchmarks.objectives_table import METHODS, N_STEPS
from benchmarks.objectives_table import RESULTS as TABLES
from egop.analysis.stopping_target import choose_target
from egop.estimation import estimate_eigenbasis
from egop.experiments import digits, fashion, linear
from egop.experiments.classifiers import INITIALIZATIONS, classifier, egop_batches
from egop.experiments.linear_problems import problem_batches
from egop.gradients import sample_gradients
from egop.method_run import run
from egop.networks.data import load
from egop.networks.diagnostics import Energies, energies, off_diagonal_share
from egop.networks.initialization import xavier_normal
from egop.networks.linear import LinearNetwork
from egop.networks.measured_gains import FILE, PREDICTORS
from egop.networks.network import Block, Network
from egop.theme import number
from egop.trials import quantiles, with_diverged

M = 2000
"""Fresh gradients for each share, at least."""
SEED = 1
"""The seed of these; that of the bases is 0."""
RESAMPLES = 10_000
"""Draws of as many problems, for the interval of a correlation."""
RATES = ("shared", "own")
NETWORKS = {"digits": digits.Config(), "fashion": fashion.Config(), "linear": linear.Config()}
LEARNERS = ("adagrad", "adam")
HEAD = (
    "| problem | d | off-diagonal share | β₁ | sr/(dβ₁) | Adagrad | own rates | Adam | own rates |"
)
Row = dict[str, Any]


def main(words: Sequence[str] | None = None) -> None:
    """Measures all problems, and writes both files."""
    parser = argparse.ArgumentParser("python -m benchmarks.would_it_help")
    parser.add_argument("results", type=Path)
    asked = parser.parse_args(words)
    results = stored_results.read(asked.results)
    table = json.loads((TABLES / "objectives_table.json").read_text())["rows"]
    rates = {row["name"]: row for row in table}
    rows = []
    for row in problems(results, rates):
        rows.append(row)
        print(line(row), flush=True)
    content = {"rows": rows, "correlations": correlations(rows)}
    FILE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    (TABLES / "would_it_help.md").write_text(document(content))


def problems(results: dict[str, xr.Dataset], rates: dict[str, Row]) -> Iterator[Row]:
    """The rows of networks, and of all objectives of the table."""
    for name, config in NETWORKS.items():
        yield of_network(name, config, results[name])
    for case in cases():
        if case.name in rates:
            yield of_case(case, rates[case.name])


def of_case(case: Case, known: Row) -> Row:
    """The row of one objective, at the rates of the objectives' table."""
    count = max(M, 10 * case.objective.dim)
    basis = estimate_eigenbasis(case.objective, case.distribution, count)
    sample = sample_gradients(case.objective, case.distribution, count, seed=SEED)
    share = off_diagonal_share(torch.from_numpy(sample.gradients))

    def values(method: Any, rate: float, rotated: bool) -> np.ndarray:
        chosen = method.with_learning_rate(rate)
        path = run(case.objective, chosen, case.start, N_STEPS, basis=basis if rotated else None)
        gone = np.array([int(path.diverged_at) >= 0])
        return with_diverged(np.asarray(path.values)[None], gone, "loss")[0]

    least = -np.inf
    if case.objective.minimum is not None:
        start = float(case.objective.value(case.start))
        least = choose_target(start, case.objective.minimum, tolerance=case.tolerance).value
    gains: dict[str, dict[str, float]] = {}
    for method in METHODS:
        original = known["rates_per_basis"][method.name]["original"]
        own = known["rates_per_basis"][method.name]["EGOP"]
        before = values(method, original, rotated=False)
        gains[method.name] = {
            kind: factor(before, values(method, rate, rotated=True), least)
            for kind, rate in zip(RATES, (original, own), strict=True)
        }
    density = float(basis.density[0])
    ratio = basis.stable_rank / (case.objective.dim * density)
    return row_of(case.name, case.objective.dim, share.value, density, ratio, gains)


def of_network(name: str, config: Any, result: xr.Dataset) -> Row:
    """The row of a network of the paper, from its stored result and fresh gradients."""
    network, blocks, draw, batches = {"linear": linear_network}.get(name, image_network)(config)
    found = [np.asarray(each) for each in gradients_of(network, draw, batches)]
    gradients = torch.from_numpy(np.concatenate(found))
    scale = float(gradients.abs().max())
    each = [energies(gradients[:, block.start : block.stop], None, scale) for block in blocks]
    together = Energies(*(torch.stack(parts).sum(0) for parts in zip(*each, strict=True)))
    sizes = np.array([block.stop - block.start for block in blocks])
    medians = result[["density", "stable_rank"]].median("trial")
    densities = medians["density"].isel(k=0).values
    density = float((sizes * densities).sum() / sizes.sum())
    ratio = float(medians["stable_rank"].sum() / (sizes * densities).sum())
    gains: dict[str, dict[str, float]] = {}
    for method in LEARNERS:
        rates = result["best_rate"].sel(optimizer=method)
        original, own = (float(rates.sel(basis=basis)) for basis in ("original", "egop"))
        before = curve(result, method, "original", original)
        gains[method] = {
            kind: factor(before, curve(result, method, "egop", rate), -np.inf)
            for kind, rate in zip(RATES, (original, own), strict=True)
        }
    share = together.share().value
    return row_of(name, network.n_parameters, share, density, ratio, gains)


def image_network(config: Any) -> tuple[Network, Sequence[Block], Callable, list]:
    """The network of a classifier's experiment, its rotated blocks, ρ and its minibatches."""
    data = load(config.data)
    network = classifier(data, config.hidden)
    blocks = [block for block in network.blocks if block.is_matrix]
    law = INITIALIZATIONS[config.initialization]()
    return network, blocks, law.sample, egop_batches(data, config.batch_size, SEED, 0)


def linear_network(config: Any) -> tuple[Network, Sequence[Block], Callable, list]:
    """The same of the linear network, all of whose parameters are rotated together."""
    network = LinearNetwork(config.sizes)
    whole = Block("global", (network.n_parameters,), 0, network.n_parameters)
    batches = list(problem_batches(config, [0]).epoch(0, [0]))
    return network, [whole], xavier_normal().sample, batches


def gradients_of(network: Network, draw: Callable, batches: list) -> Iterator[np.ndarray]:
    """Fresh gradients, float64 rows, batch after batch."""
    points = draw(network.blocks, range(M), (SEED, 0)).double()
    for k, batch in enumerate(batches):
        some = points[k :: len(batches)][None]
        yield network.gradients(some, batch.to(dtype=torch.float64))[1][0].numpy()


def curve(result: xr.Dataset, method: str, basis: str, rate: float) -> np.ndarray:
    """Median training losses by epoch; diverged trials are infinite."""
    runs = result.sel(optimizer=method, basis=basis).sel(learning_rate=rate, method="nearest")
    losses = runs["training_loss"].transpose("trial", "epoch").values
    ended = with_diverged(losses, (runs["status"] == "diverged").values, "training_loss")
    return quantiles(ended, axis=0)[0]


def factor(original: np.ndarray, rotated: np.ndarray, least: float) -> float:
    """Steps in original coordinates over those in EGOP coordinates, to the level both come to."""
    longest = float(len(original) - 1)
    fine = [bool(np.isfinite(values[-1])) for values in (original, rotated)]
    if not all(fine):
        return 1.0 if fine[0] == fine[1] else longest if fine[1] else 1 / longest
    level = max(original.min(), rotated.min(), least)
    before, after = (max(1, int((values <= level).argmax())) for values in (original, rotated))
    return before / after


def row_of(name: str, dim: int, share: float, density: float, ratio: float, gains: dict) -> Row:
    """One problem, as it is stored."""
    numbers = dict(zip(PREDICTORS, (share, density, ratio), strict=True))
    rounded = {key: float(f"{value:.4g}") for key, value in numbers.items()}
    return {"name": name, "dim": dim, "network": name in NETWORKS, **rounded, "gains": gains}


def correlations(rows: Sequence[Row]) -> list[Row]:
    """Spearman's ρ of each number with each gain over all problems, with 95 % intervals."""
    found = []
    for predictor in PREDICTORS:
        for method in LEARNERS:
            for kind in RATES:
                known = np.array([row[predictor] for row in rows])
                gained = np.array([row["gains"][method][kind] for row in rows])
                drawn = np.random.default_rng(0).integers(len(rows), size=(RESAMPLES, len(rows)))
                low, high = np.quantile(spearman(known[drawn], gained[drawn]), [0.025, 0.975])
                value = spearman(known[None], gained[None])[0]
                numbers = {"value": value, "low": low, "high": high}
                rounded = {key: round(float(each), 3) for key, each in numbers.items()}
                found.append({"number": predictor, "method": method, "rates": kind, **rounded})
    return found


def spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's ρ of the rows of two arrays (B, n)."""
    ranks = [rankdata(each, axis=1) - (each.shape[1] + 1) / 2 for each in (first, second)]
    lengths = np.sqrt([(each**2).sum(axis=1) for each in ranks])
    return (ranks[0] * ranks[1]).sum(axis=1) / lengths.prod(axis=0)


def line(row: Row) -> str:
    """A problem's row of the Markdown table."""
    known = [number(row[predictor]) for predictor in PREDICTORS]
    gains = [number(row["gains"][method][kind]) for method in LEARNERS for kind in RATES]
    return f"| {' | '.join([row['name'], str(row['dim']), *known, *gains])} |"


def document(content: dict[str, list[Row]]) -> str:
    """Both tables as Markdown."""
    rows, found = content["rows"], content["correlations"]
    purpose = (__doc__ or "").partition("\n\n")[2].rpartition("\n\nIt writes")[0]
    return "\n".join(
        [
            "# Would rotating help?", "", purpose, "",
            f"Spearman's rank correlation over {len(rows)} problems, with 95 % intervals from "
            "resampled problems:",
            "", "| known before | method | rates | correlation |", "|---|---|---|---|",
            *(
                f"| {each['number']} | {each['method']} | {each['rates']} | "
                f"{each['value']:.2f} ({each['low']:.2f} to {each['high']:.2f}) |"
                for each in found
            ),
            "", "Factors by which EGOP coordinates are sooner (above 1) or later:", "",
            HEAD, "|---|---|---|---|---|---|---|---|---|",
            *map(line, sorted(rows, key=lambda row: -row[PREDICTORS[0]])), "",
        ]
    )  # fmt: skip


if __name__ == "__main__":
    main()
