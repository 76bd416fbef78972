"""Eigenbases of a network for every trial: estimated once, kept with the run, summarized."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import xarray as xr

from egop.analysis.basis_costs import BASIS_COSTS
from egop.experiments.experiment import Done
from egop.experiments.sweep.basis_artifacts import costs, packed, spectra, unpacked
from egop.experiments.sweep.basis_names import BASES, WITHOUT_SPECTRUM, BasisSpec
from egop.networks.bases import BlockBases, chosen_blocks
from egop.networks.estimation import estimate_bases
from egop.networks.network import Block, Network
from egop.networks.structures.choice import Structure
from egop.networks.structures.random_basis import check_random
from egop.runs.done import Arrays
from egop.runs.run import INTERMEDIATE
from egop.runs.run_table import trial_variables
from egop.runs.task_context import TaskContext

DIMS: dict[str, tuple[str, ...]] = {
    "eigenvalues": ("block", "k"),
    "density": ("block", "k"),
    "stable_rank": ("block",),
    "gap": ("block",),
    "off_diagonal_share": ("block",),
    "n_samples": (),
    "n_excluded": (),
}
"""The dims of what is kept of one trial; older ones do not have the share."""


@dataclass(frozen=True)
class BlockEigenbases:
    """The bases of an experiment, estimated for each trial.

    Those that are made of gradients take the same ones: sample i has its parameters and its
    minibatch by its number.

    Attributes:
        network: the objective.
        bases: by the names of the bases in results what a Config calls them, keys of `BASES`;
            "first" is cut out of "matrices" where both are there.
        initialize: ρ, with `sample(blocks, indices, seed)`.
        batches: of a trial, in the context of a task; cycled over the samples.
        n_samples: M.
        seed: base seed; each trial has its own samples.
        dtype: of gradients and eigenvectors; sums and decompositions are float64.
        label: begins the keys of its artifacts, where a run has several estimates.
        training_set: of a trial, likewise: all examples at once, whose inputs "data" takes.
    """

    network: Network
    bases: Mapping[str, str]
    initialize: Any
    batches: Callable[[TaskContext, int], Sequence[Any]]
    n_samples: int
    seed: int = 0
    dtype: torch.dtype = torch.float32
    label: str = ""
    training_set: Callable[[TaskContext, int], Any] | None = None

    def __post_init__(self):
        for key in self.bases.values():
            for block in self.chosen(key) if BASES[key].structure == "random" else ():
                check_random(block)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the bases."""
        return tuple(self.bases)

    @property
    def main(self) -> str:
        """The name of the first basis that is one of the EGOP, or of the first of all."""
        of_gradients = [
            name for name, key in self.bases.items() if BASES[key].structure not in WITHOUT_SPECTRUM
        ]
        return (of_gradients or self.names)[0]

    @property
    def sources(self) -> list[str]:
        """The keys of the bases that are estimated; the others are cut out of these."""
        return list(dict.fromkeys(map(self._source, self.bases.values())))

    @property
    def shown(self) -> list[str]:
        """The sources whose spectra the result has: dense bases of all samples, or one other."""
        known = [key for key in self.sources if BASES[key].structure not in WITHOUT_SPECTRUM]
        whole = [key for key in known if BASES[key][2:4] == ("dense", 1)]
        return whole or known[:1]

    def samples(self, key: str) -> int:
        """The number of gradients that a basis is made of."""
        return -(-self.n_samples // BASES[key].share)

    def n_numbers(self) -> dict[str, int]:
        """The numbers in the eigenvectors of one trial in each basis, by its name."""
        return self._summed(Structure.kept_numbers)

    def multiplications(self) -> dict[str, int]:
        """The multiplications that rotate one point one way in each basis, by its name."""
        return self._summed(Structure.multiplications)

    def _summed(self, count: Callable[[Structure, Block, int], int]) -> dict[str, int]:
        """A number of each block's structure, summed for each basis."""
        return {
            name: sum(
                count(Structure(BASES[key].structure), block, self.samples(key))
                for block in self.chosen(key)
            )
            for name, key in self.bases.items()
        }

    def key(self, trial: int) -> str:
        """The key of the summary of a trial's spectra."""
        return f"{self.label}spectrum-{trial}"

    def of_trial(self, context: TaskContext, trial: int) -> dict[str, BlockBases]:
        """The bases of a trial, estimated and summarized unless the run has them."""
        found = {each: self._estimated(context, trial, each) for each in self.sources}
        context.artifact(self.key(trial), partial(self._summary, found))
        return {name: self._cut(found[self._source(b)], b) for name, b in self.bases.items()}

    def of_trials(
        self, context: TaskContext, trials: Sequence[int]
    ) -> dict[str, Sequence[BlockBases]]:
        """The bases of each trial, by name."""
        found = [self.of_trial(context, trial) for trial in trials] if self.bases else []
        return {name: [each[name] for each in found] for name in self.names}

    def summarize(self, trial: int, context: TaskContext) -> Arrays:
        """The artifact of a trial's spectra, of which the bases are kept."""
        found = {each: self._estimated(context, trial, each) for each in self.sources}
        return self._summary(found)

    def summarize_only(self, trial: int, context: TaskContext) -> Arrays:
        """Summarizes like `summarize`, where nobody needs the bases themselves."""
        found = [(each, self._estimate(context, trial, each)) for each in self.shown]
        return spectra([self._unpacked(key, arrays) for key, arrays in found])

    def assembled(self, done: Done, trials: Sequence[int]) -> Iterator[xr.Dataset]:
        """The spectra as the top of `network_sweep.py` says; none while no trial is estimated.

        Trials that are missing are NaN, with no samples.
        """
        keys = {trial: self.key(trial) for trial in trials}
        rows = {trial: done[key] for trial, key in keys.items() if key in done}
        if not rows or not self.shown:
            return
        first = next(iter(rows.values()))
        coords = {
            "trial": [*trials],
            "block": first["block"].tolist(),
            "k": np.arange(1, first["eigenvalues"].shape[-1] + 1),
        }
        sizes = [block.stop - block.start for key in self.shown for block in self.chosen(key)]
        unknown = {"off_diagonal_share": np.full(len(coords["block"]), np.nan)}
        known = {name: dims for name, dims in DIMS.items() if any(name in r for r in rows.values())}
        rows = {trial: {**unknown, **row} for trial, row in rows.items()}
        variables = trial_variables(rows, known, trials) | {"n_parameters": ("block", sizes)}
        yield xr.Dataset(variables, coords=coords)

    def costs(self, done: Done, trials: Sequence[int]) -> dict[tuple[str, int], list[float]]:
        """The gradients and seconds of each basis and trial, by its name and number, if known.

        A basis that is cut out of another one has the cost of that one.
        """
        rows = {trial: done[key] for trial in trials if (key := self.key(trial)) in done}
        return {
            (name, trial): [float(row[cost][place]) for cost in BASIS_COSTS]
            for trial, row in rows.items()
            if row.keys() >= {*BASIS_COSTS}
            for place, name in enumerate(self.names)
        }

    def chosen(self, key: str) -> tuple[Block, ...]:
        """The blocks that a basis rotates."""
        return chosen_blocks(self.network.blocks, BASES[key].blocks)

    def _summary(self, found: Mapping[str, BlockBases]) -> Arrays:
        """The spectra that are shown, and the cost of each basis, of the sources by their keys."""
        sources = (found[self._source(key)] for key in self.bases.values())
        return {**spectra([found[each] for each in self.shown]), **costs(sources)}

    def _source(self, key: str) -> str:
        return "matrices" if key == "first" and "matrices" in self.bases.values() else key

    def _cut(self, bases: BlockBases, key: str) -> BlockBases:
        wanted = {block.name for block in self.chosen(key)}
        some = tuple(basis for basis in bases if basis.block.name in wanted)
        return BlockBases(bases.layout, some, bases.n_samples, bases.n_excluded, bases.memory)

    def _estimated(self, context: TaskContext, trial: int, key: str) -> BlockBases:
        name = f"{INTERMEDIATE}{self.label}basis-{key}-{trial}"
        arrays = context.artifact(name, partial(self._estimate, context, trial, key))
        return self._unpacked(key, arrays)

    def _unpacked(self, key: str, arrays: Arrays) -> BlockBases:
        return unpacked(self.network.blocks, self.chosen(key), arrays)

    def _estimate(self, context: TaskContext, trial: int, key: str) -> Arrays:
        spec = BASES[key]
        found = estimate_bases(
            self.network,
            self.initialize,
            self._batches(context, trial, spec),
            self.samples(key),
            spec.blocks,
            (self.seed, trial),
            structure=spec.structure,
            dtype=self.dtype,
            device=context.device,
            between=context.raise_if_cancelled,
        )
        return packed(found)

    def _batches(self, context: TaskContext, trial: int, spec: BasisSpec) -> Sequence[Any]:
        """Returns the batches of a basis: the whole set for "data", none for "random"."""
        if spec.structure == "random":
            return []
        if spec.structure == "data":
            assert self.training_set is not None
            return [self.training_set(context, trial)]
        return self.batches(context, trial)
