"""Files that are no netCDF or cannot be read now: one sentence each, none says to delete them."""

import errno
import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import egop.lab
from egop.runs.netcdf import read_netcdf
from egop.runs.run import Run
from tests.lab.fakes import result


def netcdf_4(path: Path) -> bytes:
    result().to_netcdf(path, engine="h5netcdf")
    return path.read_bytes()


def netcdf_3(path: Path) -> bytes:
    result().to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")
    return path.read_bytes()


def truncated(path: Path) -> None:
    path.write_bytes(netcdf_4(path)[:2000])


def truncated_3(path: Path) -> None:
    path.write_bytes(netcdf_3(path)[:600])


def altered(path: Path) -> None:
    content = bytearray(netcdf_4(path))
    content[300:2000] = b"\xff" * 1700
    path.write_bytes(content)


def text(path: Path) -> None:
    path.write_text("no netCDF")


def empty(path: Path) -> None:
    path.touch()


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(result()))


def table(path: Path) -> None:
    result().to_dataframe().to_csv(path)


def archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, loss=np.ones(3))


def without_dims(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["training_loss"] = np.ones((2, 3))


REFUSED = {
    truncated: "cannot be read as netCDF: it is incomplete or altered; copy it again",
    truncated_3: "cannot be read as netCDF: it is incomplete or altered; copy it again",
    altered: "cannot be read as netCDF: it is incomplete or altered; copy it again",
    text: "is no netCDF file; read it by its own program",
    empty: "is empty; take a file as xarray's to_netcdf writes it",
    pickled: "is no netCDF file; read it by its own program",
    table: "is no netCDF file; read it by its own program",
    archive: "is no netCDF file; read it by its own program",
    without_dims: "is an HDF5 file, but no netCDF: its numbers have no named dimensions",
}


@pytest.mark.parametrize("write", REFUSED, ids=lambda write: write.__name__)
def test_a_file_that_is_no_netcdf_is_refused_and_kept(write, tmp_path):
    path = tmp_path / "mine.nc"
    write(path)
    for read in (read_netcdf, egop.lab.open):
        with pytest.raises(ValueError, match="mine") as refusal:
            read(path)
        assert REFUSED[write] in str(refusal.value)
        assert "delete" not in str(refusal.value)
    assert path.exists()


@pytest.mark.parametrize("write", [netcdf_3, netcdf_4], ids=lambda write: write.__name__)
def test_netcdf_of_one_s_own_is_read(write, tmp_path):
    path = tmp_path / "mine.nc"
    write(path)
    found = read_netcdf(path)
    assert found["optimizer"].values.tolist() == ["adagrad", "adam"]
    np.testing.assert_array_equal(found["training_loss"], result()["training_loss"])
    assert found["basis"].dtype.kind == "U"
    reading = egop.lab.open(path)
    assert reading.dashboard.runs[0].dataset["status"].sizes["trial"] == 3
    assert reading.label == "mine"


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_dates_and_long_texts_of_one_s_own_are_read(engine, tmp_path):
    days = np.array(["2025-01-01", "2025-01-02"], "M8[ns]")
    own = xr.Dataset({"day": ("trial", days), "note": ("trial", ["a" * 2000, "b"])})
    own.to_netcdf(path := tmp_path / "mine.nc", engine=engine)
    xr.testing.assert_equal(read_netcdf(path), own)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EACCES, PermissionError, "ask its owner for permission"),
        (errno.EAGAIN, BlockingIOError, "another program is writing it"),
        (errno.EIO, OSError, "try again"),
    ],
)
@pytest.mark.parametrize("where", ["open", "load"])
def test_a_file_that_cannot_be_read_now_is_not_called_incomplete(
    number, kind, words, where, tmp_path, monkeypatch
):
    netcdf_4(path := tmp_path / "mine.nc")

    def refuse(*_: object, **__: object):
        raise OSError(number, os.strerror(number))

    target = (Path, "open") if where == "open" else (h5py, "File")
    monkeypatch.setattr(*target, refuse)
    with pytest.raises(kind, match=rf"mine\.nc cannot be read now .*; {words}"):
        read_netcdf(path)


def test_a_piece_that_cannot_be_read_now_is_not_called_altered(tmp_path, monkeypatch):
    (tmp_path / "pieces").mkdir()
    run = Run(tmp_path, {}, locked=False)
    run.keep("group", {"a": np.zeros(3)})

    def refuse(*_: object, **__: object):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OSError, match=r"group\.npz cannot be read now \(Permission denied\)"):
        run.get("group")


def test_a_run_whose_config_cannot_be_read_now_is_not_called_damaged(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text("{}")

    def refuse(*_: object, **__: object):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PermissionError, match=r"config\.json cannot be read now .*; ask its owner"):
        egop.lab.open(tmp_path)


def test_a_zarr_folder_is_refused(tmp_path):
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "zarr.json").write_text("{}")
    with pytest.raises(ValueError, match=r"is a Zarr folder; open it by xarray\.open_zarr"):
        egop.lab.open(tmp_path / "mine.zarr")
