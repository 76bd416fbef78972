"""The Makefile: its help, and what it says on a machine where it cannot work."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import LONGEST, ROOT, WITH_PAGES

MAKE = shutil.which("make")

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


def make(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    command = [str(MAKE), "--no-print-directory", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def test_help_is_the_default_and_lists_every_target():
    text = make(cwd=ROOT).stdout
    (phony,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)
    assert [line.split()[0] for line in text.splitlines()] == phony.split()
    assert text == make("help", cwd=ROOT).stdout


def test_without_a_python_it_says_what_is_needed(tmp_path: Path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    result = make(".venv/made", cwd=tmp_path, env={"PATH": ""})
    assert result.returncode != 0
    assert "egop needs Python 3.11 or newer" in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_light_app_leaves_torch_out():
    commands = make("--dry-run", "--always-make", "app", "LIGHT=1", "PORT=6001", cwd=ROOT).stdout
    assert '".[app]"' in commands
    assert "egop app --port 6001" in commands


def test_a_build_of_torch_can_be_chosen():
    chosen = make("--dry-run", "--always-make", "app", "TORCH=cpu", cwd=ROOT).stdout
    (line,) = [line for line in chosen.splitlines() if line.endswith(" torch")]
    assert "--no-deps --index-url https://download.pytorch.org/whl/cpu torch" in line
    assert chosen.index(line) < chosen.index('".[app,networks,cluster,figures]"')
    for other in ([], ["TORCH=cpu", "LIGHT=1"]):
        assert "whl" not in make("--dry-run", "--always-make", "app", *other, cwd=ROOT).stdout


def test_every_test_that_opens_a_page_is_run():
    commands = make("--dry-run", "test", cwd=ROOT).stdout
    assert f"-m browser {' '.join(WITH_PAGES)}\n" in commands


def test_scripts_are_checked_by_tools_of_exact_versions():
    commands = make("--dry-run", "--always-make", "check", cwd=ROOT).stdout.splitlines()
    lines = [
        next(k for k, line in enumerate(commands) if part in line)
        for part in ('"ci"', "eslint", "tsc")
    ]
    assert lines == sorted(lines)
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert package["private"] is True
    assert package.keys() <= {"name", "private", "type", "devDependencies"}
    for name, version in package["devDependencies"].items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert not any("resolved" in each for each in lock.values())


def test_the_longest_files_are_there():
    assert [name for name in LONGEST if not (ROOT / name).exists()] == []
