"""EGOP eigenbases of a network for every trial: estimated once, kept with the run, summarized."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr

from egop.bounds import shown
from egop.experiments.sweep.spectra_table import spectra_table
from egop.networks.arrays import as_tensor
from egop.networks.bases import BlockBases, BlockBasis, chosen_blocks
from egop.networks.estimation import estimate_bases
from egop.networks.network import Block, Network
from egop.runs.run import BULKY, Arrays, Run

KINDS = {"global": "global", "matrices": "block", "first": "first"}
"""What a basis can rotate, as in `estimate_bases`, and what it is then called in results."""


@dataclass(frozen=True)
class Estimates:
    """How the bases of an experiment are estimated.

    Attributes:
        network: the objective.
        blocks: by the name of a basis what it rotates, as in `estimate_bases`: "global",
            "matrices" or "first"; "first" is cut out of "matrices" where both are there.
        initialize: ρ, with `sample(blocks, indices, seed)`.
        batches: of a trial, cycled over the samples.
        n_samples: M.
        seed: base seed; each trial has its own samples.
        dtype: of gradients and eigenvectors; sums and decompositions are float64.
        label: begins the names of its pieces, where a run has several estimates.
    """

    network: Network
    blocks: Mapping[str, str]
    initialize: Any
    batches: Callable[[int], Sequence[Any]]
    n_samples: int
    seed: int = 0
    dtype: torch.dtype = torch.float32
    label: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the bases."""
        return tuple(self.blocks)

    @property
    def floats(self) -> int:
        """Numbers in the eigenvectors of one trial, all bases."""
        chosen = [block for each in self.blocks.values() for block in self.chosen(each)]
        return sum((block.stop - block.start) ** 2 for block in chosen)

    def of_trial(self, run: Run, trial: int) -> dict[str, BlockBases]:
        """The bases of a trial, estimated unless the run has them."""
        found = {each: self._estimated(run, trial, each) for each in self.sources}
        self.summary(run, trial)
        return {name: self._cut(found[self._source(b)], b) for name, b in self.blocks.items()}

    def summary(self, run: Run, trial: int) -> Arrays:
        """What is kept of a trial's spectra: `summary` and the number of samples."""

        def compute() -> Arrays:
            found = [self._estimated(run, trial, each) for each in self.sources]
            return summary([basis for each in found for basis in each]) | {
                "n_samples": np.array(found[0].n_samples),
                "n_excluded": np.array(found[0].n_excluded),
            }

        return run.piece(f"{self.label}spectrum-{trial}", compute)

    def described(self, run: Run, trials: int) -> xr.Dataset:
        """Spectra of every trial and block, as the top of `network_sweep.py` says."""
        return spectra_table({each: self.summary(run, each) for each in range(trials)}, trials)

    @property
    def sources(self) -> list[str]:
        """What is estimated by itself; the other bases are cut out of these."""
        return list(dict.fromkeys(self._source(each) for each in self.blocks.values()))

    def _source(self, blocks: str) -> str:
        return "matrices" if blocks == "first" and "matrices" in self.blocks.values() else blocks

    def chosen(self, blocks: str) -> tuple[Block, ...]:
        """The blocks that a basis rotates."""
        return chosen_blocks(self.network.blocks, blocks)

    def _cut(self, bases: BlockBases, blocks: str) -> BlockBases:
        wanted = {block.name for block in self.chosen(blocks)}
        some = tuple(basis for basis in bases if basis.block.name in wanted)
        return BlockBases(bases.layout, some, bases.n_samples, bases.n_excluded, bases.memory)

    def _estimated(self, run: Run, trial: int, blocks: str) -> BlockBases:
        name = f"{BULKY}{self.label}basis-{blocks}-{trial}"
        arrays = run.piece(name, lambda: self._estimate(run, trial, blocks))
        bases = tuple(
            BlockBasis(
                block,
                as_tensor(arrays[f"{block.name} eigenvalues"]),
                as_tensor(arrays[f"{block.name} eigenvectors"]),
            )
            for block in self.chosen(blocks)
        )
        samples = int(arrays["n_samples"]), int(arrays["n_excluded"])
        return BlockBases(self.network.blocks, bases, *samples)

    def _estimate(self, run: Run, trial: int, blocks: str) -> Arrays:
        found = estimate_bases(
            self.network,
            self.initialize,
            self.batches(trial),
            self.n_samples,
            blocks,
            (self.seed, trial),
            dtype=self.dtype,
            device=run.device,
            between=run.heed,
        )
        arrays = {"n_samples": np.array(found.n_samples), "n_excluded": np.array(found.n_excluded)}
        for basis in found:
            arrays[f"{basis.block.name} eigenvalues"] = basis.eigenvalues.numpy()
            arrays[f"{basis.block.name} eigenvectors"] = basis.eigenvectors.cpu().numpy()
        return arrays


def named(blocks: Sequence[str], usual: str = "") -> dict[str, str]:
    """By the name of each basis in results what it rotates.

    Args:
        blocks: some of `KINDS`.
        usual: the one that the paper calls EGOP in this experiment; it gets the name "egop".

    Raises:
        ValueError: none, or one that is not in `KINDS`.
    """
    if isinstance(blocks, str) or not blocks or not KINDS.keys() >= set(blocks):
        raise ValueError(f"bases takes some of {', '.join(KINDS)}, in a tuple, got {shown(blocks)}")
    return {"egop" if each == usual else KINDS[each]: each for each in blocks}


def summary(bases: Sequence[BlockBasis]) -> dict[str, np.ndarray]:
    """Names, eigenvalues and density (blocks, k), stable_rank and gap (blocks,) of some bases."""
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
    }
