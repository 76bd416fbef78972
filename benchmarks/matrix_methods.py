"""Matrix methods on many digits networks at once, beside pytorch-optimizer's classes run by run.

`python -m benchmarks.matrix_methods` prints ratios of times measured in turn, and stores them.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_optimizer
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks import machine
from benchmarks.arguments import take_none
from benchmarks.networks import batches, start, training
from benchmarks.stopwatch import seconds
from egop.methods.matrices import eigh, polar, qr
from egop.networks import Batch
from egop.networks.plan import ORIGINAL, RunSpec

RESULT = Path(__file__).parent / "results" / "matrix_methods.md"
RUNS = 32
STEPS = 13
RATE = 1e-3
PROMISED = {"muon": 8.0, "shampoo": 1.0, "soap": 1.0}
"""The factors by which each is at least as fast as its peer run by run."""


def groups(parameters: list[Tensor]) -> list[dict[str, Any]]:
    """The groups that pytorch_optimizer.Muon takes: matrices, and what it steps by AdamW."""
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim == 1]
    return [
        {"params": matrices, "use_muon": True, "lr": RATE},
        {"params": vectors, "use_muon": False, "lr": RATE},
    ]


PEERS: dict[str, Callable[[list[Tensor]], torch.optim.Optimizer]] = {
    "muon": lambda p: pytorch_optimizer.Muon(groups(p)),
    "shampoo": lambda p: pytorch_optimizer.Shampoo(p, RATE),
    "soap": lambda p: pytorch_optimizer.SOAP(p, RATE, weight_decay=0.0),
}


class Alone:
    """One of the runs: a module and an optimizer."""

    def __init__(self, name: str):
        self._module = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        nn.utils.vector_to_parameters(start()[0], self._module.parameters())
        self.optimizer = PEERS[name](list(self._module.parameters()))
        self._batches = [Batch(*(t[0] for t in b)) for b in batches().epoch(0, [0])]

    def train_epoch(self) -> None:
        """Thirteen steps."""
        for batch in self._batches:
            self._module.zero_grad()
            functional.cross_entropy(self._module(batch.inputs), batch.targets).backward()
            self.optimizer.step()


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        question: what was measured.
        peer: who else did the same work.
        ours, theirs: the fastest of all calls, seconds on the clock and of the processor.
        promised: how many times as fast ours is at least; None where nothing is promised.
    """

    question: str
    peer: str
    ours: tuple[float, float]
    theirs: tuple[float, float]
    promised: float | None = None


def rows(budget: float = 6.0) -> Iterator[Row]:
    """One row for each method: an epoch of all runs, beside as many times that of one."""
    for name, promised in PROMISED.items():
        train, alone = training([RunSpec(name, ORIGINAL, RATE)] * RUNS), Alone(name)
        next(iter(train))
        threads = torch.get_num_threads()
        ours, one = in_turn(train.train_epoch, alone.train_epoch, budget, threads)
        peer = f"pytorch_optimizer.{type(alone.optimizer).__name__}"
        theirs = RUNS * one[0], RUNS * one[1]
        yield Row(f"{name}: {RUNS} runs × {STEPS} steps", peer, ours, theirs, promised)


def decompositions(budget: float = 1.0) -> Iterator[Row]:
    """One row for each decomposition and size: of all runs at once, beside one after the other."""
    generator = torch.Generator().manual_seed(0)
    for size in (10, 32, 64):
        square = torch.randn(RUNS, size, size, generator=generator)
        for name, ours, alone, matrices in (
            ("eigh", eigh, torch.linalg.eigh, square @ square.mT),
            ("qr", qr, torch.linalg.qr, square),
            ("polar factor", polar, _polar, square),
        ):
            loop = partial(_one_by_one, alone, matrices)
            times = in_turn(partial(ours, matrices), loop, budget, threads=1)
            yield Row(f"{name} of {RUNS} matrices of {size}²", "one after the other", *times)


def in_turn(
    ours: Callable[[], object], theirs: Callable[[], object], budget: float, threads: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The fastest calls of both, in turn for so many seconds, by the clock and by the processor.

    Ours has so many threads, theirs one: with its small tensors two are no faster, and on a busy
    machine they wait for one another.
    """
    before, taken = torch.get_num_threads(), ([], [])
    begin = time.perf_counter()
    while len(taken[0]) < 3 or time.perf_counter() - begin < budget:
        for call, count, times in ((ours, threads, taken[0]), (theirs, 1, taken[1])):
            torch.set_num_threads(count)
            clocks = time.perf_counter(), time.process_time()
            call()
            times.append((time.perf_counter() - clocks[0], time.process_time() - clocks[1]))
    torch.set_num_threads(before)
    mine, other = (tuple(map(min, zip(*times, strict=True))) for times in taken)
    return mine, other


def _one_by_one(decompose: Callable[[Tensor], object], matrices: Tensor) -> list[object]:
    return [decompose(each) for each in matrices]


def _polar(matrix: Tensor) -> Tensor:
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    return left @ right


def document(measured: list[Row]) -> str:
    """The table of all rows in Markdown."""
    lines = [
        "# Matrix methods on many runs at once",
        "",
        "Training of the digits network 64-32-10, minibatches of 300, float32: whole steps of",
        f"all runs, ours as one program on {torch.get_num_threads()} threads, beside {RUNS} times",
        "those of one run by the peer. Below, on one thread, decompositions of all matrices, which",
        "LAPACK makes one by one. Times are the fastest of calls in turn, by the clock and of the",
        "processor, of which other work on the machine takes less, and which leave out what the",
        "use of two cores gains.",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {machine.describe()['processor']},",
        f"{os.cpu_count()} cores, of which {os.getloadavg()[0]:.0f} processes wanted one.",
        "",
        "| | egop | peer | its time | times as fast | by the processor | promised |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in measured:
        clock, processor = (b / a for a, b in zip(row.ours, row.theirs, strict=True))
        cells = (
            row.question, seconds(row.ours[0]), row.peer, seconds(row.theirs[0]),
            f"{clock:.2g}", f"{processor:.2g}", f"{row.promised:g}" if row.promised else "",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures, prints the table and stores it."""
    text = document([*rows(), *decompositions()])
    print(text)
    RESULT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    take_none(__doc__)
    main()
