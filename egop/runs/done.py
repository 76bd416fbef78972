"""The artifacts of a run so far and its decisions: what its experiment plans and assembles by."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]


class Done:
    """The finished artifacts of a run by their keys, as a mapping gives them, and its decisions.

    Attributes:
        manifest: the contents of config.json, decisions among them.
        imagined: True if artifacts are only supposed to be there, to count what a run costs.
        most_numbers: in one variable of what is assembled; None: all.
        n_workers: how many of its tasks are computed at the same time.

    Args:
        manifest: as the attribute.
    """

    imagined = False
    most_numbers: int | None = None

    def __init__(self, manifest: dict[str, Any]):
        self.manifest = manifest
        self.n_workers = 1

    @property
    def device(self) -> str:
        """The device it runs on, "cpu" or "cuda"."""
        return self.manifest["device"]

    @property
    def threads(self) -> int:
        """The number of threads of the CPU."""
        return self.manifest["threads"]

    @property
    def memory_budget(self) -> int | None:
        """Bytes that a training may take; None: most of what is free."""
        return self.manifest.get("memory_budget")

    def get(self, key: str) -> Arrays | None:
        """A finished artifact; None where it is not finished."""
        return None

    def partial(self, key: str) -> Arrays | None:
        """The measurements so far of a task that is not finished, for those who watch."""
        return None

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: str) -> Arrays:
        arrays = self.get(key)
        if arrays is None:
            raise KeyError(key)
        return arrays

    def recorded(self, key: str) -> bool:
        """True if something was decided under this key."""
        return key in self.manifest

    def record_once(self, key: str, decide: Callable[[], Any]) -> Any:
        """The decision under this key, made when the run first came here, as JSON gives it back."""
        if key not in self.manifest:
            self.manifest[key] = json.loads(json.dumps(decide()))
        return self.manifest[key]
