"""The context of a task that is being computed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from egop.cancellation import Cancelled

if TYPE_CHECKING:
    from egop.runs.done import Arrays
    from egop.runs.run import Run


class TaskContext:
    """The run of a task, where it may keep what it has got so far, and whom it tells.

    Args:
        run: keeps artifacts.
        key: of the task.
        on_progress: called with the share of the task that is done, from 0 to 1.
        cancelled: whether it is to end.
    """

    def __init__(
        self,
        run: "Run",
        key: str,
        on_progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ):
        self.run, self.key = run, key
        self.on_progress, self.cancelled = on_progress, cancelled

    @property
    def device(self) -> str:
        """The device it is computed on, "cpu" or "cuda"."""
        return self.run.device

    def artifact(self, key: str, compute: Callable[[], "Arrays"]) -> "Arrays":
        """Another artifact that the task needs; where it is missing it is computed and kept."""
        arrays = self.run.get(key)
        if arrays is None:
            self.raise_if_cancelled()
            arrays = compute()
            self.run.keep(key, arrays)
        return arrays

    def read_part(self) -> "Arrays | None":
        """The part to which the task got before; None where it begins."""
        return self.run.get(self.key, part=True)

    def keep_part(self, arrays: "Arrays") -> None:
        """Keeps where the task got to, whole or not at all."""
        self.run.keep(self.key, arrays, part=True)

    def show(self, make: Callable[[], "Arrays"], *, now: bool = False) -> None:
        """Lets others see what the task measured so far, a few times a second at most.

        Args:
            make: makes small arrays when it is time.
            now: whether it is time in any case.
        """
        self.run.live.arrays(self.key, make, now=now)

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled if the task is to end; called between short steps of long work."""
        if self.cancelled():
            raise Cancelled
