"""The command line: what arrives, what is said, and the exit status."""

import errno
import hashlib
import subprocess
import sys

import numpy as np
import pytest

import egop
from egop import cli
from egop.networks import downloads
from egop.networks.sources import COLLECTIONS, Collection, PinnedFile
from tests.networks.public_server import PublicServer, serving

CONTENT = bytes(range(256)) * 500


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server of one small data set, which takes the place of the public ones."""
    with serving(PublicServer({"small.bin": CONTENT})) as running:
        pinned = PinnedFile("small.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
        data = Collection("small", "one-file", (pinned,), (running.url,), reference="nobody 1900")
        for module in (cli, downloads):
            monkeypatch.setattr(module, "COLLECTIONS", {"small": data})
        monkeypatch.setenv("EGOP_DATA", str(tmp_path))
        yield running


def test_fetching_puts_the_file_in_the_data_folder_and_shows_progress(server, tmp_path, capsys):
    assert cli.main(["data", "fetch", "small"]) == 0
    assert (tmp_path / "one-file/small.bin").read_bytes() == CONTENT
    said = capsys.readouterr()
    assert said.out == f"small: 1 file in {tmp_path / 'one-file'}\n"
    assert "small.bin" in said.err
    assert "100" in said.err or "128.0" in said.err


def test_the_help_says_what_the_commands_are_for(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Serve the explorer, run the paper's experiments" in said
    assert all(f" {name} " in said for name in cli.COMMANDS)


def test_the_list_says_what_is_missing_and_what_is_here(server, tmp_path, capsys):
    assert cli.main(["list"]) == 0
    assert "egop data fetch small" in capsys.readouterr().out
    cli.main(["data", "fetch", "small"])
    cli.main(["list"])
    listed = capsys.readouterr().out
    assert "egop data fetch" not in listed.split("files in")[-1]
    assert str(tmp_path / "one-file") in listed
    assert "nobody 1900" in listed


def test_an_unknown_name_is_one_sentence_and_fetches_nothing(server, capsys):
    assert cli.main(["data", "fetch", "small", "smal"]) == 1
    assert capsys.readouterr().err == ("egop: there is no data set 'smal': did you mean 'small'?\n")
    assert server.asked == []


def test_no_network_is_one_sentence(server, monkeypatch, capsys):
    server.files.clear()
    assert cli.main(["data", "fetch", "small"]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("egop: small.bin could not be downloaded (127.0.0.1")
    assert "egop data fetch small again" in last


FAULTS = {
    "a wrong argument": lambda: len(3),
    "an unknown number": lambda: int("three"),
    "an array": lambda: np.zeros(2) + np.zeros(3),
    "a key": lambda: {}["x"],
    "an import": lambda: __import__("no_such_package"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_egop_shows_its_traceback(monkeypatch, fault):
    monkeypatch.setattr(cli, "missing", lambda data: FAULTS[fault]())
    with pytest.raises((TypeError, ValueError, KeyError, ImportError)):
        cli.main(["list"])


def test_what_a_fault_in_the_code_of_egop_raises_is_no_sentence_for_people():
    with pytest.raises(TypeError) as raised:
        egop.metrics.stable_rank(object())  # numpy cannot add objects up
    assert not cli.is_refusal(raised.value)
    with pytest.raises(TypeError) as raised:
        egop.metrics.stable_rank(egop.Eigenbasis.identity(2))
    assert cli.is_refusal(raised.value)


def test_what_the_system_refuses_is_one_sentence(monkeypatch, capsys):
    def full(data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cli, "missing", full)
    assert cli.main(["list"]) == 1
    assert "No space left on device" in capsys.readouterr().err


def test_ctrl_c_leaves_what_came(server, monkeypatch, tmp_path, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "fetch", interrupted)
    assert cli.main(["data", "fetch", "small"]) == 130
    assert "goes on from here" in capsys.readouterr().err


def test_without_rich_one_sentence_says_what_to_install(server, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert cli.main(["data", "fetch", "small"]) == 1
    assert (
        'rich, which is not installed: run pip install "egop[networks]"' in capsys.readouterr().err
    )


def test_it_runs_as_a_module_and_loads_no_torch():
    code = (
        "import sys, runpy; sys.argv = ['egop', 'list']\n"
        "try: runpy.run_module('egop', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert 'torch' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in run.stdout for name in COLLECTIONS)


def test_it_says_its_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"egop {egop.__version__}\n"


def test_what_is_not_understood_shows_the_usage(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["dta"])
    assert "usage: egop" in capsys.readouterr().err
