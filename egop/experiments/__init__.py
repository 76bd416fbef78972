"""The paper's experiments: one file per question, each a frozen Config → a labelled result.

    result = egop.experiments.run("digits", trials=10)
    result["training_loss"].sel({"optimizer": "adam", "basis": "egop"})

Every result is an `xarray.Dataset`; the variables of an experiment are described at the top of its
module, which `EXPERIMENTS` names. `experiment.py` says what an experiment is.
"""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egop.bounds import plain
from egop.experiments.checks import BOUNDS, check_config
from egop.experiments.experiment import Cost, Experiment, Experiments, OnProgress, Task
from egop.experiments.extent import check_extent
from egop.experiments.sweep.rates import rates_from, read_rates
from egop.experiments.trial_numbers import check_part, read_trials
from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.run import Run

__all__ = [
    "EXPERIMENTS", "Cost", "Experiment", "Task", "begin", "configure", "load", "merge",
    "rates_from", "register", "resume", "run",
]  # fmt: skip

EXPERIMENTS = Experiments(
    {
        "two_dimensions": "egop.experiments.two_dimensions",
        "convex": "egop.experiments.convex",
        "digits": "egop.experiments.digits",
        "fashion": "egop.experiments.fashion",
        "linear": "egop.experiments.linear",
        "linear_blocks": "egop.experiments.linear_blocks",
        "spectrum": "egop.experiments.spectrum",
        "sampling": "egop.experiments.sampling",
        "block_spectra": "egop.experiments.block_spectra",
        "density": "egop.experiments.density",
        "schedule": "egop.experiments.schedule",
    }
)
"""Every experiment by name: the module that has its `EXPERIMENT`."""


register = EXPERIMENTS.register


