"""Results from elsewhere: read in another process, whatever they make the readers do."""

import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import egop.lab
from egop.experiments import begin, load, resume
from egop.limited_process import BusyError
from egop.runs import limited_reading, npz_bounds
from egop.runs.archive import Archive
from egop.runs.limited_reading import read_arrays, read_dataset
from egop.runs.netcdf import read_netcdf
from egop.runs.results import write
from tests.lab.fakes import result


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "runs")


def finished(tmp_path: Path) -> Path:
    """The result of a finished run."""
    made = begin("two_dimensions", trials=1, epochs=5, out=tmp_path / "elsewhere")
    made.close()
    assert made.folder is not None
    resume(made.folder)
    return made.folder / "result.nc"


def looping(path: Path) -> None:
    """A result with some bytes of zeros, which HDF5 reads for ever (HDFGroup/hdf5 issue 1707)."""
    write(result().assign_attrs(experiment="digits", format=2, config="{}"), path.parent)
    content = bytearray((path.parent / "result.nc").read_bytes())
    content[2253:2267] = bytes(14)
    path.write_bytes(content)


@pytest.mark.parametrize("read", ["import_run", "open", "csv", "live"])
def test_a_file_that_is_read_for_ever_is_refused_after_its_time(
    read, archive, tmp_path, monkeypatch
):
    for name in ("SECONDS", "WRITING"):
        monkeypatch.setattr(limited_reading, name, 0.5)
    path = tmp_path / "damaged.nc"
    looping(path)
    name = archive.import_run(finished(tmp_path))
    shutil.copy(path, archive.path(name) / "result.nc")
    reads = {
        "import_run": lambda: archive.import_run(path),
        "open": lambda: egop.lab.open(path),
        "csv": lambda: limited_reading.long_table(archive.netcdf(name)),
        "live": lambda: egop.lab.open(archive.path(name)),
    }
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"takes more than 0\.5 s to be read"):
        reads[read]()
    assert time.monotonic() - began < 30
    assert read_arrays_of_one(tmp_path) == 3


def read_arrays_of_one(folder: Path) -> float:
    """Reads a sound file, after a damaged one."""
    with (folder / "sound.npz").open("wb") as file:
        np.savez(file, x=np.array(3.0))
    return float(read_arrays(folder / "sound.npz")["x"])


def test_a_table_has_more_time_than_what_is_shown_and_holds_it_up_in_no_process(
    tmp_path, monkeypatch
):
    """The table of the convex problems, quick, takes 15 s, and was refused after 10."""
    path = finished(tmp_path)
    monkeypatch.setattr(limited_reading, "SECONDS", 1e-9)
    monkeypatch.setattr(limited_reading, "VIEWED", None)
    assert limited_reading.long_table(path).startswith(b"optimizer,")


def as_egop_writes_it(path: Path) -> None:
    shutil.copy(finished(path.parent), path)


