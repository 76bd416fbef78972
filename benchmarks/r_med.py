"""R_med of Adam and momentum on two-layer linear networks: `python -m benchmarks.r_med`.

Jiang, Malik, Li (arXiv 2211.02254) say that Adam goes where R_med = max|H_ii|/median|H_ii| is small
and momentum where it is large, and prove it for a two-layer linear network; their abstract says so,
their assumptions were not at hand. Fixed before a number was seen:

problems    "Eq. (6)": 10 → 20 → 10, inputs with σ_k = k⁻¹, M* iid N(0, 1), Xavier starts.
            "one output": 20 → 20 → 1, whitened inputs, M* iid N(0, 1), starts N(0, 0.01²).
            Full batch, f = ½‖W2W1A − M*A‖²_F/n, another problem in each trial, float64.
methods     Adam and momentum 0.9, a constant rate, 1000 steps, in original coordinates and in the
            eigenbasis of each weight matrix's EGOP (as many gradients as weights, ρ Xavier).
rates       for each method the one of 1, 2, 4, 8 × 10⁻⁴ … 10⁰ with the least median final loss in
            original coordinates over 5 trials of other problems, used in both coordinates. Below
            10⁻¹⁶ of the start's, losses are alike, and the smallest of the rates is taken. (This
            was added later: at round-off, momentum's rate with one output was 0.01 or 0.02.)
R_med       exact, of each layer, at 61 steps that are evenly spaced in their logarithms; along each
            path in both coordinates. Compared where the loss first comes down to a share of the
            start's, both interpolated in their logarithms.
verdict     "below" if at every share that all trials of both reach Adam's is lower in at least 15
            of 20 trials (p = 0.02 if either were as likely), "above" if higher, else "mixed".
"""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr

from benchmarks import machine
from egop.analysis.loss_matching import at_losses
from egop.networks import (
    BlockBases,
    LinearNetwork,
    MomentMinibatches,
    RunSpec,
    Training,
    estimate_bases,
    gaussian,
    hessian_diagonal,
    xavier_normal,
)
from egop.networks.initialization import Initialization
from egop.networks.rng import stream
from egop.objectives.convex import planted_matrix, power_law
from egop.theme import label, number
from egop.trials import quantiles

RESULTS = Path(__file__).parent / "results"
METHODS, BASES = ("momentum", "adam"), ("original", "egop")
RATES = tuple(float(f"{digit}e-{power}") for power in (4, 3, 2, 1, 0) for digit in (1, 2, 4, 8))
SHARES = (0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-6)
"""Losses at which R_med is compared, as shares of the loss at the start."""
TRIALS, TUNING, STEPS = 20, 5, 1000
FIRST_TUNED = 1000
"""The number of the first trial that rates are tuned on."""
ROUND_OFF = 1e-16
"""Shares of the loss at the start that are not told from smaller ones."""
ENOUGH = 0.75
"""The share of trials that makes a verdict."""


class Problem(NamedTuple):
    """A kind of two-layer linear network.

    Attributes:
        name: of it.
        sizes: units of each layer.
        decay: of the singular values of the inputs; 0: whitened.
        starts: the law of the first weights.
    """

    name: str
    sizes: tuple[int, int, int]
    decay: float
    starts: Initialization

    @property
    def network(self) -> LinearNetwork:
        """The network."""
        return LinearNetwork(self.sizes)

    def batches(self, trials: Sequence[int]) -> MomentMinibatches:
        """The whole training set of each trial as one batch."""
        inputs, _, outputs = self.sizes
        drawn = []
        for trial in trials:
            random = stream((0, trial), f"R_med {self.name}")
            examples = planted_matrix(10 * inputs, power_law(inputs, self.decay), random)
            drawn.append((examples, random.standard_normal((outputs, inputs))))
        examples, solution = (torch.from_numpy(np.stack(each)) for each in zip(*drawn, strict=True))
        n = examples.shape[1]
        return MomentMinibatches(examples * n**0.5, solution=solution, size=n)


PROBLEMS = (
    Problem("Eq. (6)", (10, 20, 10), 1.0, xavier_normal()),
    Problem("one output", (20, 20, 1), 0.0, gaussian(0.01)),
)


class Measured(NamedTuple):
    """Paths of all trials of a problem.

    Attributes:
        rates: of each method.
        steps: (E,) at which was measured.
        losses: (methods, bases, trials, E) training losses.
        r_med: (methods, bases, trials, E, layers, 2) in original and in EGOP coordinates.
    """

    rates: dict[str, float]
    steps: np.ndarray
    losses: np.ndarray
    r_med: np.ndarray


