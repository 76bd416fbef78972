"""Limits where visitors meet them: two pages of one server, one of which asks for too much."""

import base64
from collections import Counter, namedtuple

import pytest

from egop.admission import ADMISSION
from egop.explorer import typed_formula
from egop.lab.lab import Lab
from egop.limited_process import LimitedProcesses
from egop.limits import Limit, Limits
from egop.runs import added_space
from egop.runs.results import write
from egop.ui.document import current_page
from egop.ui.playback import Channel
from tests.experiments.planted_results import described, sweep
from tests.lab.fakes import FakeQueue
from tests.page.in_process import served_pages

Disk = namedtuple("Disk", "total used free")


@pytest.fixture(scope="module")
def pages():
    with pytest.MonkeyPatch.context() as patch, served_pages(2) as made:
        patch.setattr(Channel, "PATIENCE", 0.0)  # no browser says what it has drawn
        for page in made:
            page.settle()
        yield made


@pytest.fixture
def both(pages, monkeypatch):
    """Two visitors, of one address; a function sets the limits."""
    monkeypatch.setattr(ADMISSION, "_used", Counter())  # nothing was taken yet
    monkeypatch.setattr(ADMISSION, "_taken", {})
    for page in pages:
        assert page.act(lambda: current_page().visitor) == page.session
        ADMISSION.enter(page.session, "1.1.1.1")
    yield pages
    for page in pages:
        ADMISSION.leave(page.session)


def limit(monkeypatch, **given):
    monkeypatch.setattr(ADMISSION, "_given", Limits(**given))
    monkeypatch.setattr(added_space, "limits", lambda: ADMISSION.limits)


@pytest.fixture
def processes(monkeypatch):
    """One process instead of the server's two, ended with the test."""
    made = LimitedProcesses(preload=("egop.objectives.formula_source",))
    monkeypatch.setattr(typed_formula, "PROCESSES", made)
    yield made
    made.close()


def show_formula(page, text):
    scene = page.main.explorer.scene
    page.act(lambda: scene.param.update(objective="formula", formula=text))


def shown_name(page):
    return page.act(lambda: page.main.explorer._shown.name)


def test_a_formula_too_many_is_refused_over_the_earlier_picture(both, processes, monkeypatch):
    first, second = both
    limit(monkeypatch, formulas=Limit(1, 2, 9))
    show_formula(first, "x^2 + 51*y^2")
    first.until(lambda: shown_name(first) == "x^2 + 51*y^2", seconds=20)
    explorer = first.main.explorer
    show_formula(first, "x^2 + 52*y^2")
    first.until(lambda: first.act(lambda: explorer.notice.visible))
    assert "You have as many formulas derived as allowed within a minute, 1" in (
        explorer.notice.object
    )
    assert shown_name(first) == "x^2 + 51*y^2"
    assert not first.act(lambda: explorer.updates._work.is_busy)
    show_formula(second, "x^2 + 53*y^2")
    second.until(lambda: shown_name(second) == "x^2 + 53*y^2", seconds=60)
    assert not second.main.explorer.notice.visible
    show_formula(first, "x^2 + 51*y^2")
    first.until(lambda: not first.act(lambda: explorer.notice.visible))
    assert shown_name(first) == "x^2 + 51*y^2"


@pytest.fixture
def labs(both, tmp_path, temporary, monkeypatch):
    """The labs of two visitors, with one archive."""
    queue = FakeQueue()
    return [(page, page.act(lambda: Lab(tmp_path / "runs", queue=queue))) for page in both]


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """Bytes of a small result."""
    folder = tmp_path_factory.mktemp("result")
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), folder)
    return (folder / "result.nc").read_bytes()


def add(page, lab, content):
    """Gives a file as a browser does; returns what the visitor is told."""
    part = base64.b64encode(content).decode()
    upload = lab.run_list.upload

    def give():
        lab.messages.clear()
        upload._handle_msg({"key": "k", "name": "mine.nc", "size": len(content)})
        upload._handle_msg({"key": "k", "at": 0, "part": part})

    page.act(give)
    page.until(lambda: page.act(lambda: lab.messages.message), seconds=60)
    page.until(lambda: page.act(lambda: upload._file) is None)
    return page.act(lambda: lab.messages.message)


HOURLY = {
    "added_files": (Limit(1, 2, 9), "you have as many files added as allowed within an hour, 1"),
    "added_megabytes": (Limit(1, 2, 9), "you have as many MB of files added as allowed within"),
}


@pytest.mark.parametrize("name", HOURLY)
def test_files_of_an_hour_have_a_limit(labs, content, temporary, monkeypatch, name):
    number, words = HOURLY[name]
    limit(monkeypatch, **{name: number})
    (page, lab), other = labs
    before = len(lab.archive.entries())
    assert "was added" in add(page, lab, content)
    assert words in add(page, lab, content)
    assert "was added" in add(*other, content)
    assert "as allowed" in add(page, lab, content)
    assert len(lab.archive.entries()) == before + 2
    assert not list(temporary.iterdir())
    assert not [*lab.archive.trash.runs()]


def test_a_file_that_is_refused_counts_for_no_limit(labs, content, monkeypatch):
    limit(monkeypatch, added_files=Limit(1, 9, 9), added_megabytes=Limit(0, 9, 9))
    page, lab = labs[0]
    assert "MB of files added" in add(page, lab, content)
    limit(monkeypatch, added_files=Limit(1, 9, 9))
    assert "was added" in add(page, lab, content)


def test_all_files_that_were_added_have_a_limit_until_some_are_deleted(
    labs, content, temporary, monkeypatch
):
    (page, lab), other = labs
    assert "was added" in add(page, lab, content)
    (entry,) = lab.archive.entries()
    monkeypatch.setattr(added_space, "limits", lambda: Limits(archive_megabytes=0))
    for each in labs:
        told = add(*each, content)
        assert "the files that visitors have added take 0 MB here" in told
    assert lab.archive.entries() == [entry]
    assert not list(temporary.iterdir())
    n_bytes = lab.archive.added_bytes()
    assert len(content) <= n_bytes <= len(content) + 10_000
    token = lab.archive.delete(entry.name)
    assert lab.archive.added_bytes() == n_bytes
    place = lab.archive.trash.place(token)
    place.rename(place.with_name("1-" + token.partition("-")[2]))  # deleted long ago
    most = Limits(archive_megabytes=1)
    monkeypatch.setattr(added_space, "limits", lambda: most)
    monkeypatch.setattr(other[1].archive, "added_bytes", grown(lab.archive))
    assert "was added" in add(*other, content)
    assert not [*lab.archive.trash.runs()]


def grown(archive):
    """`added_bytes` of an archive as if each deleted run had a megabyte more."""
    count = archive.added_bytes
    return lambda: count() + 10**6 * len([*archive.trash.runs()])


def test_a_file_leaves_enough_of_the_disk_free(labs, content, temporary, monkeypatch):
    page, lab = labs[0]
    free = 1_000_000_000 + len(content)
    for missing, words in ((1, "the server's disk has no room for a file of"), (0, "was added")):
        disk = Disk(10**10, 10**10 - free, free - missing)
        monkeypatch.setattr(added_space.shutil, "disk_usage", lambda place, disk=disk: disk)
        assert words in add(page, lab, content)
    assert not list(temporary.iterdir())
