"""Damaged and hostile files of runs: results, pieces, and the small files of JSON.

Most cases spoil some bytes of a result or of a piece, which is then read. The others spoil a file
of a finished run, which is then listed beside a sound one, opened, and copied, as a server does
that has it among its runs or is given it.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import h5py

from benchmarks.fuzz.values import hostile
from egop.experiments import begin, partial_results, resume
from egop.lab.run_row_format import row_of
from egop.runs import limited_reading
from egop.runs.archive import Archive
from egop.runs.jobs import Job, write_job

SECONDS = 0.25
"""That a file may take to be read; HDF5 loops for ever in about one of a hundred."""
LATE = 60.0
"""Seconds that a case must never take, on a machine however busy."""
LONGEST = 600
"""Characters of a sentence."""
SMALL = ("config.json", "job.json", "label.json")
ATTRIBUTES = (
    "format", "egop", "experiment", "config", "seed", "device", "threads", "versions", "grouping",
    "data_fingerprint", "data_note", "created", "title", "share", "words", "units", "other",
)  # fmt: skip
DATES = (
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31", "2026-02-30", "soon",
    "20260101T000000Z", "2026-W01-1", "-1", "9" * 400,
)  # fmt: skip
Case = tuple[str, Any]


def generate(rng: Random) -> Case:
    """Returns the kind of file that is spoiled, and its damage."""
    kind = rng.choices([*READ, *SPOIL], [100, 20, 2, 1, 2, 3, 1])[0]
    if kind in READ or kind.endswith("of a run"):
        return kind, [edit(rng) for _ in range(rng.choice([1, 1, 1, 2, 5]))]
    value = rng.choice(DATES) if rng.random() < 0.2 else hostile(rng)
    if kind == "attribute":
        return kind, (rng.choice(ATTRIBUTES), value)
    if kind == "field":
        return kind, (rng.choice(SMALL), rng.randrange(20), value)
    texts = ("", "{", "[" * 100_000, "9" * 100_000, "\x00" * 1000, '{"a":' * 50_000, "null", '"x"')
    return kind, (rng.choice(SMALL), rng.choice(texts))


def edit(rng: Random) -> tuple[str, float, int, int]:
    """One change of bytes: its kind, place as a share of the file, length, and a number."""
    how = rng.choice(["zero", "zero", "flip", "fill", "cut", "copy", "insert"])
    return (
        how,
        rng.random() ** rng.choice([1, 4]),
        rng.choice([1, 4, 8, 64, 1000]),
        rng.getrandbits(8),
    )


def check(case: Case) -> str:
    """Returns the finding where reading, listing, opening or copying a file does harm, else ""."""
    kind, how = case
    genuine()
    begun = time.monotonic()
    with early():
        finding = check_reading(kind, how) if kind in READ else check_run(kind, how)
    if not finding and time.monotonic() - begun > LATE:
        return f"a spoiled {kind} took more than {LATE:g} s"
    return finding


def check_reading(kind: str, edits: list) -> str:
    """Returns "" if a spoiled file is read, or refused in a sentence, else the finding."""
    name, read = READ[kind]
    source = next(genuine().glob(name))
    path = genuine().parent / f"spoiled{source.suffix}"
    path.write_bytes(edited(source.read_bytes(), edits))
    return tried("reading", lambda: read(path))


def check_run(kind: str, how: Any) -> str:
    """Returns "" if a run of which a file is spoiled harms nobody, else the finding."""
    archive, folder = fresh_run()
    try:
        SPOIL[kind](folder, how)
        return outcome(archive, folder)
    finally:
        shutil.rmtree(archive.folder.parent)


def outcome(archive: Archive, folder: Path) -> str:
    """Lists, opens and copies a folder among a server's runs; returns "" or the finding."""
    copies = Archive(archive.folder.parent / "copies")
    for what, act in {
        "listing": lambda: rows(archive),
        "opening": lambda: partial_results.read(folder),
        "copying the result": lambda: copies.import_run(folder / "result.nc"),
        "copying the folder": lambda: copies.import_run(folder),
        "listing copies": lambda: rows(copies),
    }.items():
        finding = tried(what, act)
        if finding:
            return finding
    if len(rows(archive)) != 2:
        return "a spoiled folder hides others"
    return "" if all(rows(copies)) else "a copy is listed without facts"


def rows(archive: Archive) -> list[str]:
    """Returns the list's row of each run, as JSON."""
    return [json.dumps(row_of(entry), allow_nan=False) for entry in archive.entries()]


