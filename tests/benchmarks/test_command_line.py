"""The command lines of benchmarks: help is given, and nothing is measured for it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as bench

ROOT = Path(__file__).parents[2]


def asked(module, *words):
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=100
    )


def test_help_lists_every_benchmark_with_one_line(capsys):
    with pytest.raises(SystemExit) as left:
        bench.main(["--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    for name, module in bench.MODULES.items():
        line = rf"^  {re.escape(name)} +{re.escape(bench.first_line(module))}$"
        assert re.search(line, told, re.MULTILINE)


def test_a_benchmark_is_measured_by_its_name_and_another_is_refused(monkeypatch, capsys):
    stored = []
    monkeypatch.setattr(bench, "store", stored.append)
    for module in bench.MODULES.values():
        monkeypatch.setattr(module, "rows", lambda: pytest.fail("is measured"))
    monkeypatch.setattr(bench.spectrum, "rows", list)
    bench.main(["spectrum"])
    assert not stored
    with pytest.raises(SystemExit):
        bench.main(["spectra"])
    assert "there is no benchmark spectra; take loading, " in capsys.readouterr().err


@pytest.mark.parametrize("module", ["benchmarks.faults", "benchmarks.oracles"])
def test_a_benchmark_without_arguments_gives_help_and_refuses_others(module):
    told = asked(module, "--help")
    assert told.returncode == 0
    assert told.stdout.startswith(f"usage: python -m {module} [-h]")
    wrong = asked(module, "--quick")
    assert wrong.returncode == 2
    assert "unrecognized arguments: --quick" in wrong.stderr


def test_every_file_that_is_run_reads_its_command_line():
    for path in (ROOT / "benchmarks").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if '\nif __name__ == "__main__":' in text:
            reads = "take_none(__doc__)" in text or "ArgumentParser" in text or "sys.argv" in text
            assert reads, path