def run(
    name: str,
    trials: int | range | None = None,
    epochs: int | None = None,
    rates: Any = None,
    device: str = "auto",
    out: str | Path | None = "runs",
    *,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> "xr.Dataset":
    """The labelled result of an experiment of the paper, at full size unless told otherwise.

    A run that is interrupted, even killed, is continued by `resume`. A run that diverges is marked
    in `result["status"]` and NaN from there on.

    Args:
        name: one of `EXPERIMENTS`.
        trials: how many repetitions; each has its own seed, by its number. A range of numbers, such
            as range(10, 20), is a part of a sweep; `merge` puts parts together. The one that begins
            at 0 may search for rates, the others take those, `rates_from` its run.
        epochs: how many passes over the data (steps where the whole set is one batch).
        rates: learning rates by method, such as {"adam": [0.02]} or `rates_from` of another run,
            or one list for all methods; None: the search of App. D.2. Methods that are not named
            are left out.
        device: "auto" (a GPU where there is one), "cpu" or "cuda".
        out: the folder in which the run gets its own folder; None keeps nothing on disk.
        on_progress: such as `lambda share, words: print(f"{share:.0%} {words}")`.
        **options: methods, bases, quick, config, seed, r_med_epochs, threads and memory_budget, as
            `begin` takes them.

    Raises:
        ValueError: an unknown name, sizes that the experiment does not have, no such device.
        ImportError: the packages of `egop[networks]` are not installed.
        OSError: the disk is full or `out` cannot be written.
        MemoryError: the memory budget is too small for one run.
    """
    begun = begin(name, trials, epochs, rates, device, out, **options)
    from egop.experiments.execution import discarded_unless_begun, execute

    with discarded_unless_begun(begun):
        return execute(begun, on_progress)


def begin(
    name: str,
    trials: int | range | None = None,
    epochs: int | None = None,
    rates: Any = None,
    device: str = "auto",
    out: str | Path | None = "runs",
    *,
    methods: Any = None,
    bases: Any = None,
    quick: bool = False,
    config: Any = None,
    seed: int | None = None,
    r_med_epochs: int | None = None,
    threads: int | None = None,
    memory_budget: int | None = None,
) -> "Run":
    """A run with its folder, in which nothing has been computed yet; `execute` carries it out.

    Args:
        name: as in `run`, as are the others that are not named here.
        trials: how many, or a range of their numbers.
        epochs: how many.
        rates: by method.
        device: where to compute.
        out: the folder of its folder.
        methods: those that are compared: names, also of registered ones
            (`egop.methods.from_update`), names with options as "soap(frequency=5)", or methods as
            `egop.methods.galore(rank=4)`, but for their learning rates; in the result they are
            called "galore(rank=4)". None: the experiment's own.
        bases: names of those that a network is trained in beside the original coordinates:
            "matrices", "global" and "first", what gets an EGOP eigenbasis; "kronecker", "rows",
            "partial", "sketch" and "few", cheaper ones of each matrix; "refreshed", one of each run
            that is estimated anew in every epoch; the controls "data", "random" (of each matrix)
            and "random_global" (of all parameters, at most 8,192).
            None: the experiment's own.
        quick: the version of about two minutes on an idle machine with two cores.
        config: to begin with in place of the experiment's `Config()` or its quick one.
        seed: of everything that is random.
        r_med_epochs: at how many epochs R_med of a network's layers is measured
            (`egop.metrics.r_med`); None: the experiment's own, which do without.
        threads: of the CPU; None: as many as there are where it is first carried out.
        memory_budget: bytes that training may take; None: most of what is free.

    Raises:
        ValueError, ImportError, OSError: as `run`.
    """
    experiment = _experiment(name)
    with needed("egop.experiments", extra="networks"):
        import xarray  # noqa: F401  # found missing now, not when the result is assembled

        from egop.experiments.devices import read_device
        from egop.runs.run import Run, new_name

    sizes = {"trials": trials, "epochs": epochs, "seed": seed, "r_med_epochs": r_med_epochs}
    given = sizes | {"methods": methods, "bases": bases, "rates": rates}
    changes = {key: plain(x) for key, x in given.items() if x is not None}
    settings = configure(name, quick, changes, config)
    if threads is not None:
        threads = BOUNDS["threads"].read("threads", threads)
    if memory_budget is not None:
        memory_budget = BOUNDS["memory_budget"].read("memory_budget", memory_budget)
    manifest = {
        "experiment": name,
        "quick": quick,
        "config": dataclasses.asdict(settings),
        "device": read_device(device, experiment.network),
        "memory_budget": memory_budget,
    } | ({} if threads is None else {"threads": threads})
    return Run.create(None if out is None else Path(out) / new_name(name), manifest)


def resume(folder: str | Path, on_progress: OnProgress | None = None) -> "xr.Dataset":
    """The result of a run that was interrupted, continued from its last finished chunk.

    On the CPU its numbers, but for `basis_seconds`, are those of the uninterrupted run, bit by bit:
    the device, the grouping of runs and the number of threads are the ones it was begun with. A
    finished run is only read.

    Raises:
        FileNotFoundError: there is no run in the folder.
        ValueError: the run is damaged, of another version, or its device or data are not there.
        OSError: the disk is full, or another process is writing to the folder.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.experiments.execution import execute
        from egop.runs.results import RESULT, load
        from egop.runs.run import Run
    if (Path(folder) / RESULT).exists():
        return load(folder)
    return execute(Run.open(folder), on_progress)


def merge(
    folders: str | Path | Sequence[str | Path],
    out: str | Path | None = "runs",
    on_progress: OnProgress | None = None,
) -> "xr.Dataset":
    """The result of a sweep whose parts were run by themselves, and a new run that holds it.

    It equals that of one run with all trials: to the last bit where the groups of runs are the
    same, else to rounding. The parts stay as they are.

    Args:
        folders: of the parts: finished runs of one experiment that differ in their trials alone,
            such as range(0, 10) and range(10, 20); the first may have searched for their rates.
            Or a folder that holds them, itself or in its folders.
        out: the folder in which the run gets its own folder; None keeps nothing on disk.
        on_progress: as `run` takes it.

    Raises:
        FileNotFoundError: a folder holds no run, or one that is not finished.
        ValueError: the parts differ in more than their trials, or a trial is missing or there
            twice; or the device or the data of the parts are not here.
        OSError: the disk is full or `out` cannot be written.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.experiments.execution import execute
        from egop.experiments.merging import begin_merged, discarded_on_error
    begun = begin_merged(folders, out)
    with discarded_on_error(begun):
        return execute(begun, on_progress)


def load(folder: str | Path) -> "xr.Dataset":
    """The result of a finished run, from its folder or its result.nc.

    Raises:
        FileNotFoundError: there is no run, or it is not finished.
        ValueError: the file is damaged, of another version, or no result of egop.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.runs import results
    return results.load(folder)


def configure(
    name: str, quick: bool = False, changes: dict[str, Any] | None = None, config: Any = None
) -> Any:
    """The frozen Config of an experiment, with some of its sizes changed.

    Raises:
        ValueError: an unknown name, a size that the experiment does not have, or out of bounds,
            also of all sizes together.
        TypeError: the given config is not one of this experiment.
    """
    experiment = _experiment(name)
    kind = experiment.config
    if config is None:
        config = experiment.presets["quick" if quick else "paper"]
    if not isinstance(config, kind):
        raise TypeError(
            f"the experiment {name} takes an {kind.__module__}.{kind.__qualname__}, got {config!r}"
        )
    changes = dict(changes or {})
    if "trials" in changes and hasattr(config, "trials"):
        changes |= read_trials(changes["trials"], config)
    for key in changes:
        if not hasattr(config, key):
            known = ", ".join(field.name for field in dataclasses.fields(config))
            raise ValueError(f"the experiment {name} has no {key}; it has {known}")
    from egop.experiments.compared_methods import check_layers, in_writing, read_names

    if "bases" in changes:
        changes["bases"] = read_names(changes["bases"])
    changed = dataclasses.replace(config, **changes)
    check_config(changed)
    changed = in_writing(changed, experiment.network)
    check_layers(changed)
    if "rates" in changes or isinstance(getattr(config, "rates", None), Mapping | list):
        changed = dataclasses.replace(changed, rates=read_rates(changed.rates, changed.methods))
    check_part(changed)
    check_extent(changed)
    return changed


def _experiment(name: str) -> Experiment:
    """An experiment by name.

    Raises:
        ValueError: an unknown name.
    """
    if name not in EXPERIMENTS:
        near = difflib.get_close_matches(str(name).lower(), EXPERIMENTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(EXPERIMENTS)}"
        raise ValueError(f"unknown experiment {name!r}; {hint}")
    return EXPERIMENTS[name]
