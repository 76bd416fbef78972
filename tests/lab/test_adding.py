"""Results from elsewhere."""

import base64

from egop.runs.results import write
from tests.experiments.planted_results import described, sweep
from tests.lab.fakes import press


def give(lab, name, content, monkeypatch):
    """Gives a file as the browser does."""
    asked = []
    monkeypatch.setattr(lab.run_list.upload, "_send_msg", asked.append)
    lab.run_list.upload._handle_msg({"key": "k", "name": name, "size": len(content)})
    while asked[-1]["at"] >= 0:
        at = asked[-1]["at"]
        part = base64.b64encode(content[at : at + 10_000]).decode()
        lab.run_list.upload._handle_msg({"key": "k", "at": at, "part": part})


def test_a_result_from_elsewhere_is_added(lab, tmp_path, temporary, monkeypatch):
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), tmp_path)
    content = (tmp_path / "result.nc").read_bytes()
    for name in ("from <b>me.nc", "result.nc", "result.nc"):
        give(lab, name, content, monkeypatch)
    labels = {row["label"] for row in lab.run_list.list.rows}
    assert labels == {"from <b>me", "Handwritten digits", "Handwritten digits 2"}
    assert "“Handwritten digits 2” was added" in lab.messages.message
    lab.messages.fields.set("open")
    (name,) = lab.names
    assert lab.archive.entry(name).state == "finished"
    assert lab.archive.entry(name).label == "Handwritten digits 2"
    assert lab.archive.netcdf(name).read_bytes() == content
    assert not list(temporary.iterdir())


def test_a_renamed_run_keeps_its_title_through_download_and_upload(
    lab, tmp_path, temporary, monkeypatch
):
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), tmp_path)
    content = (tmp_path / "result.nc").read_bytes()
    give(lab, "mine.nc", content, monkeypatch)
    (entry,) = lab.archive.entries()
    press(lab, "rename", entry.name, "Größe ½, “second” try")
    sent = []
    monkeypatch.setattr(lab.browser, "send", sent.append)
    press(lab, "download", entry.name, "netcdf")
    loaded = b"".join(base64.b64decode(message["part"]) for message in sent)
    lab.archive.delete(entry.name)
    give(lab, "download (3).nc", loaded, monkeypatch)
    (back,) = lab.archive.entries()
    assert back.label == "Größe ½, “second” try"
    assert back.config == entry.config


def test_what_is_no_result_is_not_added(lab, temporary, monkeypatch):
    give(lab, "<img>.nc", b"no netCDF", monkeypatch)
    assert "'<img>.nc' is no netCDF file" in lab.messages.message
    assert str(temporary) not in lab.messages.message
    assert not lab.messages.fields.values["open"]
    assert not lab.archive.entries()
    assert not list(temporary.iterdir())


def test_a_result_that_cannot_be_kept_is_not_added(lab, tmp_path, temporary, monkeypatch):
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), tmp_path)
    (tmp_path / "runs").write_text("no folder")
    give(lab, "mine.nc", (tmp_path / "result.nc").read_bytes(), monkeypatch)
    assert "cannot be written" in lab.messages.message
    assert not list(temporary.iterdir())
