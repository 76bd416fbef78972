"""A result with its label in legends, and what was computed of it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import xarray as xr

from egop.experiments import EXPERIMENTS

TABLE = ("optimizer", "basis", "learning_rate", "trial", "epoch")
"""Dims of the results that are shown as curves."""
Result = TypeVar("Result")
Kind = Literal["curves", "spectra", "drawn"]


@dataclass(frozen=True, eq=False)
class LabeledResult:
    """A result and its label in legends; equal to another one of the same label and dataset.

    Attributes:
        label: what it is called.
        dataset: a result, or what is known of it so far, as `partial_results.read` gives it.
    """

    label: str
    dataset: xr.Dataset
    _computed: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabeledResult):
            return NotImplemented
        return self.label == other.label and self.dataset is other.dataset

    def __hash__(self) -> int:
        return hash((self.label, id(self.dataset)))

    @property
    def experiment(self) -> str:
        """Its name; "" for one's own network."""
        return str(self.dataset.attrs.get("experiment", ""))

    @property
    def kind(self) -> Kind:
        """The form in which it is shown.

        Raises:
            ValueError: the dataset has neither curves nor a spectrum.
        """
        if is_drawn(self.experiment):
            return "drawn"
        if "training_loss" in self.dataset and set(self.dataset["training_loss"].dims) == {*TABLE}:
            return "curves"
        if "eigenvalues" in self.dataset and {"block", "k"} <= {*self.dataset["eigenvalues"].dims}:
            return "spectra"
        raise ValueError(
            f"a result to be shown has a training_loss with the dims {', '.join(TABLE)}, or "
            f"eigenvalues with the dims trial, block and k; got {self.label!r} with "
            f"{', '.join(map(str, self.dataset.data_vars)) or 'no variables'}"
        )

    @property
    def share(self) -> float:
        """The share of it that is done, from 0 to 1."""
        return float(self.dataset.attrs.get("share", 1.0))

    @property
    def finished(self) -> bool:
        """True if it is the whole result."""
        return "share" not in self.dataset.attrs

    def once(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result of `compute()`, computed when it is first asked for."""
        if key not in self._computed:
            self._computed[key] = compute()
        return self._computed[key]


def is_drawn(experiment: str) -> bool:
    """True if an experiment's figures are drawn once, when it is finished."""
    return experiment in EXPERIMENTS and not EXPERIMENTS[experiment].curves
