"""EGOP eigenbases of a network for every trial: estimated once, kept with the run, summarized."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import xarray as xr

from egop.experiments.experiment import Done
from egop.networks.arrays import as_tensor
from egop.networks.bases import BlockBases, chosen_blocks
from egop.networks.block_basis import DenseBasis
from egop.networks.estimation import estimate_bases
from egop.networks.network import Block, Network
from egop.runs.done import Arrays
from egop.runs.run import INTERMEDIATE
from egop.runs.run_table import trial_variables
from egop.runs.task_context import TaskContext

DIMS: dict[str, tuple[str, ...]] = {
    "eigenvalues": ("block", "k"),
    "density": ("block", "k"),
    "stable_rank": ("block",),
    "gap": ("block",),
    "n_samples": (),
    "n_excluded": (),
}
"""The dims of what is kept of one trial."""


@dataclass(frozen=True)
class BlockEigenbases:
    """The bases of an experiment, estimated for each trial.

    Attributes:
        network: the objective.
        blocks: by the name of a basis what it rotates, as in `estimate_bases`: "global",
            "matrices" or "first"; "first" is cut out of "matrices" where both are there.
        initialize: ρ, with `sample(blocks, indices, seed)`.
        batches: of a trial, in the context of a task; cycled over the samples.
        n_samples: M.
        seed: base seed; each trial has its own samples.
        dtype: of gradients and eigenvectors; sums and decompositions are float64.
        label: begins the keys of its artifacts, where a run has several estimates.
    """

    network: Network
    blocks: Mapping[str, str]
    initialize: Any
    batches: Callable[[TaskContext, int], Sequence[Any]]
    n_samples: int
    seed: int = 0
    dtype: torch.dtype = torch.float32
    label: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the bases."""
        return tuple(self.blocks)

    @property
    def floats(self) -> int:
        """Numbers in the eigenvectors of one trial, all bases."""
        return sum(map(self.squares, self.blocks))

    def squares(self, name: str) -> int:
        """Numbers in the eigenvectors of one trial in one basis."""
        return sum((b.stop - b.start) ** 2 for b in self._chosen(self.blocks[name]))

    def key(self, trial: int) -> str:
        """The key of the summary of a trial's spectra."""
        return f"{self.label}spectrum-{trial}"

    def of_trial(self, context: TaskContext, trial: int) -> dict[str, BlockBases]:
        """The bases of a trial, estimated and summarized unless the run has them."""
        found = {each: self._estimated(context, trial, each) for each in self.sources}
        context.artifact(self.key(trial), partial(_summary, [*found.values()]))
        return {name: self._cut(found[self._source(b)], b) for name, b in self.blocks.items()}

    def of_trials(
        self, context: TaskContext, trials: Sequence[int]
    ) -> dict[str, Sequence[BlockBases]]:
        """The bases of each trial, by name."""
        found = [self.of_trial(context, trial) for trial in trials]
        return {name: [each[name] for each in found] for name in self.names}

    def summarize(self, trial: int, context: TaskContext) -> Arrays:
        """The artifact of a trial's spectra: `summary` and the number of samples."""
        return _summary([self._estimated(context, trial, each) for each in self.sources])

    def summarize_only(self, trial: int, context: TaskContext) -> Arrays:
        """Summarizes like `summarize`, where nobody needs the bases themselves."""
        found = [(each, self._estimate(context, trial, each)) for each in self.sources]
        return _summary([self._bases(blocks, arrays) for blocks, arrays in found])

    def assembled(self, done: Done, trials: Sequence[int]) -> Iterator[xr.Dataset]:
        """The spectra as the top of `network_sweep.py` says; none while no trial is estimated.

        Trials that are missing are NaN, with no samples.
        """
        keys = {trial: self.key(trial) for trial in trials}
        rows = {trial: done[key] for trial, key in keys.items() if key in done}
        if not rows:
            return
        first = next(iter(rows.values()))
        coords = {
            "trial": [*trials],
            "block": first["block"].tolist(),
            "k": np.arange(1, first["eigenvalues"].shape[-1] + 1),
        }
        yield xr.Dataset(trial_variables(rows, DIMS, trials), coords=coords)

    @property
    def sources(self) -> list[str]:
        """The blocks that are estimated by themselves; the other bases are cut out of these."""
        return list(dict.fromkeys(self._source(each) for each in self.blocks.values()))

    def _source(self, blocks: str) -> str:
        return "matrices" if blocks == "first" and "matrices" in self.blocks.values() else blocks

    def _chosen(self, blocks: str) -> tuple[Block, ...]:
        """The blocks that a basis rotates."""
        return chosen_blocks(self.network.blocks, blocks)

    def _cut(self, bases: BlockBases, blocks: str) -> BlockBases:
        wanted = {block.name for block in self._chosen(blocks)}
        some = tuple(basis for basis in bases if basis.block.name in wanted)
        return BlockBases(bases.layout, some, bases.n_samples, bases.n_excluded, bases.memory)

    def _estimated(self, context: TaskContext, trial: int, blocks: str) -> BlockBases:
        key = f"{INTERMEDIATE}{self.label}basis-{blocks}-{trial}"
        arrays = context.artifact(key, partial(self._estimate, context, trial, blocks))
        return self._bases(blocks, arrays)

    def _bases(self, blocks: str, arrays: Arrays) -> BlockBases:
        bases = tuple(
            DenseBasis(
                block,
                as_tensor(arrays[f"{block.name} eigenvalues"]),
                as_tensor(arrays[f"{block.name} eigenvectors"]),
            )
            for block in self._chosen(blocks)
        )
        samples = int(arrays["n_samples"]), int(arrays["n_excluded"])
        return BlockBases(self.network.blocks, bases, *samples)

    def _estimate(self, context: TaskContext, trial: int, blocks: str) -> Arrays:
        found = estimate_bases(
            self.network,
            self.initialize,
            self.batches(context, trial),
            self.n_samples,
            blocks,
            (self.seed, trial),
            dtype=self.dtype,
            device=context.device,
            between=context.raise_if_cancelled,
        )
        arrays = {"n_samples": np.array(found.n_samples), "n_excluded": np.array(found.n_excluded)}
        for basis in found:
            arrays[f"{basis.block.name} eigenvalues"] = basis.eigenvalues.numpy()
            arrays[f"{basis.block.name} eigenvectors"] = basis.leading(basis.dim).cpu().numpy()
        return arrays


def _summary(estimated: Sequence[BlockBases]) -> Arrays:
    """The spectra of some bases, and the number of samples.

    Eigenvalues and density are (blocks, k), NaN beyond a block's size; block, stable_rank and gap
    are (blocks,).
    """
    bases = [basis for each in estimated for basis in each]
    longest = max(basis.dim for basis in bases)
    eigenvalues, density = np.full((2, len(bases), longest), np.nan)
    for row, basis in enumerate(bases):
        eigenvalues[row, : basis.dim] = basis.eigenvalues.numpy()
        density[row, : basis.dim] = basis.density
    return {
        "block": np.array([basis.block.name for basis in bases]),
        "eigenvalues": eigenvalues,
        "density": density,
        "stable_rank": np.array([basis.stable_rank for basis in bases]),
        "gap": np.array([basis.gap() for basis in bases]),
        "n_samples": np.array(estimated[0].n_samples),
        "n_excluded": np.array(estimated[0].n_excluded),
    }
