"""The gain of each basis on digits: `python -m benchmarks.bases_of_digits --device cuda`.

Fixed rules, written before a number was seen: the digits network 64-32-10 of the experiment
`digits` (its data, split, starts, minibatches and ρ), Adam and Adagrad, 5 trials of 200 epochs, the
rates 1, 2, 4, 8 × 10⁻³, 10⁻² and 10⁻¹. In each basis three numbers are told, the median over the
trials of the final training loss, where a run that diverged counts as ∞:

    shared  at the rate that is best in original coordinates, by the experiment's own rule: the
            median of maximal validation accuracy
    own     at the rate of this basis with the smallest of these medians
    same    at the rate that the rule for "shared" chose in the earlier measurement: accuracies lie
            so close together that five trials choose another one than ten

The bases: "egop", that of the EGOP of each weight matrix, from as many gradients as weights; "few",
from a tenth of them; "kronecker", its two sides, from all of them; "first", "egop" of the first
layer alone; "data", of the uncentered second moment of the inputs, without any gradient; "random".
Beside them stand the numbers of an earlier measurement of ten trials, by a program of its own. A
median at the same rate agrees if the trials of either measurement reach the other's median: it lies
between their least and their largest number, or the earlier quartiles hold it. (That the rates
must be the same was added after a first run on a GPU, in which "shared" was 0.04 and 0.2.)

It runs from the source tree as `gpu_full_paper.py` does; the table is stored in benchmarks/results
where the sizes are these.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from benchmarks import machine
from egop import experiments
from egop.theme import number
from egop.trials import FINISHED, quantiles

RESULT = Path(__file__).parent / "results" / "bases_of_digits.json"
METHODS = ("adam", "adagrad")
BASES = ("matrices", "few", "kronecker", "first", "data", "random")
RATES = tuple(float(f"{digit}e-{power}") for power in (3, 2, 1) for digit in (1, 2, 4, 8))
TRIALS, EPOCHS = 5, 200


KNOWN_RATES = {"adam": 0.02, "adagrad": 0.08}
"""The rates that were shared in the earlier measurement."""


class Known(NamedTuple):
    """Earlier measurements: medians of ten trials.

    Attributes:
        shared: at the rate that is best in original coordinates.
        low: the first quartile of that.
        high: the third.
        own: at the best rate of the basis.
    """

    shared: float
    low: float
    high: float
    own: float


KNOWN: dict[str, dict[str, Known]] = {
    "adam": {
        "original": Known(0.00023, 0.000201, 0.000272, 3.57e-05),
        "egop": Known(8.82e-05, 8.1e-05, 9.72e-05, 5.73e-07),
        "few": Known(8.88e-05, 8.46e-05, 9.18e-05, 1.26e-07),
        "kronecker": Known(8.26e-05, 8e-05, 8.81e-05, 3.88e-07),
        "first": Known(6.78e-05, 6.44e-05, 7.12e-05, 3.15e-06),
        "data": Known(7.6e-05, 7.03e-05, 7.95e-05, 2.54e-07),
        "random": Known(0.00026, 0.000216, 0.000263, 8.48e-05),
    },
    "adagrad": {
        "original": Known(0.014, 0.0122, 0.0161, 0.0128),
        "egop": Known(0.00236, 0.00219, 0.0025, 0.000375),
        "few": Known(0.00295, 0.0025, 0.00299, 0.000867),
        "kronecker": Known(0.00229, 0.00203, 0.00244, 0.000307),
        "first": Known(0.0017, 0.00165, 0.00185, 0.000232),
        "data": Known(0.00197, 0.00189, 0.00214, 0.000236),
        "random": Known(0.0215, 0.0183, 0.0272, 0.0215),
    },
}
"""Earlier numbers by method and basis; an H100 in November 2026, float32."""


class Row(NamedTuple):
    """One method in one basis.

    Attributes:
        method: its name.
        basis: its name in results.
        shared_rate: the rate that is best in original coordinates.
        shared: the trials' final training losses there.
        own_rate: the best rate of this basis.
        own: the losses there.
        same: the losses at the rate that was shared in the earlier measurement.
    """

    method: str
    basis: str
    shared_rate: float
    shared: list[float]
    own_rate: float
    own: list[float]
    same: list[float]

    @property
    def medians(self) -> tuple[float, float]:
        """The medians at the shared rate and at the own one."""
        return median(self.shared), median(self.own)

    @property
    def agrees(self) -> bool:
        """True if the median at the same rate lies within the spread of both measurements."""
        known, found = KNOWN[self.method][self.basis], median(self.same)
        inside = min(self.same) <= known.shared <= max(self.same)
        return inside or known.low <= found <= known.high


def main(words: Sequence[str] | None = None) -> None:
    """Runs, prints, and stores what is full."""
    asked = read_arguments(words)
    config = configured(asked.trials, asked.epochs)
    begin = datetime.now(UTC)
    result = experiments.run("digits", config=config, device=asked.device, out=None)
    seconds = (datetime.now(UTC) - begin).total_seconds()
    rows = measured(result)
    sizes = f"{asked.trials} trials × {asked.epochs} epochs, {result.attrs['device']}"
    text = f"{table(rows)}\n{sizes}, {seconds:.0f} s. {result.attrs['data_note']}\n"
    print(text)
    if (asked.trials, asked.epochs) != (TRIALS, EPOCHS):
        print(f"not stored: in full it has {TRIALS} trials and {EPOCHS} epochs")
        return
    content: dict[str, Any] = {
        "measured": f"{begin:%Y-%m-%d %H:%M} UTC",
        "machine": machine.describe(),
        "device": result.attrs["device"],
        "seconds": seconds,
        "note": result.attrs["data_note"],
        "rows": [row._asdict() | {"agrees": row.agrees} for row in rows],
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    RESULT.with_suffix(".md").write_text(text, encoding="utf-8")


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parses the arguments of the command line."""
    parser = argparse.ArgumentParser("python -m benchmarks.bases_of_digits", description=__doc__)
    parser.add_argument("--device", default="auto", help="auto, cuda or cpu (default: auto)")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    return parser.parse_args(words)


