"""Folders in which compiled code is kept; none that can be written is no error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import egop
from egop import compilation

SCRIPT = """
import numpy as np
import egop
from egop import compilation, iteration
path = egop.run(egop.objectives.quadratic(), egop.methods.adam(0.1), [1.0, 2.0], 3)
loop = iteration._compiled_loop()
print(compilation.cache_folder(), sum(loop.stats.cache_hits.values()), path.values[-1])
"""

SHORT_SCRIPT = """
import egop
from egop import compilation
egop.objectives.quadratic().value([1.0, 2.0])
print(compilation.cache_folder())
"""


def python(script, package, **variables):
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=package,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


def copy_package(folder):
    source = Path(egop.__file__).parent
    for path in source.rglob("*.py"):
        target = folder / "egop" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return copy_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def first(package):
    """Folder of the code, hits and last value of the package's first run."""
    return python(SCRIPT, package)


def test_a_second_process_finds_the_code_of_the_first(package, first):
    folder, hits, value = first
    assert Path(folder).is_relative_to(package / "egop" / "__pycache__")
    assert hits == "0"
    assert python(SCRIPT, package) == [folder, "1", value]


def test_an_edited_rule_is_not_run_from_the_cache(package, first):
    rules = package / "egop" / "methods" / "adaptive.py"
    before = rules.read_text()
    rules.write_text(before.replace("direction = first /", "direction = 2 * first /"))
    second = python(SCRIPT, package)
    rules.write_text(before)
    assert second[0] != first[0]
    assert second[1] == "0"
    assert second[2] != first[2]


def test_no_writable_place_at_all_runs_uncached(tmp_path):
    package = copy_package(tmp_path)
    (package / "egop" / "__pycache__").write_text("a file, not a folder")
    folder, hits, _ = python(SCRIPT, package, HOME="/dev/null", XDG_CACHE_HOME="/dev/null")
    assert folder == "None"
    assert hits == "0"


def test_the_given_cache_folder_is_used(tmp_path):
    root = Path(egop.__file__).parents[1]
    (folder,) = python(SHORT_SCRIPT, root, NUMBA_CACHE_DIR=str(tmp_path))
    assert Path(folder).parent == tmp_path
    assert list(Path(folder).glob("*.nbi"))


def test_folders_of_old_versions_do_not_pile_up(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    others = ["egop-runs", "egop-2026", "egop-fuzz-a1b2c3d4"]
    versions = [f"egop-{i:016x}" for i in range(9)]
    for i, name in enumerate([*others, *versions]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (i, i))
    folder = compilation.cache_folder.__wrapped__()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {folder.name, *others, *versions[5:]}
