"""Batched training: trials × (methods × bases × learning rates) as leading axes of one program."""

import math
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from egop.methods.blocks import rule_blocks
from egop.networks.batches import Batches
from egop.networks.blocking import for_each
from egop.networks.cuda_graph import CudaGraph
from egop.networks.epochs import EpochMetrics
from egop.networks.layout import check_bases
from egop.networks.measured_runs import MeasuredRuns
from egop.networks.network import Network
from egop.networks.plan import ORIGINAL, RunSpec, arrange
from egop.networks.refreshed_bases import AnyRefreshed, RefreshedRotation
from egop.networks.rotation import Rotation
from egop.networks.update import Updated, new_state
from egop.schedules import SCHEDULES


class Training(MeasuredRuns):
    """A plan trained on every trial at once; iterating gives the metrics of epoch 0, 1, ….

    All runs of a trial begin at the same point and see the same minibatches. A run in a basis has
    the shadow z = Vᵀx that its method updates with g̃ = Vᵀg, and x = Vz (§2 of the paper); a run has
    diverged once its loss is not finite or exceeds 1e12·(1+|f(x_0)|), and is NaN from then on.

    Args:
        network: the objective.
        batches: its data; tensors have one entry for each of `trials`, or one for all.
        plan: runs (method, basis, learning rate).
        start: (trials, p) where each trial begins, in original coordinates.
        trials: numbers of the trials, which the order of minibatches depends on; None: 0, 1, ….
        bases: for each basis named in the plan its block bases, one for each trial, of any
            structure that drops no directions; or `RefreshedBases` or `egop.Refreshed`, by which
            each run's are estimated anew every τ steps.
        n_epochs: how long to train.
        schedule: "constant" or "cosine": the rate's factor ½(1+cos(π epoch/n_epochs)).
        gradient_norms: whether they are measured, which takes a backward pass over the whole set.
        device: where to train.
        dtype: of all numbers.

    Attributes:
        epoch: how many were trained, −1 before the start was measured.
        taken: steps of the next epoch that were taken already.
        after_step: called after each step; what it raises leaves a state to go on from.

    Raises:
        ValueError: a plan, start, bases or schedule that do not fit; the sentence says which.
    """

    def __init__(
        self,
        network: Network,
        batches: Batches,
        plan: Sequence[RunSpec],
        start: Tensor,
        *,
        n_epochs: int,
        trials: Sequence[int] | None = None,
        bases: Mapping[str, Any] | None = None,
        schedule: str = "constant",
        gradient_norms: bool = True,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.network, self.n_epochs = network, n_epochs
        self.trials = tuple(range(len(start)) if trials is None else trials)
        self.arrangement = arrange(plan)
        self.epoch, self.taken = -1, 0
        self.after_step: Callable[[], object] = lambda: None
        bases = bases or {}
        self._check(start, bases, schedule)
        for examples in batches.whole.values():
            network.check(examples)
        self.schedule, self.gradient_norms = schedule, gradient_norms
        self.batches = batches.to(device, dtype)
        self._allocate(start.to(device, dtype))
        self._rotations = [
            (self._shadow_rows(runs), runs, self._rotation(bases[name], runs))
            for name, runs in self.arrangement.bases.items()
        ]
        self._groups = self._make_groups()
        self._began = torch.zeros(len(self._groups), dtype=torch.int64)
        self._refreshed_at = torch.tensor(-1)
        betas = [group.block.method.betas for group in self._groups]
        self._betas = torch.tensor(betas, dtype=torch.float64, device=self._points.device)
        self._powers = torch.ones_like(self._betas)
        self._pieces = [piece for group in self._groups for piece in group.pieces()]
        self._losses_and_gradients = network.prepare(self._points, self._gradients)
        this: Any = weakref.proxy(self)  # no cycle: the last reference gives the memory back
        graph = not any(group.block.is_matrix for group in self._groups)  # which decompose
        self._step = CudaGraph(partial(type(self)._take_step, this), self._points.device, graph)

    def __iter__(self) -> Iterator[EpochMetrics]:
        """Trains on from where it is, and gives what was measured after each epoch."""
        while self.epoch < self.n_epochs:
            if self.epoch >= 0:
                self.train_epoch()
            self.epoch += 1
            self._refresh()  # so that spectra are those of what is measured
            yield self._measure()

    @torch.no_grad()
    def train_epoch(self) -> None:
        """Every step of the epoch that comes next, without measuring anything."""
        self._factor.fill_(SCHEDULES[self.schedule](self.epoch, self.n_epochs))
        for batch in islice(self.batches.epoch(self.epoch, self.trials), self.taken, None):
            self._refresh()
            self._steps += 1
            self._step(batch)
            self.taken += 1
            self.after_step()
        self.taken = 0

    def _take_step(self, batch: Any) -> None:
        """One step of every run; what changes from step to step is in tensors, changed in place."""
        losses = self._losses_and_gradients(batch)
        self._mark(losses)
        alive = self._diverged_at < 0
        rates = torch.where(alive, self._rates * self._factor, math.nan)
        self._powers.mul_(self._betas)
        self._count.add_(1)
        for _, runs, rotation in self._rotations:  # x is made anew below: room for the slopes
            rotation.to_basis(self._gradients[:, runs], out=self._points[:, runs])
        self._update(rates)
        for rows, runs, rotation in self._rotations:
            rotation.from_basis(self._shadows[:, rows], out=self._points[:, runs])

    def _update(self, rates: Tensor) -> None:
        on_cpu = self._points.device.type == "cpu"
        powers = self._powers.tolist() if on_cpu else self._powers.unbind()
        by_group = dict(zip(map(id, self._groups), powers, strict=True))

        steps = [self._steps - began for began in self._began.tolist()]
        step_of = dict(zip(map(id, self._groups), steps, strict=True))

        def work(piece: tuple[Updated, slice, slice]) -> None:
            group, trials, runs = piece
            group.advance(trials, runs, rates, by_group[id(group)], step_of[id(group)])

        for_each(work, self._pieces, self._points.device)

    @torch.no_grad()
    def _refresh(self) -> None:
        """Estimates the bases anew whose period is over; what methods carry follows them."""
        if int(self._refreshed_at) == self._steps:
            return
        self._refreshed_at.fill_(self._steps)
        for rows, runs, rotation in self._rotations:
            if not isinstance(rotation, RefreshedRotation) or self._steps % rotation.every:
                continue
            points = self._points[:, runs]
            rotation.refresh(self._steps // rotation.every, points, self.batches, self.trials)
            rotation.to_basis(points, out=self._shadows[:, rows])
            for k, group in enumerate(self._groups):
                inside = runs.start <= group.runs.start < runs.stop
                if inside and self._steps and rotation.renew(group):
                    group.begin()
                    self._powers[k], self._began[k] = 1.0, self._steps

    def state(self) -> dict[str, Tensor]:
        """Everything that changes while training, on the CPU: what `restore` goes on from."""
        return {name: tensor.detach().cpu().clone() for name, tensor in self._changing().items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from a state of the same training; on the CPU, bit for bit.

        Raises:
            ValueError: the state is that of another training.
        """
        changing = self._changing()
        shapes = {name: tuple(tensor.shape) for name, tensor in changing.items()}
        if {name: tuple(tensor.shape) for name, tensor in state.items()} != shapes:
            raise ValueError(
                "restore takes the state of a training with the same network, plan and trials, "
                "got tensors of other names or shapes"
            )
        for name, tensor in changing.items():
            tensor.copy_(state[name])
        self.epoch, self.taken = int(state["epoch"]), int(state["taken"])
        self._steps = int(state["count"])

    def _changing(self) -> dict[str, Tensor]:
        """Every tensor that carries over from one epoch to the next, by name."""
        changing = {
            "epoch": torch.tensor(self.epoch),
            "taken": torch.tensor(self.taken),
            "points": self._points,
            "shadows": self._shadows,
            "limits": self._limits,
            "diverged_at": self._diverged_at,
            "count": self._count,
            "powers": self._powers,
        }
        for number, group in enumerate(self._groups):
            for name, part in zip(group.block.method.rule.state, group.state, strict=True):
                changing[f"{name} {number}"] = part
        for runs, rotation in ((x[1], x[2]) for x in self._rotations):
            if isinstance(rotation, RefreshedRotation):
                named = {f"{name} of {runs.start}": x for name, x in rotation.changing()}
                own = {"began": self._began, "refreshed at": self._refreshed_at}
                changing |= {**own, **named}
        return changing

    def _shadow_rows(self, runs: slice) -> slice:
        """The rows of the shadow parameters that belong to the runs of a basis."""
        first = self.arrangement.n_original
        return slice(runs.start - first, runs.stop - first)

    def _rotation(self, given: Any, runs: slice) -> Rotation | RefreshedRotation:
        """The rotation of the runs of a basis."""
        if isinstance(given, AnyRefreshed):
            return RefreshedRotation(given, self.network, runs, self._points[:, runs])
        return Rotation(given, self.network.n_parameters, self._points)

    def _make_groups(self) -> list[Updated]:
        """The tensors each group's rule works on; shadows begin at z_0 = Vᵀx_0."""
        for rows, runs, rotation in self._rotations:
            rotation.to_basis(self._points[:, runs], out=self._shadows[:, rows])
        shapes = [block.shape for block in self.network.blocks]
        groups = []
        for group in self.arrangement.groups:
            gradients, points = self._gradients[:, group.runs], self._points[:, group.runs]
            if group.basis != ORIGINAL:
                gradients, points = points, self._shadows[:, self._shadow_rows(group.runs)]
            for block in rule_blocks(group.method, shapes, self.network.n_parameters, "a network"):
                some = gradients[..., block.entries], points[..., block.entries]
                groups.append(Updated(block, *some, new_state(block, some[1]), group.runs))
        return groups

    def _check(self, start: Tensor, bases: Mapping[str, Any], schedule: str) -> None:
        trials, n_parameters = len(self.trials), self.network.n_parameters
        if start.shape != (trials, n_parameters):
            raise ValueError(
                f"training takes starts (trials, p) = ({trials}, {n_parameters}), "
                f"got shape {tuple(start.shape)}"
            )
        if schedule not in SCHEDULES:
            raise ValueError(f"schedule takes one of {', '.join(SCHEDULES)}, got {schedule!r}")
        for name in self.arrangement.bases:
            if name not in bases:
                given = ", ".join(bases) or "none"
                raise ValueError(f"the plan has runs in the basis {name!r}, but given are: {given}")
            if not isinstance(bases[name], AnyRefreshed):
                check_bases(name, bases[name], trials, self.network.blocks)
