"""A trajectory as a labelled dataset."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr


def labelled_dataset(trajectory: Any, run_dims: Sequence[str] | None) -> "xr.Dataset":
    """The dataset that `Trajectory.to_xarray` describes."""
    with needed("Trajectory.to_xarray", extra="networks"):
        import xarray as xr

    axes = len(trajectory.final_value.shape)
    if run_dims is None:
        run_dims = ["run"] if axes == 1 else [f"run_{place}" for place in range(1, axes + 1)]
    if isinstance(run_dims, str) or len(run_dims) != axes:
        raise ValueError(f"run_dims takes a name for each of the {axes} axes, got {run_dims!r}")
    over_runs = tuple(run_dims)
    along = ("step", *over_runs)
    variables: dict[str, tuple[tuple[str, ...], Any]] = {
        "point": ((*along, "coordinate"), trajectory.points),
        "value": (along, trajectory.values),
        "gradient_norm": (along, trajectory.gradient_norms),
        "gradient_norm_1": (along, trajectory.gradient_norms_1),
        "final_point": ((*over_runs, "coordinate"), trajectory.final_point),
        "final_value": (over_runs, trajectory.final_value),
        "diverged_at": (over_runs, trajectory.diverged_at),
        "reached_at": (over_runs, trajectory.reached_at),
        "eigenvectors": (("coordinate", "k"), trajectory.eigenvectors),
    }
    if trajectory.bases is not None:
        basis = ("refresh", *over_runs)
        variables |= {
            "refreshed_at": (("refresh",), trajectory.bases.steps),
            "eigenvalues": ((*basis, "k"), trajectory.bases.eigenvalues),
            "eigenvectors": ((*basis, "coordinate", "k"), trajectory.bases.eigenvectors),
        }
    for name, parts in trajectory.recorded.items():
        nowhere = np.full((1, *parts.shape[1:]), np.nan)
        variables[name] = ((*along, "coordinate"), np.concatenate([parts, nowhere]))
    return xr.Dataset({name: each for name, each in variables.items() if each[1] is not None})
