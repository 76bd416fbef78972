"""The finished runs in some folders, by experiment."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from egop.extras import needed
from egop.runs.manifest import CONFIG
from egop.runs.run import RESULT

if TYPE_CHECKING:
    import xarray as xr


def finished_runs(paths: Sequence[str | Path]) -> "dict[str, xr.Dataset]":
    """The result of each experiment; of several runs of one experiment that of the one begun last.

    Args:
        paths: folders of runs, result.nc files, or folders that hold folders of runs, of which
            those that are not finished, and those of experiments of one's own, are left out.

    Raises:
        FileNotFoundError: there is no run, or it is not finished.
        ValueError: a result is damaged, of another version, or none of egop.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.experiments import EXPERIMENTS
        from egop.runs.results import load
    results: dict[str, xr.Dataset] = {}
    others = set()
    for path in map(Path, paths):
        for folder in _runs(path):
            result = load(folder)
            name = str(result.attrs["experiment"])
            if name not in EXPERIMENTS:
                if folder == path:
                    raise ValueError(
                        f"{folder} is a run of {name!r}, which this egop does not have; "
                        f"it has {', '.join(EXPERIMENTS)}"
                    )
                others.add(name)
            elif name not in results or _begun(results[name]) <= _begun(result):
                results[name] = result
    if others and not results:
        raise FileNotFoundError(
            f"there are only runs of {', '.join(sorted(others))}, which this egop does not have; "
            f"it has {', '.join(EXPERIMENTS)}"
        )
    return results


def _runs(path: Path) -> list[Path]:
    """The runs that a path stands for."""
    if not path.is_dir() or (path / CONFIG).exists() or (path / RESULT).exists():
        return [path]
    found = sorted(each.parent for each in path.glob(f"*/{RESULT}"))
    if not found:
        raise FileNotFoundError(
            f"{path} holds no finished run; runs are made by egop experiment NAME"
        )
    return found


def _begun(result: "xr.Dataset") -> str:
    return str(result.attrs.get("created", ""))
