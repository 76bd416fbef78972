"""A group of a sweep: some trials and some runs of a stage's plan."""

from typing import NamedTuple


class TrainingGroup(NamedTuple):
    """Trials and runs that are trained together.

    Attributes:
        trials: their numbers.
        runs: places in the plan of the stage.
    """

    trials: range
    runs: tuple[int, ...]

    @classmethod
    def read(cls, stored: list) -> "TrainingGroup":
        """A group as config.json holds it: [first trial, one past the last, [places of runs]].

        Older ones hold the first run and one past the last in place of the list.
        """
        first, last, *runs = stored
        places = range(*runs) if len(runs) == 2 else runs[0]
        return cls(range(first, last), tuple(places))

    def stored(self) -> tuple[int, int, list[int]]:
        """As config.json holds it."""
        return self.trials.start, self.trials.stop, list(self.runs)
