"""An experiment: the tasks that it has, and how their artifacts become a labelled result.

    def plan(config, done) -> list[Task]        # all tasks that are known by now
    def assemble(config, done) -> xr.Dataset    # from what is done, which may not be everything

`done` is a run, one that is watched, or an imagined one (`egop/runs/done.py`). Whoever runs an
experiment computes the tasks whose keys are not in `done`, in this process or on workers that
plan again and take their task by its key, and plans again until nothing is missing. A run that is
resumed skips the keys that it has; a run that is watched is assembled early; what a run is going to
take is the sum of the costs of its tasks. A task must draw its random numbers from the seed, the
trial and the purpose alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from egop.bounds import shown
from egop.runs.done import Arrays, Done

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.task_context import TaskContext

__all__ = ["Arrays", "Cost", "Done", "Experiment", "Experiments", "OnProgress", "Task"]

OnProgress = Callable[[float, str], None]
"""Called with the share that is done, from 0 to 1, and what is done now."""

PRESETS = ("quick", "laptop", "paper")
"""Sizes of an experiment: about two minutes on two idle cores; ten to twenty; the full size."""

TRAINING, SPECTRA, WITHOUT_NETWORK = "Training networks", "EGOP spectra", "Without a network"
"""Groups of experiments."""


class Cost(NamedTuple):
    """Operations and memory of a task.

    Attributes:
        amounts: operations by kind, as the rates of `cost_estimate/calibration.py`.
        memory: bytes at the peak, beside Python and its packages.
        output: bytes that are kept of it.
        runs: trainings, or estimates of spectra.
        epochs: of each training.
    """

    amounts: Mapping[str, float] = {}
    memory: int = 0
    output: int = 0
    runs: int = 0
    epochs: int = 0


class Task(NamedTuple):
    """A piece of work that may be done anywhere, at any time after its plan.

    Attributes:
        key: the name of its artifact.
        compute: from the context of its computation the artifact.
        message: what is done while it is computed.
        cost: gives what it costs.
    """

    key: str
    compute: Callable[["TaskContext"], Mapping[str, Any]]
    message: str = ""
    cost: Callable[[], Cost] = Cost


@dataclass(frozen=True)
class Experiment:
    """An experiment, and all that is known of it beside its results.

    Attributes:
        config: the class of its frozen settings, of full size by default.
        plan: all tasks that are known by now; those that are not done can be computed now.
        assemble: the result, or what is known of it; None while there is nothing.
        title: what it shows, in words.
        label: what it is called in the lab; "": its name.
        group: under which it stands there.
        figures: of the paper.
        quick: its Config of about two minutes on two idle cores; None: the full size.
        laptop: its Config of ten to twenty minutes; None: the full size.
        network: whether its tasks take PyTorch, can use a GPU and are worth a worker each.
        curves: whether the lab shows its numbers in charts, and not its figures at the end.
        data: from a Config the names of the data sets that it takes.
        later: fields that its Config got after runs had been stored, with what those did.
        chosen_here: the settings that are ours, as the paper's numbers are not known; those marked
            "seen" were chosen among others by what a first look at some claims gave, so that these
            claims were not at risk.
    """

    config: type
    plan: Callable[[Any, Any], Sequence[Task]]
    assemble: Callable[[Any, Any], "xr.Dataset | None"]
    title: str
    label: str = ""
    group: str = "Others"
    figures: tuple[str, ...] = ()
    quick: Any = None
    laptop: Any = None
    network: bool = False
    curves: bool = True
    data: Callable[[Any], tuple[str, ...]] = lambda config: ()
    later: Mapping[str, Any] = field(default_factory=dict)
    chosen_here: str = ""

    def __post_init__(self):
        if not is_dataclass(self.config) or not isinstance(self.config, type):
            raise ValueError(
                "the config of an experiment is a frozen dataclass, whose fields are its settings, "
                f"got {shown(self.config)}"
            )

    @property
    def presets(self) -> dict[str, Any]:
        """The Config of each of `PRESETS`."""
        full = self.config()
        return dict(zip(PRESETS, (self.quick or full, self.laptop or full, full), strict=True))


class Experiments(Mapping[str, Experiment]):
    """Experiments by name; the modules of the package are imported when they are asked for.

    Args:
        modules: by name the module that has the `EXPERIMENT`.
    """

    def __init__(self, modules: Mapping[str, str]):
        self._known: dict[str, str | Experiment] = dict(modules)

    def __contains__(self, name: object) -> bool:
        return name in self._known  # without importing it

    def __getitem__(self, name: str) -> Experiment:
        found = self._known[name]
        return import_module(found).EXPERIMENT if isinstance(found, str) else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def is_own(self, name: str) -> bool:
        """True if an experiment is not one of the package."""
        return isinstance(self._known.get(name), Experiment)

    def register(self, name: str, experiment: Experiment) -> None:
        """Makes an experiment of one's own known by name, in Python and by --import FILE.

        Raises:
            ValueError: an experiment of egop has this name, or it is no name of a folder.
        """
        if not isinstance(experiment, Experiment):
            raise ValueError(
                "register takes a name and an egop.experiments.Experiment, such as Experiment("
                f"Config, plan, assemble, title=…), got {shown(experiment)}"
            )
        if isinstance(self._known.get(name), str):
            raise ValueError(f"{name!r} is an experiment of egop; give yours another name")
        if not name.isidentifier():
            raise ValueError(
                f"an experiment is named by letters, digits and underscores, got {name!r}"
            )
        self._known[name] = experiment
