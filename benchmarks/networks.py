"""Training of digits networks: many runs as one program beside a loop over torch.optim.

`python -m benchmarks.networks` prints ratios, arithmetic speed and memory, and stores them.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks import machine
from benchmarks.stopwatch import Row, Timing, measure, measure_in_turn
from egop.networks import Batch, Classifier
from egop.networks.bases import BlockBases
from egop.networks.batches import Minibatches
from egop.networks.block_basis import DenseBasis
from egop.networks.ensemble import Training
from egop.networks.memory import predicted_bytes
from egop.networks.plan import ORIGINAL, RunSpec

RESULT = Path(__file__).parent / "results" / "networks.json"
NETWORK = Classifier((64, 32, 10))
EXAMPLES = 3823
RUNS = 64
EGOP = "egop"
TORCH: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "gradient_descent": torch.optim.SGD,
    "momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr, momentum=0.9),
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
}
LINE = "{:<44} {:>12} {:>12} {:>8} {:>11} {:>9}"


def rows() -> Iterator[Row]:
    """One row for each coordinate system: an epoch of all runs, beside the loop."""
    for basis in (ORIGINAL, EGOP):
        batched, looped = compare(basis)
        question = f"digits: {RUNS} runs × 13 steps, {basis} coordinates"
        yield Row(question, batched, None, "torch.optim in a loop", looped, allowed=0.2)


def compare(basis: str) -> tuple[Timing, Timing]:
    """Timings of an epoch of all runs, batched and looped, after a check that they agree."""
    train, loop = training(plan(basis)), Loop(basis)
    next(iter(train))
    train.train_epoch()
    loop.train_epoch()
    expected, points = loop.points(), train.points[0]
    difference = ((points - expected).norm(dim=1) / expected.norm(dim=1)).max().item()
    if difference > 2e-2:  # Adam divides by the roots of round-off where slopes are all but 0
        raise AssertionError(f"batched and looped runs differ by {difference:.2g} after an epoch")
    batched, looped = measure_in_turn(train.train_epoch, loop.train_epoch, seconds=4, at_most=50)
    return batched, looped


def plan(basis: str, runs: int = RUNS) -> list[RunSpec]:
    """Four methods, each at as many rates."""
    share = runs // len(TORCH)
    return [RunSpec(name, basis, 0.05 * (k + 1) / share) for name in TORCH for k in range(share)]


def examples(count: int, seed: int) -> Batch:
    """Digits in shape alone: arithmetic takes as long on any numbers."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.rand(1, count, 64, generator=generator)
    return Batch(inputs, torch.randint(0, 10, (1, count), generator=generator))


def batches() -> Minibatches:
    """The sizes of the paper's three sets."""
    return Minibatches(examples(EXAMPLES, 0), examples(598, 1), examples(1199, 2), size=300)


def start(trials: int = 1) -> Tensor:
    """(trials, p) small weights."""
    generator = torch.Generator().manual_seed(3)
    return 0.1 * torch.randn(trials, NETWORK.n_parameters, generator=generator)


def bases() -> BlockBases:
    """Orthonormal bases of both weight matrices, as dense as EGOP's."""
    generator = torch.Generator().manual_seed(4)
    made = []
    for block in NETWORK.matrices:
        dim = block.stop - block.start
        vectors = torch.linalg.qr(torch.randn(dim, dim, generator=generator))[0]
        made.append(DenseBasis(block, torch.ones(dim, dtype=torch.float64), vectors))
    return BlockBases(NETWORK.blocks, tuple(made))


def training(runs: list[RunSpec], trials: int = 1) -> Training:
    """All runs as one program."""
    given = {}
    if any(run.basis == EGOP for run in runs):
        first = bases()
        given[EGOP] = [first, *(copy.deepcopy(first) for _ in range(trials - 1))]
    return Training(NETWORK, batches(), runs, start(trials), n_epochs=100, bases=given)


