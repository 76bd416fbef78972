"""An imagined run, of which all tasks are counted before one is computed."""

from collections.abc import Mapping
from typing import Any

from egop.experiments.experiment import Done, Experiment, Task


class Imagined(Done):
    """A run whose planned tasks are supposed to be done, to count what they cost.

    Args:
        device: "cpu" or "cuda".
        threads: of the CPU.
        manifest: what is decided already.
    """

    imagined = True

    def __init__(self, device: str, threads: int, manifest: Mapping[str, Any] | None = None):
        super().__init__({**(manifest or {}), "device": device, "threads": threads})
        self._keys: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

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