def main(words: Sequence[str] | None = None) -> None:
    """Measures the problems and writes the table, the numbers and the figure."""
    parser = argparse.ArgumentParser("python -m benchmarks.r_med", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(words)
    found = {p.name: measure(p, asked.trials, asked.steps) for p in PROBLEMS}
    write(found, asked.out)
    print(markdown(found))


def measure(problem: Problem, trials: int = TRIALS, steps: int = STEPS) -> Measured:
    """The losses and R_med along the paths of every method, in both bases."""
    rates = tuned(problem, steps)
    numbers = range(trials)
    bases = [basis(problem, trial) for trial in numbers]
    plan = [RunSpec(method, basis, rates[method]) for method in METHODS for basis in BASES]
    training = start_training(problem, plan, numbers, steps, {"egop": bases})
    at = np.unique(np.append(0, np.geomspace(1, steps, 60).round().astype(int)))
    losses, values = [], []
    for measured in training:
        if measured.epoch in at:
            losses.append(measured.training_loss)
            values.append(r_med(problem, training, bases))
    grid = (trials, len(METHODS), len(BASES))
    rows = np.stack(losses, -1).reshape(*grid, len(at))
    found = np.stack(values, 2).reshape(*grid, len(at), -1, 2)
    return Measured(rates, at, np.moveaxis(rows, 0, 2), np.moveaxis(found, 0, 2))


def tuned(problem: Problem, steps: int) -> dict[str, float]:
    """The rate of each method, from trials of their own."""
    trials = range(FIRST_TUNED, FIRST_TUNED + TUNING)
    plan = [RunSpec(method, "original", rate) for method in METHODS for rate in RATES]
    first, *_, last = start_training(problem, plan, trials, steps)
    shares = np.maximum(last.training_loss / first.training_loss, ROUND_OFF)
    ends = np.where(np.isfinite(shares), shares, np.inf)
    medians = quantiles(ends, 0, (0.5,))[0].reshape(len(METHODS), len(RATES))
    return {name: RATES[k] for name, k in zip(METHODS, medians.argmin(axis=1), strict=True)}


def start_training(
    problem: Problem,
    plan: Sequence[RunSpec],
    trials: Sequence[int],
    steps: int,
    bases: dict[str, Sequence[BlockBases]] | None = None,
) -> Training:
    """The training of a plan, one step an epoch."""
    network = problem.network
    return Training(
        network,
        problem.batches(trials),
        plan,
        problem.starts.sample(network.blocks, trials, 0, "start"),
        n_epochs=steps,
        trials=trials,
        bases=bases,
        gradient_norms=False,
        dtype=torch.float64,
    )


def basis(problem: Problem, trial: int) -> BlockBases:
    """The EGOP eigenbases of a trial's weight matrices."""
    network = problem.network
    batch = list(problem.batches([trial]).epoch(0, [trial]))
    return estimate_bases(
        network,
        xavier_normal(),
        batch,
        network.n_parameters,
        seed=(0, trial),
        dtype=torch.float64,
    )


def r_med(problem: Problem, training: Training, bases: Sequence[BlockBases]) -> np.ndarray:
    """(trials, runs, layers, 2) R_med of each layer where the runs are, in both coordinates."""
    network, points = problem.network, training.points
    batch = training.batches.whole["train"]
    found = []
    for given in (None, bases):
        diagonal = hessian_diagonal(network, points, batch, bases=given)
        layers = [diagonal.r_med(slice(b.start, b.stop))[0] for b in network.blocks]
        found.append(np.stack(layers, axis=-1))
    return np.stack(found, axis=-1)


def matched(found: Measured) -> np.ndarray:
    """(methods, bases, trials, layers, 2, shares) R_med at shares of the loss at the start."""
    shares = found.losses / found.losses[..., :1]
    values = np.moveaxis(found.r_med, 3, -1)
    wide = np.broadcast_to(shares[..., None, None, :], values.shape)
    return at_losses(wide, values, np.array(SHARES))


def verdict(adam: np.ndarray, momentum: np.ndarray) -> str:
    """Returns "below", "above" or "mixed", from R_med (trials, shares) at shares that all reach."""
    reached = np.isfinite(adam).all(axis=0) & np.isfinite(momentum).all(axis=0)
    if not reached.any():
        return "not reached"
    lower = (adam < momentum)[:, reached].mean(axis=0)
    higher = (adam > momentum)[:, reached].mean(axis=0)
    if (lower >= ENOUGH).all():
        return "below"
    return "above" if (higher >= ENOUGH).all() else "mixed"


def dataset(found: Measured) -> xr.Dataset:
    """The paths as a result, R_med in the coordinates of each run."""
    rates = sorted(set(found.rates.values()))
    own = np.stack([found.r_med[:, k, ..., k] for k in range(len(BASES))], axis=1)
    dims = ("optimizer", "basis", "learning_rate", "trial")
    shape = (len(METHODS), len(BASES), len(rates), *own.shape[2:])
    losses, values = np.full(shape[:-1], np.nan), np.full(shape, np.nan)
    for m, method in enumerate(METHODS):
        at = rates.index(found.rates[method])
        losses[m, :, at], values[m, :, at] = found.losses[m], own[m]
    coords = {
        "optimizer": [*METHODS],
        "basis": [*BASES],
        "learning_rate": rates,
        "epoch": found.steps,
        "measured_epoch": found.steps,
        "layer": [f"W{k + 1}" for k in range(own.shape[-1])],
    }
    known = {
        "training_loss": ((*dims, "epoch"), losses),
        "r_med": ((*dims, "measured_epoch", "layer"), values),
    }
    return xr.Dataset(known, coords)


def write(found: dict[str, Measured], folder: Path) -> None:
    """Writes r_med.md, r_med.json and a figure of each problem."""
    from egop.figures.files import to_bytes
    from egop.figures.r_med import by_loss

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "r_med.md").write_text(markdown(found), encoding="utf-8")
    numbers = {
        name: {
            "rates": each.rates,
            "shares": SHARES,
            "axes": "method, basis of the run, layer, coordinates, share: median over the trials",
            "r_med": _rounded(quantiles(matched(each), 2, (0.5,))[0]),
        }
        for name, each in found.items()
    }
    content = {"machine": machine.describe(), "problems": numbers}
    (folder / "r_med.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for name, each in found.items():
        (folder / file_name(name)).write_bytes(to_bytes(by_loss(dataset(each)), "svg"))


def file_name(name: str) -> str:
    """The name of the figure of a problem."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return f"r_med-{'-'.join(words)}.svg"


def _rounded(numbers: np.ndarray) -> list:
    """Lists of numbers with four digits, None for NaN."""
    if numbers.ndim:
        return [_rounded(each) for each in numbers]
    return None if np.isnan(numbers) else float(f"{numbers:.4g}")  # type: ignore[return-value]


def markdown(found: dict[str, Measured]) -> str:
    """The table of verdicts and medians."""
    rules = (__doc__ or "").partition("\n\n")[2].strip()
    parts = ["# R_med on two-layer linear networks: Adam and momentum\n", f"```\n{rules}\n```\n"]
    parts.append("Medians over the trials; in brackets how many reach the loss, if not all.\n")
    for name, each in found.items():
        rates = ", ".join(f"{label(m)} {number(rate)}" for m, rate in each.rates.items())
        parts.append(f"## {name}\n\nRates: {rates}. {_summary(each)}\n")
        parts += [f"![R_med by training loss]({file_name(name)})\n", _table(each)]
    return "\n".join(parts) + "\n"


def _summary(found: Measured) -> str:
    """A sentence: where each method's path is in original coordinates."""
    values = matched(found)[..., 0, :]
    said = [
        f"of W{layer + 1} {verdict(values[1, 0, :, layer], values[0, 0, :, layer])}"
        for layer in range(values.shape[3])
    ]
    return f"In original coordinates Adam's R_med, beside momentum's, is {', '.join(said)}."


def _table(found: Measured) -> str:
    values = matched(found)
    head = ["layer", "coordinates", "path", *(f"loss × {number(s)}" for s in SHARES), "Adam's is"]
    lines = [head, ["---"] * len(head)]
    trials = values.shape[2]
    for layer in range(values.shape[3]):
        for c, coordinates in enumerate(BASES):
            told = {
                "momentum": values[0, 0, :, layer, c],
                "Adam": values[1, 0, :, layer, c],
                "Adam, EGOP": values[1, 1, :, layer, c],
            }
            for path, rows in told.items():
                medians = quantiles(rows, 0, (0.5,))[0]
                known = np.isfinite(rows).sum(axis=0)
                cells = [
                    "–" if not k else number(m) + ("" if k == trials else f" ({k})")
                    for m, k in zip(medians, known, strict=True)
                ]
                said = "" if path == "momentum" else verdict(rows, told["momentum"])
                lines.append([f"W{layer + 1}", coordinates, path, *cells, said])
    return "\n".join(f"| {' | '.join(row)} |" for row in lines) + "\n"


if __name__ == "__main__":
    main()
