"""An imagined run, of which all tasks are counted before one is computed."""

from collections.abc import Callable, Mapping
from typing import Any

from egop.experiments.experiment import Arrays, Experiment, Task


class Imagined:
    """A run whose planned tasks are supposed to be done, to count what they cost.

    Args:
        device: "cpu" or "cuda".
        threads: of the CPU.
        memory_budget: bytes that a training may take; None: most of what is free.
        records: what was decided already.
    """

    imagined, most_numbers, n_workers = True, None, 1

    def __init__(
        self,
        device: str,
        threads: int,
        memory_budget: int | None = None,
        records: Mapping[str, Any] | None = None,
    ):
        self.device, self.threads, self.memory_budget = device, threads, memory_budget
        self._records = dict(records or {})
        self._keys: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __getitem__(self, key: str) -> Arrays:
        raise KeyError(key)

    def get(self, key: str) -> Arrays | None:
        """Nothing is computed."""
        return None

    def partial(self, key: str) -> Arrays | None:
        """Nothing is computed."""
        return None

    def recorded(self, key: str) -> bool:
        """True if something was decided under this key."""
        return key in self._records

    def record_once(self, key: str, decide: Callable[[], Any]) -> Any:
        """The decision under this key."""
        if key not in self._records:
            self._records[key] = decide()
        return self._records[key]

    def all_tasks(self, experiment: Experiment, config: Any) -> list[Task]:
        """The tasks of an experiment, also those that are planned once others are done.

        Those that an experiment plans by the artifacts of others are left out, unless it says for
        an imagined run what is to be expected.
        """
        tasks = list(experiment.plan(config, self))
        while not self._keys >= (keys := {task.key for task in tasks}):
            self._keys |= keys
            try:
                tasks = list(experiment.plan(config, self))
            except KeyError:
                break
        return tasks
