"""EGOP bases that are estimated anew while networks are trained, around each run's weights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from egop.arrays import shown
from egop.distributions.distribution import by_name_only
from egop.methods.method import check_count
from egop.methods.turned_states import turned_state
from egop.networks.batches import Batches
from egop.networks.block_basis import matrix_shape
from egop.networks.footprint import free_memory
from egop.networks.initialization import Initialization
from egop.networks.network import Network
from egop.networks.rng import stream
from egop.networks.run_bases import EntriesTurn, RunBases
from egop.networks.update import Updated
from egop.refreshed import MOMENTS, Refreshed
from egop.theme import size_words

STRUCTURES = ("dense", "kronecker")
ORDERS = 2**31 + 1
"""The first epoch whose order of minibatches the estimates take: no training does."""
CHUNK_FLOATS = 4_000_000
"""Numbers in the gradients that are computed at once."""


@by_name_only
@dataclass(frozen=True, eq=False, kw_only=True)
class RefreshedBases:
    """The EGOP bases of the weight matrices around a run's weights, anew every τ steps.

    At the steps t = 0, τ, 2τ, … noise is added to the weights x_t of each run, one gradient of
    a minibatch is taken at each of these points, and the run goes on in the eigenbases of their
    EGOP. All runs get the same noise, and those of a trial the same minibatches.

    Directions that no gradient is in, as where there are fewer gradients than entries, get
    eigenvalue 0 and random eigenvectors, the same for all runs of a refresh.

    A run takes the same path up to round-off, whatever it is batched with, unless its method makes
    whole steps in coordinates whose gradient is 0 up to round-off, such as the sum of a
    classifier's outputs: in 9 steps in bases of 200 gradients, sign_momentum moved weights by 0.40
    and came out up to 0.10 apart, lion by 0.22 and 0.045, adafactor by 0.058 and 0.010; adam,
    rmsprop and adagrad 1e-7 or less.

    Attributes:
        every: τ ≥ 1.
        noise: of every parameter, such as `egop.networks.gaussian(0.01)`.
        n_samples: M gradients of each estimate.
        structure: "dense", or "kronecker" from the second moments of rows and columns.
        moments: "rotate", "reset" or "keep", as in `egop.Refreshed`. Between bases of the structure
            "kronecker" Gram matrices of rows and columns, their roots and eigenvectors turn, too,
            exactly. A method that steps each weight matrix by itself begins anew in these alone;
            others do in all parameters.
        seed: of the noise, and of the eigenvectors where there are fewer gradients than entries.

    Raises:
        ValueError: a count below 1, another word, or a seed that is no integer of at least 0.
        TypeError: noise that is no initialization.
    """

    every: int
    noise: Initialization
    n_samples: int = 100
    structure: str = "dense"
    moments: str = "rotate"
    seed: int = 0

    def __post_init__(self):
        for name in ("every", "n_samples"):
            check_count("RefreshedBases", name, getattr(self, name))
        check_count("RefreshedBases", "seed", self.seed, least=0)
        if not isinstance(self.noise, Initialization):
            raise TypeError(
                "RefreshedBases takes noise as an initialization, such as "
                f"egop.networks.gaussian(0.01), got {shown(self.noise)}"
            )
        for name, known in (("structure", STRUCTURES), ("moments", MOMENTS)):
            if getattr(self, name) not in known:
                words = " or ".join(map(repr, known))
                raise ValueError(
                    f"RefreshedBases takes {name} {words}, got {getattr(self, name)!r}"
                )

    def deviations(self, network: Network, refresh: int) -> Tensor:
        """(M, p) the noise of refresh 0, 1, 2 and so on."""
        first = refresh * self.n_samples
        some = range(first, first + self.n_samples)
        return self.noise.sample(network.blocks, some, self.seed, "refreshed bases")


AnyRefreshed = RefreshedBases | Refreshed


class RefreshedRotation:
    """The bases of every trial and run, in the place of a `Rotation`.

    Args:
        given: when and how they are estimated.
        network: whose weights.
        runs: which of all runs.
        points: (trials, runs, p) of these; the dtype and device of the bases.

    Attributes:
        every: τ.
        runs: which.
        bases: one for each block.
    """

    def __init__(self, given: AnyRefreshed, network: Network, runs: slice, points: Tensor):
        self._given, self._network = given, network
        self.every, self.moments, self.runs = int(given.every), given.moments, runs
        dense = getattr(given, "structure", "dense") == "dense"
        _check(given, network, dense, points)
        self.bases = [RunBases(block, dense, points) for block in network.matrices]

    def to_basis(self, x: Tensor, out: Tensor) -> None:
        """Writes Vᵀx of points (trials, runs, p)."""
        out.copy_(x)
        for basis in self.bases:
            out[..., basis.columns] = basis.turned(x[..., basis.columns], basis.left, basis.right)

    def from_basis(self, z: Tensor, out: Tensor) -> None:
        """Writes Vz of points (trials, runs, p)."""
        out.copy_(z)
        for basis in self.bases:
            sides = (None if side is None else side.mT for side in (basis.left, basis.right))
            out[..., basis.columns] = basis.turned(z[..., basis.columns], *sides)

    def refresh(self, number: int, points: Tensor, batches: Batches, trials: Sequence[int]) -> None:
        """Estimates the bases anew around points (trials, runs, p)."""
        given = self._given
        if isinstance(given, RefreshedBases):
            deviations = given.deviations(self._network, number)
        else:
            deviations = torch.from_numpy(given.deviations(number))
        deviations = deviations.to(points)
        for basis in self.bases:
            basis.begin()
        count = min(batches.n_steps, len(deviations))
        for place, batch in enumerate(islice(batches.epoch(ORDERS + number, trials), count)):
            self._add(points, deviations[place::count], batch)
        for basis in self.bases:
            basis.decompose(partial(self._completion, number, basis.block.name))

    def _completion(self, number: int, block: str, side: str, n: int) -> Tensor:
        """Random (n, n) of a refresh, a block and a side."""
        drawn = stream(int(self._given.seed), f"completion of {block} {side}", number)
        return torch.from_numpy(drawn.standard_normal((n, n)))

    def _add(self, points: Tensor, deviations: Tensor, batch: Any) -> None:
        """Adds the gradients of a minibatch at points with deviations to the sums."""
        trials, runs, p = points.shape
        for some in deviations.split(max(1, CHUNK_FLOATS // (trials * runs * p))):
            at = (points[:, :, None] + some).flatten(1, 2)
            gradients = self._network.gradients(at, batch)[1].unflatten(1, (runs, len(some)))
            finite = gradients.isfinite().all(-1, keepdim=True)
            for basis in self.bases:
                part = torch.where(finite, gradients[..., basis.columns], 0.0)
                basis.add(part, finite[..., 0].sum(-1))

    def renew(self, group: Updated) -> bool:
        """Carries the state of a group's method over to the new bases; True if it begins anew."""
        start, stop = group.block.entries.start, group.block.entries.stop
        inside = [b for b in self.bases if start <= b.columns.start and b.columns.stop <= stop]
        if self.moments == "keep" or not inside:
            return False
        if self.moments == "reset":
            return True
        runs = slice(group.runs.start - self.runs.start, group.runs.stop - self.runs.start)
        turned = turned_state(group.block, group.state, EntriesTurn(inside, start, runs))
        if turned is None:
            return True
        for part, new in zip(group.state, turned, strict=True):
            part.copy_(new)
        return False

    def changing(self) -> Iterator[tuple[str, Tensor]]:
        """The tensors that change from refresh to refresh, by name."""
        for basis in self.bases:
            for name in ("left", "right", "left_values", "right_values"):
                if (tensor := getattr(basis, name)) is not None:
                    yield f"{basis.block.name} {name}", tensor


