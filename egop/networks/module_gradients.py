"""Gradients of a module's loss at drawn parameters, one sample after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from egop.networks.criterion import Loss, differentiable, scalar
from egop.networks.module_draws import ModuleDraws
from egop.networks.module_state import reseed
from egop.networks.network import Block
from egop.networks.passes import repeated
from egop.networks.processes import Processes
from egop.networks.rng import check_seed, streams
from egop.networks.scaling import is_vanishing, loss_exponent
from egop.networks.tensor_summary import summary
from egop.networks.threads import Threads


class Sample(NamedTuple):
    """The number, the seed and the batch of one gradient.

    Attributes:
        number: 0, 1, ….
        seed: of its draw of parameters, and of what layers and the loss draw.
        batch: what the loss takes.
    """

    number: int
    seed: int
    batch: Any


class ModuleGradients:
    """The gradients of a loss in the parameters of a module that require them.

    Attributes:
        used: names of the parameters that the loss depended on so far.
        compares: whether batches are summarized, for several processes to compare.
        parameters: that make the flat vector.
        draws: of them.

    Args:
        model: changed while gradients are computed; see `left_as_it_was`.
        loss: `loss(model, batch)`.
        named: the parameters that make the flat vector.
        layout: of the flat vector.
        initialize: as `estimate_block_bases` takes it.
        seed: an integer, or several.
        compares: whether batches are summarized.

    Raises:
        TypeError: initialize is none of what is taken.
        ValueError: the seed is none.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        named: Sequence[tuple[str, nn.Parameter]],
        layout: tuple[Block, ...],
        *,
        initialize: Any,
        seed: Any,
        compares: bool = False,
    ):
        check_seed(seed)
        self.model, self.loss, self.layout, self.seed = model, loss, layout, seed
        self.draws = ModuleDraws(model, named, layout, initialize, seed)
        self.used: set[str] = set()
        self.compares = compares
        self._first_batch, self._checksum = "none", 0
        self._names = [name for name, _ in named]
        self.parameters = [p for _, p in named]
        self._zero: set[str] = set()
        self._loss_dtype = torch.float64
        self._threads = Threads(model)

    def samples(self, batches: Iterable[Any], n_samples: int) -> Iterator[Sample]:
        """The samples, each from the seed and its number alone."""
        following = repeated(batches)
        for i, random in enumerate(streams(self.seed, "module", range(n_samples))):
            own_seed = int(random.integers(2**63))
            reseed(torch.device("cpu"), own_seed)  # a loader draws its order from it
            batch = next(following)
            if self.compares:
                told = summary(pytree.tree_leaves(batch))
                self._first_batch = told if i == 0 else self._first_batch
                self._checksum = crc32(told.encode(), self._checksum)
            yield Sample(i, own_seed, batch)

    @property
    def seen_batches(self) -> str:
        """A text by which two processes see whether they had the same batches."""
        return f"{self._first_batch}, and {self._checksum:08x} of all"

    def write(self, sample: Sample, out: Tensor, before: Callable[[], None]) -> None:
        """Writes a gradient into out (p,) float64; zero for parameters the loss does not use.

        Where entries vanish in the dtype of a parameter, the gradient of a multiple of the loss is
        computed and divided; the narrowest dtype of loss and parameters has room for it.

        Args:
            sample: which one.
            out: the row to fill.
            before: puts the buffers back; called before the model is.
        """
        with self._threads.calling(sample.batch):
            self._write(sample, out, before)

    def _write(self, sample: Sample, out: Tensor, before: Callable[[], None]) -> None:
        exponent, slopes = 0, self._slopes(sample, 0, before)
        largest = self._largest(slopes)
        if self._loses_digits(largest):
            dtypes = {self._loss_dtype, *(p.dtype for p in self.parameters)}
            dtype = min(dtypes, key=lambda each: torch.finfo(each).max)
            above = loss_exponent(max(largest.values()), dtype)
            scaled = self._slopes(sample, above, before)
            found = self._largest(scaled)
            self._zero |= {name for name, entry in found.items() if entry == 0}
            if all(entry < float("inf") for entry in found.values()):
                exponent, slopes = above, scaled
        for slope, block in zip(slopes, self.layout, strict=True):
            part = out[block.start : block.stop]
            part.zero_() if slope is None else part.copy_(slope.flatten())
        out.mul_(2.0**-exponent)

    def _slopes(
        self, sample: Sample, exponent: int, before: Callable[[], None]
    ) -> list[Tensor | None]:
        """The gradients of the loss · 2^exponent; None for parameters it does not use."""
        before()
        self.draws.fill(sample.number, sample.seed)
        value = differentiable(self.loss(self.model, sample.batch))
        self._loss_dtype = value.dtype
        try:
            slopes = torch.autograd.grad(
                value, self.parameters, torch.full_like(value, 2.0**exponent), allow_unused=True
            )
        except RuntimeError as error:
            if "backward through the graph a second time" not in str(error):
                raise
            raise ValueError(
                "loss returns the loss and calls no backward(): gradients are taken from it"
            ) from None
        return [s.to_dense() if s is not None and s.is_sparse else s for s in slopes]

    def loss_at(self, sample: Sample, before: Callable[[], None]) -> Tensor:
        """The loss of a sample's parameters and batch, a scalar."""
        before()
        self.draws.fill(sample.number, sample.seed)
        with self._threads.calling(sample.batch):
            return scalar(self.loss(self.model, sample.batch))

    def _largest(self, slopes: Sequence[Tensor | None]) -> dict[str, float]:
        """The largest magnitude in the gradient of each parameter that is used."""
        used = {n: s for n, s in zip(self._names, slopes, strict=True) if s is not None}
        self.used |= used.keys()
        home, one = self.parameters[0].device, torch.ones(())
        norms = [
            torch.linalg.vector_norm(s, torch.inf) if s.numel() else one for s in used.values()
        ]
        found = [each.to(home, torch.float64) for each in norms]
        return dict(zip(used, torch.stack(found).tolist() if found else [], strict=True))

    def _loses_digits(self, largest: dict[str, float]) -> bool:
        """True if a parameter's gradient vanishes, other than by being zero in any case."""
        return any(
            is_vanishing(entry, p.dtype) and (entry != 0 or name not in self._zero)
            for name, p in zip(self._names, self.parameters, strict=True)
            if p.dtype != torch.float64 and (entry := largest.get(name, 1.0)) is not None
        )


def batch_gradients(
    gradients: ModuleGradients,
    batches: Iterable[Any],
    n_samples: int,
    chunk: int,
    before: Callable[[], None],
    processes: Processes,
    *,
    tell: Callable[[int], object] | None = None,
) -> Iterable[Tensor]:
    """This process's share of the gradients of batches, float64 rows (m, p) by the chunk.

    The memory of a chunk is used again. `tell` is called after each with how many are done.
    """
    like = gradients.parameters[0]
    size = gradients.layout[-1].stop
    gathered = torch.empty(chunk, size, device=like.device, dtype=torch.float64)
    done = filled = 0
    for sample in gradients.samples(batches, n_samples):
        if not processes.is_mine(sample.number):
            continue
        gradients.write(sample, gathered[filled], before)
        done, filled = done + 1, filled + 1
        if tell is not None:
            tell(done)
        if filled == chunk:
            yield gathered
            filled = 0
    if filled:
        yield gathered[:filled]
