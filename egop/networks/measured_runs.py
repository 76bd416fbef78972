"""The runs of a batched training: the tensors that they are in, and what is measured there."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from egop.iteration import DIVERGED
from egop.networks.batches import Batches
from egop.networks.epochs import EpochMetrics
from egop.networks.network import Network
from egop.networks.plan import Arrangement
from egop.networks.refreshed_bases import RefreshedRotation
from egop.networks.rotation import Rotation
from egop.networks.scaling import row_norms

SHOWN = 64
"""Leading eigenvalues that are told of bases that are estimated anew."""


class MeasuredRuns:
    """The tensors of all runs, arranged by basis and method; numbers come in the plan's order."""

    network: Network
    batches: Batches
    arrangement: Arrangement
    gradient_norms: bool
    epoch: int
    _rotations: list[tuple[slice, slice, Rotation | RefreshedRotation]]
    _losses_and_gradients: Callable[..., Tensor]

    def _allocate(self, start: Tensor) -> None:
        """Makes every tensor; none is replaced later, since a captured graph knows their place."""
        trials, runs = len(start), len(self.arrangement.order)
        numbers = {"dtype": torch.float64, "device": start.device}
        self._points = start[:, None].repeat(1, runs, 1)
        self._gradients = torch.empty_like(self._points)
        self._shadows = torch.empty_like(self._points[:, self.arrangement.n_original :])
        self._rates = torch.tensor(self.arrangement.rates, **numbers).to(start.dtype)
        self._factor = torch.ones((), dtype=start.dtype, device=start.device)
        self._limits = start.new_full((trials, runs), math.inf)
        self._diverged_at = torch.full((trials, runs), -1, device=start.device)
        self._count = torch.zeros((), dtype=torch.int64, device=start.device)
        self._steps = 0

    def _mark(self, losses: Tensor) -> None:
        """Notes the step for runs whose loss is not finite or too large."""
        gone = ~(losses.abs() <= self._limits) & (self._diverged_at < 0)
        self._diverged_at.copy_(torch.where(gone, self._count, self._diverged_at))

    @torch.no_grad()
    def _measure(self) -> EpochMetrics:
        whole, network, points = self.batches.whole, self.network, self._points
        norms = None
        if self.gradient_norms:
            training = self._losses_and_gradients(whole["train"])
            norms = row_norms(self._gradients)
        else:
            training = network.losses(points, whole["train"])
        if self.epoch == 0:
            self._limits.copy_(DIVERGED * (1 + training.abs()))
        self._mark(training)
        validation = whole.get("validation")
        return EpochMetrics(
            self.epoch,
            self._told(training),
            self._told(None if validation is None else network.losses(points, validation)),
            self._told(self._accuracy(validation)),
            self._told(self._accuracy(whole.get("test"))),
            self._told(norms),
            self._in_plan_order(self._diverged_at),
        )

    def _accuracy(self, examples: Any) -> Tensor | None:
        if examples is None or not self.network.predicts_classes:
            return None
        return self.network.accuracy(self._points, examples)

    def in_own_coordinates(
        self, measure: Callable[[Tensor, Rotation | None], Tensor]
    ) -> np.ndarray:
        """(trials, runs, …) what is measured where the runs are, in the order of the plan.

        Args:
            measure: takes points (trials, some runs, p) in original coordinates, and the rotation
                into those in which these runs work, or None; gives (trials, some runs, …).
        """
        original = slice(0, self.arrangement.n_original)
        groups = [(original, None), *((runs, turned) for _, runs, turned in self._rotations)]
        found = [measure(self._points[:, runs], r) for runs, r in groups if runs.stop > runs.start]
        return self._in_plan_order(torch.cat(found, dim=1))

    def _told(self, values: Tensor | None) -> np.ndarray:
        """(trials, runs) in the order of the plan, NaN where there is no number."""
        if values is None:
            return np.full(self._diverged_at.shape, np.nan)
        return self._in_plan_order(values.double().masked_fill(self._diverged_at >= 0, math.nan))

    def _in_plan_order(self, values: Tensor) -> np.ndarray:
        arranged = values.cpu().numpy()
        planned = np.empty_like(arranged)
        planned[:, list(self.arrangement.order)] = arranged
        return planned

    @property
    def points(self) -> Tensor:
        """(trials, runs, p) where the runs are, in original coordinates and the plan's order."""
        return self._points[:, np.argsort(self.arrangement.order)]

    def spectra(self, most: int = SHOWN) -> np.ndarray | None:
        """(trials, runs, blocks, most) leading eigenvalues of bases that are estimated anew.

        In the order of the plan; NaN of other runs and beyond a block's size. None: there are none.
        """
        refreshed = [(x[1], x[2]) for x in self._rotations if isinstance(x[2], RefreshedRotation)]
        if not refreshed:
            return None
        blocks = len(refreshed[0][1].bases)
        values = torch.full((*self._diverged_at.shape, blocks, most), math.nan, dtype=torch.float64)
        for runs, rotation in refreshed:
            for k, basis in enumerate(rotation.bases):
                known = basis.spectrum()[..., :most].cpu()
                values[:, runs, k, : known.shape[-1]] = known
        return self._in_plan_order(values)
