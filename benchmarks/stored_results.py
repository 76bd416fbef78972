"""Results in a few zip files, as they are finished, and from there as netCDF files again.

    python -m benchmarks.stored_results FOLDER --out runs     # FOLDER/*.zip → runs/NAME.nc

For machines without netCDF packages, from which only few files of limited size can be brought:
`egop claims runs/*.nc` and `egop figures runs/*.nc` read what comes out.
"""

import argparse
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

LARGEST = 15_000_000
"""Bytes of one zip file, as long as one result is not larger by itself."""
EVERY = 10
"""One step in so many of the convex problems is kept: their claims read no other."""
ROUNDED_BITS = 10
"""Bits of float32's mantissa that are set to 0 in results that would be too large: 1e-4."""


class Store:
    """Zip files results-1.zip, results-2.zip, … in a folder.

    Args:
        folder: is made.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._number = 1

    def add(self, name: str, result: xr.Dataset) -> Path:
        """Writes a result at once into the last zip file, or the next where it is full."""
        content = packed(thinned(result))
        if len(content) > LARGEST:
            content = packed(rounded(thinned(result)))
        path = self._path
        if path.exists() and path.stat().st_size + len(content) > LARGEST:
            self._number += 1
        with zipfile.ZipFile(self._path, "a", zipfile.ZIP_STORED) as file:
            file.writestr(f"{name}.npz", content)
        return self._path

    @property
    def _path(self) -> Path:
        return self.folder / f"results-{self._number}.zip"


def thinned(result: xr.Dataset) -> xr.Dataset:
    """A result with each tenth step of the convex problems, and all epochs of the others."""
    if "problem" not in result.dims or (result.sizes["epoch"] - 1) % EVERY:
        return result
    return result.isel(epoch=slice(None, None, EVERY))


def rounded(result: xr.Dataset) -> xr.Dataset:
    """A result whose float32 curves are rounded to 13 bits of mantissa, which packs far smaller."""
    mask = np.uint32(0xFFFFFFFF << ROUNDED_BITS & 0xFFFFFFFF)
    half = np.uint32(1 << (ROUNDED_BITS - 1))
    made = {}
    for name, each in result.data_vars.items():
        if each.dtype == np.float32 and "epoch" in each.dims:
            bits = np.ascontiguousarray(each.to_numpy()).view(np.uint32)
            kept = np.where(np.isfinite(each.to_numpy()), (bits + half) & mask, bits)
            made[name] = each.dims, kept.astype(np.uint32).view(np.float32)
    return result.assign(made).assign_attrs(rounded="float32 curves to 13 bits of mantissa")


def packed(result: xr.Dataset) -> bytes:
    """The content of an .npz file: arrays by name, and dims and attributes as JSON."""
    arrays = {str(name): each.to_numpy() for name, each in result.variables.items()}
    text = {key: x.astype(str) for key, x in arrays.items() if x.dtype.kind in "OT"}
    dims = {str(name): each.dims for name, each in result.variables.items()}
    about = json.dumps({"attributes": result.attrs, "dims": dims, "coords": list(result.coords)})
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, about=about, **{**arrays, **text})
    return file.getvalue()


def unpacked(content: bytes) -> xr.Dataset:
    """The result that `packed` gave."""
    with np.load(io.BytesIO(content)) as file:
        about = json.loads(str(file["about"]))
        variables = {name: (dims, file[name]) for name, dims in about["dims"].items()}
    coords = {name: variables.pop(name) for name in about["coords"]}
    return xr.Dataset(variables, coords, attrs=about["attributes"])


def read(folder: Path) -> dict[str, xr.Dataset]:
    """Every result in the zip files of a folder, by name."""
    found = {}
    for path in sorted(folder.glob("results-*.zip")):
        with zipfile.ZipFile(path) as file:
            for name in file.namelist():
                found[name.removesuffix(".npz")] = unpacked(file.read(name))
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Writes the results of a folder as netCDF."""
    parser = argparse.ArgumentParser("python -m benchmarks.stored_results", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    asked = parser.parse_args(words)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, result in read(asked.folder).items():
        result.to_netcdf(asked.out / f"{name}.nc", engine="h5netcdf")
        print(asked.out / f"{name}.nc")


if __name__ == "__main__":
    main()
