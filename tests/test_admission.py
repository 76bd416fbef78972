"""Limits on what visitors take, by session, by address, and all together."""

import threading

import pytest

from egop.admission import Admission, LimitError
from egop.limits import Limit, Limits
from egop.memory_limits import server_shortage


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def admission(clock):
    small = Limits(
        pages=Limit(1, 3, 5), uploads=Limit(1, 2, 3), begun_runs=Limit(2, 3, 4),
        upload_megabytes=Limit(200, 300, 400),
    )  # fmt: skip
    return Admission(small, clock=lambda: clock[0])


def enter(admission, *sessions, address="1.1.1.1"):
    for session in sessions:
        admission.enter(session, address)


def test_what_is_refused_is_logged(caplog):
    admission = Admission(Limits(uploads=Limit(0, 9, 9)))
    admission.enter("a", "1.2.3.4")
    with pytest.raises(LimitError) as caught:
        admission.take("uploads", "a")
    assert caplog.messages == [f"Refused to 1.2.3.4: {caught.value}."]


def test_what_is_given_back_can_be_taken_again(admission):
    enter(admission, "a")
    give_back = admission.take("uploads", "a")
    with pytest.raises(
        LimitError, match="you have as many files that are being added as allowed at a time, 1;"
    ):
        admission.take("uploads", "a")
    give_back()
    give_back()  # once is enough
    admission.take("uploads", "a")


def test_other_sessions_of_an_address_share_its_limit(admission):
    enter(admission, "a", "b", "c")
    enter(admission, "d", address="2.2.2.2")
    admission.take("uploads", "a")
    admission.take("uploads", "b")
    with pytest.raises(LimitError, match=r"from your network address have .*, 2; try again later"):
        admission.take("uploads", "c")
    admission.take("uploads", "d")


def test_all_visitors_together_have_a_limit(admission):
    for number in range(4):
        admission.enter(str(number), f"1.1.1.{number}")
    for number in range(3):
        admission.take("uploads", str(number))
    with pytest.raises(LimitError, match=r"all visitors together have .*, 3;"):
        admission.take("uploads", "3")


def test_amounts_count(admission):
    enter(admission, "a")
    admission.take("upload_megabytes", "a", 150)
    with pytest.raises(LimitError, match="as many MB"):
        admission.take("upload_megabytes", "a", 51)
    admission.take("upload_megabytes", "a", 50)


def test_what_is_counted_over_time_is_free_again_afterwards(admission, clock):
    enter(admission, "a")
    admission.take("begun_runs", "a")
    clock[0] = 1800
    admission.take("begun_runs", "a")
    with pytest.raises(LimitError, match="runs begun as allowed within an hour, 2;"):
        admission.take("begun_runs", "a")
    clock[0] = 3600
    admission.take("begun_runs", "a")
    clock[0] = 10**6
    enter(admission, "b")
    admission.take("begun_runs", "b")
    assert len(admission._taken["begun_runs"]) == 1


def test_a_new_session_does_not_escape_the_limit_of_its_address(admission):
    for number in range(3):
        admission.enter(str(number), "1.1.1.1")
        admission.take("begun_runs", str(number))
        admission.leave(str(number))
    admission.enter("new", "1.1.1.1")
    with pytest.raises(LimitError, match="network address"):
        admission.take("begun_runs", "new")


def test_pages_are_counted_until_they_are_left(admission):
    enter(admission, "a", "b", "c")
    with pytest.raises(LimitError, match="open pages"):
        admission.check("1.1.1.1")
    with pytest.raises(LimitError, match="open pages"):
        admission.enter("d", "1.1.1.1")
    admission.check("2.2.2.2")
    admission.leave("b")
    admission.leave("b")
    admission.check("1.1.1.1")
    assert admission.address("b") is None


def test_a_notebook_has_no_limits(admission):
    for _ in range(100):
        admission.take("begun_runs", "document 140")


def test_nothing_of_those_who_left_is_kept(admission, clock):
    for number in range(200):
        admission.enter(str(number), "1.1.1.1")
        admission.take("uploads", str(number))()
        admission.leave(str(number))
    clock[0] = 10**6
    admission.check("")
    assert not admission._used
    assert not admission._addresses
    assert not admission._leaving


def test_many_threads_take_no_more_than_there_is():
    admission, taken = Admission(Limits(uploads=Limit(5, 5, 5))), []
    admission.enter("a", "")

    def work():
        for _ in range(100):
            try:
                admission.take("uploads", "a")
            except LimitError:
                continue
            taken.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(taken) == 5


def test_heavy_work_is_refused_while_memory_is_short(admission, monkeypatch):
    enter(admission, "a")
    monkeypatch.setattr("egop.admission.server_shortage", lambda: "no memory is left")
    for kind in ("uploads", "begun_runs"):
        with pytest.raises(LimitError, match="no memory is left"):
            admission.take(kind, "a")
    with pytest.raises(LimitError, match="no memory is left"):
        admission.check("2.2.2.2")
    admission.take("formulas", "a")


@pytest.mark.parametrize(
    ("own", "free", "short"), [(1, 2, False), (3, 2, True), (1, 0.1, True), (None, None, False)]
)
def test_memory_is_short_when_the_server_is_large_or_nothing_is_left(own, free, short, monkeypatch):
    gigabytes = {"own_memory": own, "available_memory": free, "total_memory": 4}
    for name, number in gigabytes.items():
        n_bytes = None if number is None else int(number * 1e9)
        monkeypatch.setattr(f"egop.memory_limits.{name}", lambda n_bytes=n_bytes: n_bytes)
    assert bool(server_shortage()) is short