def _check(given: AnyRefreshed, network: Network, dense: bool, points: Tensor) -> None:
    """ValueError unless ρ is one of the network's parameters, MemoryError if bases do not fit."""
    if isinstance(given, Refreshed) and given.distribution.dim != network.n_parameters:
        raise ValueError(
            f"Refreshed takes a distribution of the network's {network.n_parameters} parameters, "
            f"got one in {given.distribution.dim} variables; RefreshedBases takes noise"
        )
    if isinstance(given, Refreshed) and given.leading is not None:
        raise ValueError(
            f"networks move in all coordinates of bases that are estimated anew, got leading="
            f"{given.leading!r}; take leading=None"
        )
    if not network.matrices:
        raise ValueError("RefreshedBases takes a network with weight matrices, got none")
    sides = [(b.stop - b.start,) if dense else matrix_shape(b) for b in network.matrices]
    numbers = points.shape[0] * points.shape[1] * sum(n * n for some in sides for n in some)
    needed = numbers * 4 * (points.dtype.itemsize + 8)
    allowed = free_memory(points.device)
    if allowed is not None and needed > allowed:
        raise MemoryError(
            f"bases of each of {points.shape[0] * points.shape[1]} runs need {size_words(needed)}, "
            f"{size_words(allowed)} are free; take structure='kronecker', or fewer runs"
        )