def own_netcdf_4(path: Path) -> None:
    made = result().assign(
        percent=("epoch", np.arange(5) / 2), names=("trial", np.array([b"a", b"bc", b""]))
    )
    packing = {"percent": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": np.int16(4)}}
    made.to_netcdf(path, engine="h5netcdf", encoding=packing)


def own_netcdf_3(path: Path) -> None:
    result().to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


@pytest.mark.parametrize("make", [as_egop_writes_it, own_netcdf_4, own_netcdf_3])
def test_the_same_numbers_come_back_as_without_limits(make, tmp_path):
    path = tmp_path / "mine.nc"
    make(path)
    found = read_dataset(path)
    xr.testing.assert_identical(found, read_netcdf(path))
    assert all(each.dtype.kind in "biufU" for each in found.variables.values())


def test_what_was_added_is_written_anew(archive, tmp_path):
    path = finished(tmp_path)
    expected = load(path)
    with h5py.File(path, "r+") as file:
        file.attrs["share"] = 0.3
        file.attrs["secret"] = "x" * 1000
        file["training_loss"].attrs["note"] = "x"
    name = archive.import_run(path)
    xr.testing.assert_identical(load(archive.path(name)), expected)
    assert b"secret" not in archive.netcdf(name).read_bytes()


def many_variables(file: h5py.File) -> None:
    for number in range(300):
        file[f"v{number}"] = 0


def many_attributes(file: h5py.File) -> None:
    for number in range(300):
        file.attrs[f"a{number}"] = 0


def a_complex_attribute(file: h5py.File) -> None:
    file.attrs["odd"] = 1j


def a_long_attribute(file: h5py.File) -> None:
    file.create_dataset("v", data=np.zeros(2)).attrs["a"] = "x" * 5_000_000


def a_long_name(file: h5py.File) -> None:
    file["v" * 300] = 0


def groups(file: h5py.File) -> None:
    file.create_group("inner")["x"] = 0


def large_chunks(file: h5py.File) -> None:
    file.create_dataset("v", (1,), "f8", maxshape=(None,), chunks=(10**7,), compression="gzip")


def a_plugin(file: h5py.File) -> None:
    file.create_dataset("v", data=np.zeros(100), chunks=(10,), compression="lzf")


def many_zeros(file: h5py.File) -> None:
    file.create_dataset("v", (4 * 10**7,), "u1", chunks=(10**6,), compression="gzip")


def many_texts(file: h5py.File) -> None:
    file.create_dataset("v", (10**6,), h5py.string_dtype(), chunks=(10**5,), compression="gzip")


def long_texts(file: h5py.File) -> None:
    values = np.full(20_000, "x" * 100_000, dtype=object)
    file.create_dataset(
        "v", data=values[:1], dtype=h5py.string_dtype(), chunks=(1,), maxshape=(None,)
    )
    file["v"].resize((1000,))


def references(file: h5py.File) -> None:
    file.create_dataset("v", (3,), h5py.ref_dtype)


def records(file: h5py.File) -> None:
    file.create_dataset("v", (3,), np.dtype([("a", "f8"), ("b", "i4")]))


EXCESSES = {
    many_variables: "has 3.. variables, and a result at most 200",
    many_attributes: "has 3.. attributes, and a result at most 100",
    a_long_attribute: "'v' has an attribute of more than 4,000,000 characters",
    a_complex_attribute: "odd.nc: an attribute holds complex128, and a result numbers and texts",
    a_long_name: "a variable whose name is longer than 200 characters",
    groups: "has groups of variables",
    large_chunks: "has parts of more than 64 MB in '/v'",
    a_plugin: "is packed in another way than by gzip",
    many_zeros: "holds 320 MB of numbers, and a result that is read here at most 2. MB",
    many_texts: "has 1,000,000 texts",
    long_texts: "has a text of 100,000 characters",
    references: "numbers and texts",
    records: "numbers and texts",
}


@pytest.mark.parametrize("exceed", EXCESSES)
def test_a_file_beyond_the_bounds_is_refused(exceed, archive, tmp_path):
    path = tmp_path / "odd.nc"
    write(result().assign_attrs(experiment="digits", format=2, config="{}"), tmp_path)
    (tmp_path / "result.nc").rename(path)
    with h5py.File(path, "r+") as file:
        exceed(file)
    assert path.stat().st_size < 10**7
    with pytest.raises(ValueError, match=EXCESSES[exceed]):
        archive.import_run(path)
    assert archive.entries() == []


NAMES = {
    "two\nlines": "has a name of optimizer that is too long or cannot be shown",
    "x" * 300: "has a name of optimizer that is too long or cannot be shown",
    "": "holds 200,000 runs, and at most 100,000 can be shown",
}


@pytest.mark.parametrize("name", NAMES, ids=["odd name", "long name", "many runs"])
def test_a_result_that_cannot_be_shown_is_refused(name, archive, tmp_path):
    made = result().assign_coords(optimizer=["adam", name])
    if not name:
        made = result().isel(trial=np.zeros(25_000, dtype=int))
    write(made.assign_attrs(experiment="digits", format=2, config="{}"), tmp_path)
    with pytest.raises(ValueError, match=NAMES[name]):
        archive.import_run(tmp_path / "result.nc")
    assert archive.entries() == []


def test_memory_beyond_the_limit_is_a_sentence(tmp_path):
    with pytest.raises(
        ValueError, match=f"takes more than {limited_reading.MEGABYTES} MB of memory to be read"
    ):
        limited_reading._call(limited_reading.VIEWED, 5, allocate, tmp_path / "x.nc")


def allocate(path: Path) -> bytes:
    return bytes(4 * 10**9)


def test_a_busy_moment_says_nothing_of_the_file(monkeypatch, tmp_path):
    def busy(*_, **__):
        raise BusyError("try again later")

    monkeypatch.setattr(limited_reading.VIEWED, "call", busy)
    with pytest.raises(BusyError, match="try again later"):
        read_arrays(tmp_path / "x.npz")


def packed(path: Path) -> None:
    np.savez_compressed(path, x=np.zeros(10**7))


def lying(path: Path) -> None:
    np.savez(path, x=np.zeros(100))
    path.write_bytes(path.read_bytes().replace(b"(100,), }", b"(900,), }"))


def objects(path: Path) -> None:
    np.savez(path, x=np.array([{}]))


def truncated(path: Path) -> None:
    np.savez(path, x=np.zeros(100))
    path.write_bytes(path.read_bytes()[:300])


def altered(path: Path) -> None:
    np.savez(path, x=np.zeros(100))
    content = bytearray(path.read_bytes())
    content[400] = 1
    path.write_bytes(content)


def many(path: Path) -> None:
    np.savez(path, **{f"x{k}": np.zeros(1) for k in range(1100)})


@pytest.mark.parametrize("make", [packed, lying, objects, truncated, altered, many])
def test_arrays_that_egop_does_not_write_are_refused(make, tmp_path):
    path = tmp_path / "x.npz"
    make(path)
    for read in (read_arrays, limited_reading.check_arrays):
        with pytest.raises(ValueError, match="is incomplete or altered"):
            read(path)


def test_arrays_of_egop_are_sound(tmp_path):
    with (tmp_path / "x.npz").open("wb") as file:
        np.savez(file, a=np.arange(3), b=np.array(["x", "yz"]), c=np.float32(2), d=np.zeros((0, 3)))
    npz_bounds.check_arrays(tmp_path / "x.npz")
    assert read_arrays(tmp_path / "x.npz")["b"].tolist() == ["x", "yz"]


def test_a_piece_that_is_altered_is_not_taken_in(archive, tmp_path):
    folder = finished(tmp_path).parent
    path = next((folder / "pieces").glob("*.npz"))
    packed(path)
    with pytest.raises(ValueError, match=f"{path} is incomplete or altered"):
        archive.import_run(folder)
    assert archive.entries() == []
