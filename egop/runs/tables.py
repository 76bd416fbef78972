"""Results as long tables, for spreadsheets and other programs."""

from typing import TYPE_CHECKING

from egop.trials import NOT_RUN

if TYPE_CHECKING:
    import xarray as xr

MAIN = ("training_loss", "eigenvalues", "learning_rate")
"""The first of these that a result has gives the table its rows."""


def long_table(result: "xr.Dataset") -> bytes:
    """One row for each optimizer, basis, rate, trial and epoch, or for each number of a spectrum.

    The columns are the coordinates, and everything that belongs to a row or is the same for several
    of them. Runs that were not made are left out, and NaN is an empty cell.
    """
    result = _unfolded(result)
    main = next((name for name in MAIN if name in result), str(next(iter(result.variables))))
    dims = [str(dim) for dim in result[main].dims]
    columns = [name for name, each in result.data_vars.items() if set(each.dims) <= set(dims)]
    frame = result[columns].to_dataframe(dim_order=dims)
    if "status" in frame:
        frame = frame.loc[frame["status"] != NOT_RUN]
    if main == "eigenvalues":
        frame = frame.dropna(subset=[main])
    return frame.to_csv(lineterminator="\n").encode()


def _unfolded(result: "xr.Dataset") -> "xr.Dataset":
    """Points (…, coordinate) as a variable for each coordinate."""
    if "points" not in result:
        return result
    points = result["points"]
    coordinates = {
        f"points_{place}": points.isel(coordinate=place, drop=True)
        for place in range(points.sizes["coordinate"])
    }
    return result.drop_vars("points").assign(coordinates)
