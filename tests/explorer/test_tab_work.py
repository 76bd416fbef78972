"""The work behind a tab: what it says while it goes on, and after it has failed or was left."""

import pytest

from egop.explorer.tab_work import TabWork


class Counter:
    """Stands for a tab: it draws numbers up to 1 and notes what is said of them."""

    def __init__(self, **options):
        self.drawn: list[float] = []
        self.begun = 0
        self.work: TabWork[float] = TabWork(self.drawn.append, self._say, float, **options)
        self.said: list[str] = []

    def _say(self):
        self.said.append(self.work.message or self.work.progress)

    def count(self):
        self.begun += 1
        yield from (0.0, 0.5, 1.0)

    def fail(self):
        self.begun += 1
        yield 0.5
        raise ValueError("every rate diverges")


def test_what_is_not_to_be_drawn_yet_leaves_the_earlier_picture():
    tab = Counter()
    assert tab.work.ask((1,), tab.count)
    assert tab.drawn == [0.5, 1.0]
    assert tab.said == ["Computing…", "Computing…", "Computing… 50%", ""]
    tab.work.ask((2,), tab.count)
    assert tab.said[4] == "Computing… The picture is the previous one."


def test_what_was_asked_for_last_is_not_computed_again():
    tab = Counter()
    tab.work.ask((1,), tab.count)
    tab.work.leave()
    assert not tab.work.ask((1,), tab.count)
    assert tab.begun == 1


def test_a_failure_is_said_until_the_tab_opens_again():
    tab = Counter()
    for _ in range(2):
        tab.work.ask((1,), tab.fail)
        assert tab.said[-1] == '<p role="alert">Every rate diverges.</p>'
        assert not tab.work.is_current
    assert tab.begun == 1
    tab.work.leave()
    tab.work.ask((1,), tab.count)
    assert tab.work.state == "done"
    assert tab.said[-1] == ""


def test_stopped_work_says_so_and_goes_on():
    tab = Counter()
    tab.work.ask((1,), tab.count)
    tab.work.stop()
    assert tab.said[-1].startswith("Stopped")
    tab.work.begin()
    assert (tab.work.state, tab.begun) == ("done", 2)


def test_a_refusal_forgets_what_was_drawn():
    tab = Counter()
    tab.work.ask((1,), tab.count)
    tab.work.refuse("Choose a method.")
    assert tab.work.result is None
    assert tab.said[-1] == "Choose a method."
    assert tab.work.ask((1,), tab.count)


@pytest.mark.parametrize("kept", [0, 2])
def test_finished_results_come_back_at_once(kept: int):
    tab = Counter(kept=kept)
    for key in (1, 2, 1, 3, 2):
        tab.work.ask((key,), tab.count)
        assert tab.work.result == 1.0
    assert tab.begun == (3 if kept else 5)
