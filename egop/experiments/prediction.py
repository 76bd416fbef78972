"""How much memory and time an experiment is going to take, said before it begins."""

from typing import Any, NamedTuple


class Prediction(NamedTuple):
    """What a run is going to take.

    Attributes:
        memory_bytes: at the peak, beside what Python and its packages take themselves.
        seconds: from start to result.
        runs: trainings, all stages together; spectra count one for each estimate.
        epochs: of each.
        sentence: all of it in words, and whether it exceeds the memory that is there.
    """

    memory_bytes: int
    seconds: float
    runs: int
    epochs: int
    sentence: str


def predict(name: str, config: Any, device: str = "cpu", threads: int | None = None) -> Prediction:
    """The memory and time that an experiment takes on this machine.

    Args:
        name: one of `egop.experiments.EXPERIMENTS`.
        config: its Config.
        device: "cpu", "cuda" or "auto".
        threads: of the CPU; None: all.
    """
    return Prediction(0, 0.0, 0, getattr(config, "epochs", 0), "")