def configured(trials: int, epochs: int) -> Any:
    """The experiment's settings by the rules above."""
    rates = tuple((method, RATES) for method in METHODS)
    config = experiments.configure("digits")
    return replace(config, trials=trials, epochs=epochs, methods=METHODS, bases=BASES, rates=rates)


def measured(result: xr.Dataset) -> list[Row]:
    """A row for each method and basis."""
    dims = ("optimizer", "basis", "learning_rate", "trial")
    ends = result["training_loss"].isel(epoch=-1).transpose(*dims)
    ends = ends.where(result["status"].transpose(*dims) == FINISHED, np.inf)
    rates = result["learning_rate"].to_numpy()
    found = []
    for method in result["optimizer"].values.tolist():
        shared = float(result["chosen_rate"].sel(optimizer=method))
        for basis in result["basis"].values.tolist():
            losses = ends.sel(optimizer=method, basis=basis).to_numpy()
            own = int(np.argmin([median(each) for each in losses]))
            at, same = (int(np.abs(rates - r).argmin()) for r in (shared, KNOWN_RATES[method]))
            numbers = [losses[place].tolist() for place in (at, own, same)]
            found.append(Row(method, basis, shared, numbers[0], float(rates[own]), *numbers[1:]))
    return found


def table(rows: Sequence[Row]) -> str:
    """The rows as markdown, with the earlier numbers."""
    lines = [
        "| method | basis | same rate | loss | before | agrees "
        "| shared rate | loss | own rate | loss | before |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        known, (shared, own) = KNOWN[row.method][row.basis], row.medians
        cells = [row.method, row.basis, number(KNOWN_RATES[row.method]), number(median(row.same))]
        cells += [number(known.shared), "yes" if row.agrees else "no"]
        cells += [number(row.shared_rate), number(shared)]
        cells += [number(row.own_rate), number(own), number(known.own)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def median(losses: Any) -> float:
    """The median of some trials, of which those that diverged are ∞."""
    return float(quantiles(np.asarray(losses, dtype=float), 0, (0.5,))[0])


if __name__ == "__main__":
    main()
