"""Parts of a sweep put together: finished runs that differ in nothing but their trials.

The artifacts of all parts become those of one new run, which is assembled as any other, so that
rates are chosen by the medians over all trials. Artifacts that belong to a single part are copied.
Those that several parts have by the same key are about all trials of a run, such as the loss
around the paths at the chosen rates, and are computed anew. A group of a sweep is numbered within
its run, so groups get new numbers (`sweep/merged_groups.py`).
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from egop.bounds import shown
from egop.experiments.checks import check_distinct
from egop.experiments.execution import Execution
from egop.experiments.trial_numbers import numbers_words, trial_numbers
from egop.runs.done import Arrays
from egop.runs.manifest import CONFIG, read_manifest
from egop.runs.results import result_path
from egop.runs.run import Run, new_name

TRIALS = ("trials", "first_trial")
"""Settings in which parts differ."""
RATES_OF = "rates of "
"""Begins the name of the rates of a method among the settings of a part."""


def begin_merged(folders: str | Path | Sequence[str | Path], out: str | Path | None) -> Run:
    """A run with all that the parts have computed; `execute` computes the rest and assembles it.

    Args:
        folders: of the parts, in any order, or folders that hold them.
        out: the folder in which the run gets its own folder; None keeps nothing on disk.

    Raises:
        FileNotFoundError: a folder holds no run, or one that is not finished.
        ValueError: the parts are not those of one sweep, or a trial is missing or there twice.
        OSError: the disk is full or `out` cannot be written.
    """
    given = [folders] if isinstance(folders, str | Path) else folders
    folders = [run for each in given for run in _runs_in(Path(each))]
    if len(folders) < 2:
        raise ValueError(
            "merge takes the folders of two runs or more, or a folder that holds them, got "
            f"{', '.join(map(str, given)) or 'none'}"
        )
    check_distinct("merge", [str(Path(each)) for each in folders])
    parts = [_open(Path(each)) for each in folders]
    for part in parts[1:]:
        _check_alike(parts[0], part)
    parts.sort(key=lambda part: part.config.first_trial)
    for before, after in pairwise(parts):
        _check_next(before, after)
    for part in parts:
        _check_artifacts(part)
    parts[0].prepare()
    parts[0].note_data()
    run = Run.create(
        None if out is None else Path(out) / new_name(parts[0].run.manifest["experiment"]),
        _manifest(parts),
    )
    with discarded_on_error(run):
        for key, arrays in _artifacts([part.run for part in parts]):
            run.keep(key, arrays)
    return run


@contextmanager
def discarded_on_error(run: Run) -> Iterator[None]:
    """A context in which an error deletes the new run: its parts are still there."""
    try:
        yield
    except BaseException:
        run.discard()
        raise


def _runs_in(path: Path) -> list[Path]:
    """The runs that a path stands for: itself, or those in the folder or in its folders."""
    if (path / CONFIG).exists():
        return [path]
    found = [*path.glob(f"*/{CONFIG}")] or [*path.glob(f"*/*/{CONFIG}")]
    return sorted(each.parent for each in found) or [path]


def _open(folder: Path) -> Execution:
    """A finished part, which is only read.

    Raises:
        FileNotFoundError: there is no run, or it is not finished.
        ValueError: it is damaged, of another version, or cannot be a part.
    """
    result_path(folder)
    part = Execution(Run(folder, read_manifest(folder), locked=False))
    if not hasattr(part.config, "first_trial"):
        name = part.run.manifest["experiment"]
        raise ValueError(
            f"{folder} is a run of {name}, which has no setting first_trial, so it is no part of a "
            "sweep"
        )
    if _has_searched(part) and not _is_network_sweep(part):
        raise ValueError(
            f"{folder} searched for rates of its own on each problem; run its trials again, as the "
            f"other parts, with those of all: --rates-from {folder}"
        )
    return part


def _has_searched(part: Execution) -> bool:
    return getattr(part.config, "rates", ()) is None


def _is_network_sweep(part: Execution) -> bool:
    """True if a part is a rate sweep of a network, whose plan names every run."""
    return part.run.recorded("grouping 0")


def _check_alike(first: Execution, other: Execution) -> None:
    """ValueError unless two parts agree in everything that numbers depend on but their trials."""
    one, two = _settings(first), _settings(other)
    for name in {**one, **two}:
        ours, others = (each.get(name, "none") for each in (one, two))
        if ours != others:
            advice = "the parts of a sweep differ in their trials alone"
            if name.startswith(RATES_OF) and _has_searched(first) != _has_searched(other):
                searched, given = (first, other) if _has_searched(first) else (other, first)
                advice = f"give --rates-from {searched.run.folder} to the trials of "
                advice += f"{given.run.folder}, and merge that run"
            raise ValueError(
                f"{first.run.folder} and {other.run.folder} differ in {name}, {shown(ours)} and "
                f"{shown(others)}; {advice}"
            )


def _settings(part: Execution) -> dict[str, Any]:
    """Everything that must be the same in all parts, by what it is called."""
    manifest = part.run.manifest
    fields = dataclasses.asdict(part.config)
    rates = dict(fields.pop("rates", None) or ())
    if _is_network_sweep(part):
        from egop.experiments.sweep.merged_groups import planned_rates

        rates = planned_rates(part.run)
    chosen = {name: value for name, value in fields.items() if name not in TRIALS}
    data = {key: each["fingerprint"][:12] for key, each in manifest.items() if _is_data(key)}
    named = {"the experiment": manifest["experiment"], "the device": manifest["device"]}
    return named | chosen | {f"{RATES_OF}{name}": row for name, row in rates.items()} | data


def _is_data(key: str) -> bool:
    return key.startswith("data ")


def _check_next(before: Execution, after: Execution) -> None:
    """ValueError unless the trials of a part begin where those of the one before end."""
    ended, begun = trial_numbers(before.config).stop, after.config.first_trial
    names = f"{before.run.folder} and {after.run.folder}"
    if begun < ended:
        raise ValueError(f"{names} both hold trial {begun}; merge takes each trial once")
    if begun > ended:
        missing = numbers_words(range(ended, begun))
        verb = f"trials {missing} are" if begun > ended + 1 else f"trial {missing} is"
        raise ValueError(
            f"{verb} missing between {names}; give --trials "
            f"{ended}:{begun} to a run with the same settings, or merge fewer runs"
        )


def _check_artifacts(part: Execution) -> None:
    """ValueError unless everything that a part has planned is there."""
    if any(task.key not in part.run for task in part.tasks()):
        raise ValueError(
            f"{part.run.folder} lacks artifacts of its trials, as a run does that was added from a "
            "result.nc alone; merge the folder in which it was computed"
        )


def _manifest(parts: Sequence[Execution]) -> dict[str, Any]:
    """The contents of the config.json of all parts together."""
    first, runs = parts[0], [part.run for part in parts]
    manifest = first.run.manifest
    changes: dict[str, Any] = {"trials": sum(part.config.trials for part in parts)}
    if _is_network_sweep(parts[0]):
        from egop.experiments.sweep.merged_groups import merged_rates

        changes["rates"] = merged_rates(runs)
    kept = {key: value for key, value in manifest.items() if _is_data(key)}
    return {
        "experiment": manifest["experiment"],
        "quick": manifest.get("quick", False),
        "config": dataclasses.asdict(dataclasses.replace(first.config, **changes)),
        "device": manifest["device"],
        "memory_budget": manifest.get("memory_budget"),
        **({"threads": manifest["threads"]} if "threads" in manifest else {}),
        **kept,
        **_records(runs),
        "merged": [_origin(part) for part in parts],
    }


def _origin(part: Execution) -> dict[str, Any]:
    """The origin of some trials: the name of the part's folder, and what computed it."""
    numbers, folder = trial_numbers(part.config), part.run.folder
    assert folder is not None
    noted = {key: part.run.manifest.get(key) for key in ("threads", "versions", "created")}
    inner = [each.get("searched") for each in part.run.manifest.get("merged", ())]
    own = [numbers.start, numbers.stop] if _has_searched(part) else None
    searched = next(filter(None, [own, *inner]), None)
    known = {"trials": [numbers.start, numbers.stop], "searched": searched}
    return {"run": folder.name, **known, **noted}


def _records(runs: Sequence[Run]) -> Mapping[str, Any]:
    """The plans and groupings of sweeps."""
    if not runs[0].recorded("grouping 0"):
        return {}
    from egop.experiments.sweep.merged_groups import merged_records

    return merged_records(runs)


def _artifacts(runs: Sequence[Run]) -> Iterator[tuple[str, Arrays]]:
    """The artifacts of all parts, by their keys in the merged run."""
    counts = Counter(key for run in runs for key in run.finished_keys())
    alone = {key for key, count in counts.items() if count == 1}
    if runs[0].recorded("grouping 0"):
        from egop.experiments.sweep.merged_groups import keys_of_groups, merged_groups

        alone -= keys_of_groups(runs)
        yield from merged_groups(runs)
    for run in runs:
        for key in alone.intersection(run.finished_keys()):
            yield key, run[key]
