"""The queue: first come, first served, and nothing of it is lost when the process ends."""

import errno
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event, Lock

import pytest

from egop.admission import ADMISSION, LimitError
from egop.cancellation import Cancelled
from egop.execution import queued_run, scheduler
from egop.execution.queue import Queue, queue_of
from egop.experiments import begin
from egop.limits import Limit, Limits
from egop.runs import added_space
from egop.runs.jobs import Job, read_job, write_job
from egop.runs.run import Run

PATIENCE = 10.0


@dataclass
class Workers:
    """Pretends to carry out runs: each takes some steps, which are kept in its folder.

    Attributes:
        steps: by the name of a run how many it takes; others take one.
        errors: by the name of a run what goes wrong in it.
        held: runs take no step while this is set.
        begun: the names in the order in which their turns began.
        most: how many were carried out at once.
    """

    steps: dict[str, int] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    held: Event = field(default_factory=Event)
    begun: list[str] = field(default_factory=list)
    most: int = 0
    now: int = 0
    lock: Lock = field(default_factory=Lock)

    def execute(self, run: Run, client: object, on_progress: Callable, stop: Event) -> None:
        name = run.folder.name
        with self.lock:
            self.begun.append(name)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self.take_steps(run, name, on_progress, stop)
        finally:
            with self.lock:
                self.now -= 1
            run.close()

    def take_steps(self, run: Run, name: str, on_progress: Callable, stop: Event) -> None:
        kept = run.folder / "pieces" / "steps"
        step = int(kept.read_text()) if kept.exists() else 0
        while step < self.steps.get(name, 1):
            on_progress(step / self.steps.get(name, 1), f"step {step}")
            while not stop.wait(0.01) and self.held.is_set():
                pass
            if stop.is_set():
                raise Cancelled
            if name in self.errors:
                raise self.errors[name]
            step += 1
            kept.write_text(str(step))
        (run.folder / "result.nc").write_text("done")


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def make(tmp_path: Path, workers: Workers) -> Iterator[Callable[..., Queue]]:
    """A function that makes a queue, which is closed when the test ends."""
    made: list[Queue] = []

    def make(**options) -> Queue:
        made.append(Queue(tmp_path, connect=object, execute=workers.execute, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def queue(make) -> Queue:
    return make()


def submit(queue: Queue, session: str = "") -> str:
    return queue.submit(begin("schedule", epochs=3, out=queue.archive.folder), session)


@pytest.fixture
def sessions(monkeypatch) -> Iterator[None]:
    """Sessions a, b and c of one network address and d of another one, with small limits."""
    small = Limits(unfinished_runs=Limit(2, 3, 4), running_runs=Limit(1, 2, 3))
    monkeypatch.setattr(ADMISSION, "_given", small)
    for session in "abcd":
        ADMISSION.enter(session, "2.2.2.2" if session == "d" else "1.1.1.1")
    yield
    for session in "abcd":
        ADMISSION.leave(session)


def submit_held(queue: Queue, workers: Workers, sessions: Iterable[str]) -> list[str]:
    """Runs of these sessions, of which the first one is carried out and waits for `held`."""
    workers.held.set()
    names = [submit(queue, session) for session in sessions]
    until(lambda: workers.begun)
    return names


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def done(queue: Queue) -> None:
    until(lambda: not queue.jobs())


def state(queue: Queue, name: str) -> str:
    return queue.archive.entry(name).state


def test_first_come_first_served(queue, workers):
    names = submit_held(queue, workers, ["", "", "", ""])
    assert [job.name for job in queue.jobs()] == names
    assert [job.state for job in queue.jobs()] == ["running", "queued", "queued", "queued"]
    workers.held.clear()
    done(queue)
    assert workers.begun == names
    assert workers.most == 1
    assert {state(queue, name) for name in names} == {"finished"}


def test_as_many_side_by_side_as_there_are_workers(tmp_path, workers):
    class Client:
        status = "running"

        def scheduler_info(self):
            return {"n_workers": 2}

    queue = Queue(tmp_path, connect=Client, execute=workers.execute)
    workers.held.set()
    for _ in range(5):
        submit(queue)
    until(lambda: workers.now == 2)
    workers.held.clear()
    done(queue)
    assert workers.most == 2
    queue.close()


def test_a_session_has_a_limit_and_what_is_refused_leaves_nothing(queue, workers, sessions):
    workers.held.set()
    first, second = submit(queue, "a"), submit(queue, "a")
    with pytest.raises(LimitError, match="as many unfinished runs as allowed at a time, 2; wait"):
        queue.check("a")
    with pytest.raises(LimitError, match="you have as many unfinished runs"):
        submit(queue, "a")
    assert {entry.name for entry in queue.archive.entries()} == {first, second}
    submit(queue, "b")
    queue.pause(second)
    queue.check("a")
    third = submit(queue, "a")
    with pytest.raises(LimitError, match="unfinished runs"):
        queue.resume(second, "a")
    assert state(queue, second) == "paused"
    queue.cancel(third)
    queue.resume(second, "a")
    workers.held.clear()
    done(queue)


def test_a_run_of_a_visitor_leaves_a_part_of_the_disk_free(queue, workers, sessions, monkeypatch):
    monkeypatch.setattr(added_space, "LEAST", 10**18)
    monkeypatch.setattr(added_space, "MOST", 10**18)
    for ask in (lambda: queue.check("a"), lambda: submit(queue, "a")):
        with pytest.raises(LimitError, match="disk is nearly full; delete runs that nobody needs"):
            ask()
    assert not queue.archive.entries()
    queue.check("")  # one's own, in a notebook


def test_a_disk_that_does_not_answer_leaves_no_run_and_no_lock(
    queue, workers, sessions, monkeypatch
):
    (name,) = submit_held(queue, workers, ["a"])
    queue.cancel(name)
    done(queue)

    def gone(path: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(added_space.shutil, "disk_usage", gone)
        for ask in (lambda: submit(queue, "a"), lambda: queue.resume(name, "a")):
            with pytest.raises(OSError, match="Input/output error"):
                ask()
    assert [(entry.name, entry.state) for entry in queue.archive.entries()] == [(name, "cancelled")]
    queue.archive.delete(name)


def test_on_a_full_disk_runs_that_were_deleted_long_ago_are_removed(
    queue, workers, sessions, monkeypatch
):
    first = submit(queue, "a")
    done(queue)
    token = queue.archive.delete(first)
    free = iter([False, True])
    monkeypatch.setattr(added_space, "has_space", lambda *place: next(free))
    queue.check("a")
    place = queue.archive.trash.place(token)
    assert place.is_dir()  # deleted a moment ago
    place.rename(place.with_name("1-" + token.partition("-")[2]))
    free = iter([False, True])
    queue.check("a")
    assert not [*place.parent.iterdir()]


def test_sessions_of_one_address_share_its_limit_and_all_share_one(queue, workers, sessions):
    workers.held.set()
    for session in "abb":
        submit(queue, session)
    with pytest.raises(LimitError, match="from your network address have as many unfinished runs"):
        submit(queue, "c")
    submit(queue, "d")
    with pytest.raises(LimitError, match="all visitors together"):
        submit(queue, "d")
    submit(queue)  # in a notebook
    workers.held.clear()
    done(queue)


def test_five_visitors_are_served_as_they_came_and_a_long_run_to_its_end(queue, workers):
    (long,) = submit_held(queue, workers, [""])
    workers.steps[long] = 50
    names = [submit(queue) for _ in range(5)]
    places = [queue_places(queue)]
    queue.watch(lambda job: places.append(queue_places(queue)))
    workers.held.clear()
    done(queue)
    assert workers.begun == [long, *names]
    for name in names:  # nobody's place ever gets worse
        seen = [each[name] for each in places if name in each]
        assert seen == sorted(seen, reverse=True)
    assert {state(queue, name) for name in (long, *names)} == {"finished"}
    assert (queue.archive.path(long) / "pieces" / "steps").read_text() == "50"


def queue_places(queue: Queue) -> dict[str, int]:
    return {job.name: place for place, job in enumerate(queue.jobs())}


def test_a_visitor_with_as_many_running_as_allowed_is_passed_over(make, workers, sessions):
    queue = make(side_by_side=3)
    workers.held.set()
    mine = [submit(queue, "a") for _ in range(2)]
    until(lambda: workers.now == 1)
    theirs = submit(queue, "b")
    until(lambda: workers.now == 2)
    assert [job.state for job in queue.jobs()] == ["running", "running", "queued"]
    assert queue.jobs()[2].name == mine[1]
    workers.held.clear()
    done(queue)
    assert workers.begun == [mine[0], theirs, mine[1]]


@pytest.mark.parametrize("session", ["", "mine"])
def test_who_owns_the_server_runs_as_many_as_there_are_workers(
    make, workers, sessions, session, monkeypatch
):
    monkeypatch.setattr(ADMISSION, "_given", Limits(running_runs=Limit(1, 1, 1)))
    ADMISSION.enter("mine", "127.0.0.1", owns_server=True)
    queue = make(side_by_side=3)
    workers.held.set()
    for _ in range(3):
        submit(queue, session)
    ADMISSION.leave("mine")
    until(lambda: workers.now == 3)
    workers.held.clear()
    done(queue)


def test_a_paused_run_keeps_its_place_and_a_cancelled_one_does_not(queue, workers):
    first, second, third, fourth = submit_held(queue, workers, ["", "", "", ""])
    queue.pause(second)
    queue.cancel(third)
    assert [job.name for job in queue.jobs()] == [first, fourth]
    queue.resume(third)
    queue.resume(second)
    assert [job.name for job in queue.jobs()] == [first, second, fourth, third]
    workers.held.clear()
    done(queue)
    assert workers.begun == [first, second, fourth, third]


@pytest.mark.parametrize("leave", [Queue.pause, Queue.cancel])
def test_a_run_stops_keeps_what_it_has_done_and_goes_on(queue, workers, leave):
    (name,) = submit_held(queue, workers, [""])
    workers.steps[name] = 500
    workers.held.clear()
    until(lambda: queue.jobs()[0].share > 0)
    leave(queue, name)
    until(lambda: not queue.jobs())
    kept = int((queue.archive.path(name) / "pieces" / "steps").read_text())
    assert 0 < kept < 500
    assert state(queue, name) == {Queue.pause: "paused", Queue.cancel: "cancelled"}[leave]
    assert read_job(queue.archive.path(name)).seconds > 0
    Run.open(queue.archive.path(name)).close()  # others may continue it
    workers.steps[name] = kept + 1
    queue.resume(name)
    done(queue)
    assert state(queue, name) == "finished"
    assert workers.begun == [name, name]


def test_a_queued_run_leaves_at_once_and_goes_to_the_end(queue, workers):
    first, second, third = submit_held(queue, workers, ["", "", ""])
    queue.cancel(second)
    assert state(queue, second) == "cancelled"
    assert [job.name for job in queue.jobs()] == [first, third]
    queue.resume(second)
    assert [job.name for job in queue.jobs()] == [first, third, second]
    workers.held.clear()
    done(queue)
    assert workers.begun == [first, third, second]


def test_changing_one_s_mind_while_it_stops(queue, workers):
    (name,) = submit_held(queue, workers, [""])
    queue.pause(name)
    queue.resume(name)
    queue.resume(name)
    workers.held.clear()
    done(queue)
    assert state(queue, name) in {"finished", "paused"}
    queue.cancel(name)
    queue.cancel(name)
    assert state(queue, name) in {"finished", "cancelled"}


def test_names_that_lead_elsewhere_and_runs_that_are_gone(queue, tmp_path):
    for act in (queue.pause, queue.cancel, queue.resume):
        with pytest.raises(ValueError, match="a run is named by its folder"):
            act("../outside")
        with pytest.raises(FileNotFoundError, match="may have been deleted"):
            act("digits-2025-03-01-1f9c2e")
    with pytest.raises(ValueError, match="the queue takes runs in"):
        queue.submit(begin("schedule", out=tmp_path / "elsewhere"))
    with pytest.raises(ValueError, match="the queue takes runs in"):
        queue.submit(begin("schedule", out=None))


def test_a_finished_run_is_not_continued(queue):
    name = submit(queue, "a")
    done(queue)
    with pytest.raises(ValueError, match="is finished"):
        queue.resume(name)
    queue.cancel(name)
    assert state(queue, name) == "finished"


def test_a_run_of_another_process_is_left_to_it(queue):
    theirs = begin("schedule", epochs=3, out=queue.archive.folder)
    with pytest.raises(OSError, match="another process"):
        queue.cancel(theirs.folder.name)
    with pytest.raises(OSError, match="another process"):
        queue.resume(theirs.folder.name)
    theirs.close()
    queue.resume(theirs.folder.name)
    done(queue)
    assert state(queue, theirs.folder.name) == "finished"


def test_a_run_in_line_is_not_deleted_and_cannot_be_taken(queue, workers):
    names = submit_held(queue, workers, ["", ""])
    for name in names:
        with pytest.raises(OSError, match="cancel it, then delete it"):
            queue.archive.delete(name)
        with pytest.raises(OSError, match="another process is writing"):
            Run.open(queue.archive.path(name))
    queue.cancel(names[1])
    queue.archive.restore(queue.archive.delete(names[1]))


ERRORS = {
    "a full disk": OSError(errno.ENOSPC, "the disk is full; free some space"),
    "no scheduler": OSError("no scheduler answers at tcp://10.0.0.1:8786; start one"),
    "bad data": ValueError("the run was begun with other data"),
    "a bug": KeyError("x"),
    "cuda": RuntimeError("CUDA error: device lost\nfor more, compile with …\n"),
}


@pytest.mark.parametrize("error", ERRORS)
def test_what_fails_says_so_and_others_go_on(queue, workers, error, caplog):
    bad, good = submit_held(queue, workers, ["", ""])
    workers.errors[bad] = ERRORS[error]
    workers.held.clear()
    done(queue)
    entry = queue.archive.entry(bad)
    assert entry.state == "failed"
    assert str(ERRORS[error].args[-1]).splitlines()[0] in entry.error
    assert "\n" not in entry.error
    assert state(queue, good) == "finished"
    del workers.errors[bad]
    queue.resume(bad)
    done(queue)
    assert (state(queue, bad), queue.archive.entry(bad).error) == ("finished", "")
    assert bool(caplog.records) == (error == "a bug")


def test_a_cluster_that_cannot_be_reached_fails_the_run_alone(tmp_path, workers):
    answers = [OSError("no scheduler answers at tcp://nowhere:8786"), object()]

    def connect():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    queue = Queue(tmp_path, connect=connect, execute=workers.execute)
    assert not queue.connection.ready
    bad, good = submit(queue), submit(queue)
    done(queue)
    assert queue.archive.entry(bad).error == "no scheduler answers at tcp://nowhere:8786"
    assert state(queue, good) == "finished"
    assert queue.connection.ready
    queue.close()


def test_a_run_is_cancelled_while_the_cluster_is_being_reached(tmp_path, workers):
    reached, held = Event(), Event()

    def connect():
        reached.set()
        held.wait(PATIENCE)
        return object()

    queue = Queue(tmp_path, connect=connect, execute=workers.execute)
    queue.connection.prepare()
    name = submit(queue, "a")
    until(lambda: reached.is_set() and queue.jobs()[0].state == "running")
    queue.cancel(name)
    done(queue)
    assert state(queue, name) == "cancelled"
    held.set()
    until(lambda: queue.connection.ready)
    queue.resume(name)
    done(queue)
    assert workers.begun == [name]
    queue.close()


def test_the_line_is_the_same_after_a_restart(make, workers, tmp_path):
    before = make()
    names = submit_held(before, workers, ["", "", "", ""])
    paused = submit(before)
    before.pause(paused)
    expected = [job.name for job in before.jobs()]
    share = before.jobs()[0].share
    before.close()
    assert {read_job(tmp_path / name).state for name in names} == {"queued"}
    after = make()
    workers.begun.clear()
    after.restore()
    until(lambda: workers.begun)
    assert [job.name for job in after.jobs()] == expected
    assert after.jobs()[0].share == share
    workers.held.clear()
    done(after)
    assert workers.begun == expected
    assert state(after, paused) == "paused"


def test_who_comes_after_a_restart_is_not_before_those_who_waited(make, workers, tmp_path):
    runs = [begin("schedule", epochs=3, out=tmp_path) for _ in range(2)]
    names = [run.folder.name for run in runs]
    for place, (run, name) in enumerate(zip(runs, names, strict=True)):
        run.close()
        write_job(Job(name, "queued", place=1e10 - place), tmp_path / name)
    workers.held.set()
    queue = make(side_by_side=1)
    queue.restore()
    new = submit(queue)
    assert [job.name for job in queue.jobs()] == [names[1], names[0], new]
    workers.held.clear()
    done(queue)


def test_the_line_of_an_earlier_version_is_taken_up(make, workers, tmp_path):
    earlier = {"visitor": "0123456789abcdef", "submitted": 5.0, "round": 3, "started": 7.0}
    names = []
    for place in (20.0, 10.0):
        run = begin("schedule", epochs=3, out=tmp_path)
        run.close()
        names.append(run.folder.name)
        job = asdict(Job(run.folder.name, "queued", place=place, seconds=5.0)) | earlier
        job["words"] = job.pop("message")
        (run.folder / "job.json").write_text(json.dumps(job))
    queue = make()
    queue.restore()
    done(queue)
    assert workers.begun == names[::-1]


def test_what_was_running_when_the_process_died_comes_first_again(make, workers, tmp_path):
    runs = [begin("schedule", epochs=3, out=tmp_path) for _ in range(3)]
    names = [run.folder.name for run in runs]
    for run in runs:
        run.close()
    write_job(Job(names[0], "queued", place=20.0), tmp_path / names[0])
    write_job(Job(names[1], "running", place=10.0, seconds=5.0), tmp_path / names[1])
    write_job(Job(names[2], "queued", place=30.0), tmp_path / names[2])
    (tmp_path / names[2] / "config.json").write_text('{"format": 1, "experiment": "schedule"}')
    (tmp_path / "foreign").mkdir()
    queue = make()
    queue.restore()
    done(queue)
    assert workers.begun == [names[1], names[0]]
    assert read_job(tmp_path / names[1]).seconds > 5.0
    assert read_job(tmp_path / names[2]).state == "failed"
    new = submit(queue, "a")
    done(queue)
    assert read_job(tmp_path / new).place > 20.0


def test_two_processes_do_not_carry_out_the_same_run(make, workers):
    ours, theirs = make(), make()
    names = submit_held(ours, workers, ["", ""])
    theirs.restore()
    assert theirs.jobs() == []
    workers.held.clear()
    done(ours)
    assert workers.begun == names


def test_a_full_disk_loses_no_news(queue, workers, monkeypatch):
    (name,) = submit_held(queue, workers, [""])
    workers.errors[name] = ValueError("it cannot be done")
    until(lambda: read_job(queue.archive.path(name)).state == "running")
    full = Event()
    full.set()

    def write(job, folder):
        if full.is_set():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_job(job, folder)

    monkeypatch.setattr(queued_run, "write_job", write)
    monkeypatch.setattr(scheduler, "RETRY", 0.02)
    workers.held.clear()
    until(lambda: queue.jobs()[0].state == "failed")
    assert queue.jobs()[0].error == "it cannot be done"
    full.clear()
    done(queue)
    assert queue.archive.entry(name).error == "it cannot be done"


def test_watchers_see_every_state_and_cannot_hurt(queue, workers, caplog):
    told: list[Job] = []
    queue.watch(lambda job: 1 / 0)
    stop = queue.watch(told.append)
    first, name = submit_held(queue, workers, ["", ""])
    workers.steps[name] = 3
    workers.held.clear()
    done(queue)
    until(lambda: {job.name for job in told if job.state == "finished"} == {first, name})
    seen = [job for job in told if job.name == name]
    assert list(dict.fromkeys(job.state for job in seen)) == ["queued", "running", "finished"]
    assert {"step 0", "step 1", "step 2"} <= {job.message for job in seen}
    assert seen[-1].share == 1.0
    assert any("watcher" in record.message for record in caplog.records)
    stop()
    stop()
    told.clear()
    submit(queue, "a")
    done(queue)
    assert told == []


def test_a_process_has_one_queue_for_a_folder(tmp_path):
    assert queue_of(tmp_path / "runs") is queue_of(tmp_path / "x" / ".." / "runs")
    assert queue_of(tmp_path / "runs") is not queue_of(tmp_path / "other")