class Loop:
    """The same runs one after the other: a module and an optimizer for each."""

    def __init__(self, basis: str):
        self.rotation = None if basis == ORIGINAL else bases()
        self.epoch = 0
        self.batches = batches()
        self.runs = [self._module_and_optimizer(run) for run in plan(basis)]

    def _module_and_optimizer(self, run: RunSpec):
        module = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        nn.utils.vector_to_parameters(start()[0], module.parameters())
        tuned = list(module.parameters())
        if self.rotation is not None:  # the shadows of the two weight matrices stand in for them
            for place, basis in zip((0, 2), self.rotation, strict=True):
                shadow = tuned[place].detach().flatten() @ basis.leading(basis.dim)
                tuned[place] = nn.Parameter(shadow)
        assert isinstance(run.method, str)
        return module, tuned, TORCH[run.method](tuned, lr=run.learning_rate)

    def train_epoch(self) -> None:
        """Thirteen steps of every run."""
        parts = [Batch(*(t[0] for t in b)) for b in self.batches.epoch(self.epoch, [0])]
        self.epoch += 1
        for module, tuned, optimizer in self.runs:
            for batch in parts:
                module.zero_grad()
                functional.cross_entropy(module(batch.inputs), batch.targets).backward()
                self._step(module, tuned, optimizer)

    @torch.no_grad()
    def _step(self, module: nn.Module, tuned: list, optimizer: torch.optim.Optimizer) -> None:
        if self.rotation is None:
            optimizer.step()
            return
        own = list(module.parameters())
        rotated = list(zip((0, 2), self.rotation, strict=True))
        for place, basis in rotated:
            slope = own[place].grad
            assert slope is not None
            tuned[place].grad = slope.flatten() @ basis.leading(basis.dim)
        optimizer.step()
        for place, basis in rotated:
            torch.mv(basis.leading(basis.dim), tuned[place], out=own[place].data.view(-1))

    def points(self) -> Tensor:
        """(runs, p) where the runs are."""
        return torch.stack([nn.utils.parameters_to_vector(m.parameters()) for m, *_ in self.runs])


def arithmetic(basis: str, seconds: float) -> float:
    """GFLOP/s of the matrix products in an epoch of all runs that took so long."""
    total = NETWORK.flops(EXAMPLES) * RUNS
    if basis != ORIGINAL:
        total += 13 * RUNS * sum(4 * (b.stop - b.start) ** 2 for b in NETWORK.matrices)
    return total / seconds / 1e9


def machine_speed() -> float:
    """GFLOP/s of a long product in float32, which nothing here can exceed."""
    a = torch.randn(2048, 2048)
    out = torch.empty_like(a)
    timing = measure(lambda: torch.mm(a, a, out=out), seconds=3, at_most=50)
    return 2 * 2048**3 / timing.best / 1e9


def memory(trials: int, basis: str) -> dict[str, object]:
    """Bytes predicted and taken at the peak by a training, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.networks", "--memory", str(trials), basis]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(told)


def _tell_memory(trials: int, basis: str) -> None:
    """Prints what `memory` reads: a small training first, so that libraries are loaded."""
    runs = plan(basis, 128)
    for _ in zip(training(runs[:8]), range(2), strict=False):
        pass
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _resident("VmRSS")
    for _ in zip(training(runs, trials), range(3), strict=False):
        pass
    taken = _resident("VmHWM") - before
    predicted = predicted_bytes(NETWORK, runs, trials, bases=[EGOP], examples=300)
    print(json.dumps({"trials": trials, "basis": basis, "predicted": predicted, "taken": taken}))


def _resident(name: str) -> int:
    """Bytes of this process in memory now (VmRSS) or at the peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def main() -> None:
    """Prints the table and stores it."""
    if sys.argv[1:2] == ["--memory"]:
        _tell_memory(int(sys.argv[2]), sys.argv[3])
        return
    speed = machine_speed()
    print(f"{torch.get_num_threads()} threads, a long product runs at {speed:.0f} GFLOP/s")
    print(LINE.format("", "batched", "loop", "ratio", "GFLOP/s", "share"))
    timed, measured = list(zip((ORIGINAL, EGOP), rows(), strict=True)), []
    for basis, row in timed:
        assert row.peer_timing is not None
        reached = arithmetic(basis, row.egop.best)
        ratio = row.peer_timing.best / row.egop.best
        times = (f"{row.egop.best * 1e3:.1f} ms", f"{row.peer_timing.best * 1e3:.1f} ms")
        numbers = (f"{ratio:.1f}×", f"{reached:.0f}", f"{reached / speed:.0%}")
        print(LINE.format(row.question, *times, *numbers))
        measured.append(asdict(row) | {"faster": ratio, "gflops": reached})
    memories = [memory(8, ORIGINAL), memory(4, EGOP)]
    for told in memories:
        print("memory: predicted {predicted:,} bytes, {taken:,} taken ({basis})".format(**told))
    now = datetime.now(UTC)
    content = {
        "measured": f"{now:%Y-%m-%d %H:%M} UTC",
        "machine": machine.describe(),
        "threads": torch.get_num_threads(),
        "sgemm_gflops": speed,
        "rows": measured,
        "memory": memories,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