def tried(what: str, act: Callable[[], Any]) -> str:
    """Returns an error as a finding, or "" for a refusal in one short sentence."""
    try:
        act()
    except (ValueError, OSError) as error:
        said = str(error)
        if not said or len(said) > LONGEST or "\n" in said or getattr(error, "errno", None):
            return f"{what} is refused in no short sentence ({type(error).__name__})"
    except Exception as error:
        return f"{what} raises {type(error).__name__}"
    return ""


@contextmanager
def early() -> Iterator[None]:
    """A context in which files are given up early."""
    before, limited_reading.SECONDS = limited_reading.SECONDS, SECONDS
    try:
        yield
    finally:
        limited_reading.SECONDS = before


@cache
def genuine() -> Path:
    """A finished run, made once."""
    run = begin("two_dimensions", trials=1, epochs=5, out=tempfile.mkdtemp(prefix="egop-fuzz-"))
    run.close()
    assert run.folder is not None
    resume(run.folder)
    (run.folder / "label.json").write_text('"mine"\n')
    write_job(Job("", "paused", place=1.0, seconds=2.0, share=0.5), run.folder)
    return run.folder


def fresh_run() -> tuple[Archive, Path]:
    """An archive with two copies of the genuine run, one of which may be spoiled."""
    archive = Archive(Path(tempfile.mkdtemp(prefix="egop-fuzz-")) / "runs")
    for name in ("sound", "spoiled"):
        shutil.copytree(genuine(), archive.folder / name)
    return archive, archive.folder / "spoiled"


def spoil_result(folder: Path, edits: list) -> None:
    """Changes bytes of the result."""
    path = folder / "result.nc"
    path.write_bytes(edited(path.read_bytes(), edits))


def spoil_piece(folder: Path, edits: list) -> None:
    """Changes bytes of a piece, of a run that is not finished."""
    (folder / "result.nc").unlink()
    path = next(folder.glob(PIECE))
    path.write_bytes(edited(path.read_bytes(), edits))


def spoil_attribute(folder: Path, how: tuple[str, Any]) -> None:
    """Changes an attribute of the result."""
    name, value = how
    with h5py.File(folder / "result.nc", "r+") as file:
        try:
            file.attrs[name] = value
        except (TypeError, ValueError, OSError, RuntimeError, OverflowError):
            file.attrs[name] = repr(value)[:60_000].replace("\x00", "")


def spoil_field(folder: Path, how: tuple[str, int, Any]) -> None:
    """Changes a value of a file of JSON; of a run that is not finished, but for config.json."""
    file, number, value = how
    stored = json.loads((folder / file).read_text())
    if isinstance(stored, dict):
        stored[list(stored)[number % len(stored)]] = value
    else:
        stored = value
    (folder / file).write_text(json.dumps(stored))
    if file != "config.json":
        (folder / "result.nc").unlink()


def spoil_text(folder: Path, how: tuple[str, str]) -> None:
    """Writes another text into a file of JSON."""
    file, text = how
    (folder / file).write_text(text)


PIECE = "pieces/*.npz"
READ: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "result": ("result.nc", limited_reading.read_dataset),
    "piece": (PIECE, limited_reading.read_arrays),
}
"""The file of a run that is spoiled, and the function that reads it."""
SPOIL: dict[str, Callable[[Path, Any], None]] = {
    "result of a run": spoil_result,
    "piece of a run": spoil_piece,
    "attribute": spoil_attribute,
    "field": spoil_field,
    "text": spoil_text,
}


def edited(before: bytes, edits: list[tuple[str, float, int, int]]) -> bytes:
    """The bytes of a file, changed."""
    content = bytearray(before)
    for how, share, length, number in edits:
        at = int(share * len(content))
        old = content[at : at + length]
        new = {
            "zero": bytes(len(old)),
            "flip": bytes([old[0] ^ (number or 1)]) + old[1:] if old else b"",
            "fill": bytes([number]) * len(old),
            "cut": b"",
            "copy": content[:length],
            "insert": old + bytes([number]) * length,
        }[how]
        content[at : at + length] = new
    return bytes(content)


def close() -> None:
    """Ends the processes that read, and removes the genuine run."""
    if genuine.cache_info().currsize:
        shutil.rmtree(genuine().parent)
        genuine.cache_clear()
    limited_reading.VIEWED.close()
    limited_reading.ADDED.close()
    limited_reading.TABLES.close()
