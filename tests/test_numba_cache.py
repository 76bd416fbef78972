"""A cache of compiled code that is damaged is made anew: no error, no crash, the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DAMAGES = {
    "emptied": lambda held: b"",
    "zeroed": lambda held: bytes(len(held)),
    "cut": lambda held: held[: len(held) // 2],
    "one byte cut": lambda held: held[:-1],
    "garbage": lambda held: os.urandom(len(held)),
    "a hole": lambda held: held[:700] + bytes(max(0, len(held) - 1400)) + held[-700:],
    "one byte changed": lambda held: held[:-100] + bytes([held[-100] ^ 255]) + held[-99:],
}
KINDS = {"index": "*.nbi", "code": "*.nbc", "both": "*.nb?"}
SCRIPT = """
import sys
from pathlib import Path
from numba import njit
from egop.numba_cache import cached_cfunc, disk_cache_in
from egop.compilation import KERNEL_SIGNATURE

def total(numbers, factor):
    result = 0.0
    for each in numbers:
        result += factor * each
    return result

def kernel(data, dim, point, gradient):
    gradient[0] = 2 * point[0]
    return point[0] ** 2

cache = disk_cache_in(Path(sys.argv[1]))
dispatcher = njit(total)
dispatcher._cache = cache(total)
found = dispatcher((1.0, 2.0), 3.0)
native = cached_cfunc(cache, kernel, KERNEL_SIGNATURE, {"error_model": "numpy"})
print(found, sum(dispatcher.stats.cache_hits.values()), native.cache_hits, native.address > 0)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs compiled functions with a cache, and returns the hits of each, in new processes."""
    script = tmp_path_factory.mktemp("cache") / "functions.py"
    script.write_text(SCRIPT)
    folder = script.parent / "compiled"
    folder.mkdir()

    def start() -> list[str]:
        root = Path(__file__).parents[1]
        done = subprocess.run(
            [sys.executable, str(script), str(folder)],
            env=os.environ | {"PYTHONPATH": str(root)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
        return done.stdout.split()

    assert start() == ["9.0", "0", "0", "True"]
    assert start() == ["9.0", "1", "1", "True"]
    return start, folder


@pytest.mark.parametrize(
    ("damage", "kind"),
    [("emptied", "both"), ("zeroed", "code"), ("cut", "index"), ("one byte cut", "both"),
     ("garbage", "index"), ("a hole", "code"), ("one byte changed", "code")],
)  # fmt: skip
def test_a_damaged_cache_is_made_anew(run, damage, kind):
    start, folder = run
    files = list(folder.glob(KINDS[kind]))
    assert files
    for path in files:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert start() == ["9.0", "0", "0", "True"]
    assert start() == ["9.0", "1", "1", "True"]


def test_a_folder_in_place_of_a_file_runs_uncached(run):
    start, folder = run
    for path in folder.glob("*.nbi"):
        path.unlink()
        path.mkdir()
    assert start() == ["9.0", "0", "0", "True"]
    for path in folder.glob("*.nbi"):
        path.rmdir()
    assert start()[0] == "9.0"
    assert start() == ["9.0", "1", "1", "True"]
