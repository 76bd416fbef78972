"""What is done when something is pressed: each deed in a thread, its outcome said on the page."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egop.admission import ADMISSION
from egop.experiments import begin, partial_results
from egop.lab.browser import parts
from egop.lab.obstacles import check as check_obstacles
from egop.lab.settings import SIZE_WORDS, Settings, title
from egop.lab.upload import UploadedFile
from egop.runs.added_space import check_archive
from egop.runs.limited_reading import with_title
from egop.runs.ownership import Visitor
from egop.runs.run import RESULT
from egop.ui.allowance import counted_for
from egop.ui.document import current_page

if TYPE_CHECKING:
    from egop.lab.lab import Lab

KINDS = {
    "netcdf": "application/x-netcdf",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "png": "image/png",
}
"""Media types of what can be downloaded."""
PICTURES = ("svg", "png")
DRAWING = "The figure is being drawn …"
PAUSE = 0.02
"""Seconds between two parts of a download, for the messages of others."""


class RunActions:
    """What can be done with the runs of a lab's archive.

    Args:
        lab: whose archive, queue and page it is.
    """

    def __init__(self, lab: "Lab"):
        self.lab = lab
        self._table: dict[str, Callable[[str, Any], None]] = {
            "open": lambda name, value: lab.open([name]),
            "close": lambda name, value: lab.open([]),
            "compare": lambda name, value: lab.open(value),
            "pause": lambda name, value: self._change(name, lambda: lab.queue.pause(name)),
            "cancel": lambda name, value: self._change(name, lambda: lab.queue.cancel(name)),
            "continue": self._resume,
            "rename": lambda name, value: self._change(
                name, lambda: lab.archive.rename(name, str(value))
            ),
            "delete": self._delete,
            "restore": self._restore,
            "download": self._download,
        }

    def do(self, act: str, name: str, value: Any = "") -> None:
        """Does what was pressed; an act that is not known is none of the page's."""
        if act in self._table:
            self._table[act](name, value)

    def begin(self, settings: Settings, config: Any, visitor: Visitor, session: str) -> str:
        """A new run in the line; returns its name. In a thread.

        Args:
            settings: what was chosen.
            config: what it stands for.
            visitor: whose it is.
            session: whose it is for the server's limits.

        Raises:
            ValueError: there are as many as allowed, the run needs more memory or time than there
                is, or the device is gone.
            OSError: the disk is full.
        """
        archive, queue = self.lab.archive, self.lab.queue
        queue.check(session)
        check_obstacles(settings.experiment, config, settings.device)
        ADMISSION.take("begun_runs", session)
        taken = {entry.label for entry in archive.entries()}
        run = begin(settings.experiment, device=settings.device, out=archive.folder, config=config)
        assert run.folder is not None
        name = run.folder.name
        try:
            words = f"{title(settings.experiment)}, {SIZE_WORDS[settings.size].lower()}"
            visitor.own(run.folder)
            archive.rename(name, fresh(words, taken))
            return queue.submit(run, session)
        except Exception:
            run.close()
            with suppress(OSError, ValueError):
                archive.delete(name)
            raise

    def add(self, given: UploadedFile) -> None:
        """Takes a result from elsewhere into the archive; what is none is refused."""
        lab = self.lab
        session, megabytes = current_page().visitor, max(1, given.size // 10**6)
        visitor = lab.browser.client()

        def work() -> tuple[str, str]:
            if ADMISSION.address(session) is not None:  # one's own disk is one's own affair
                check_archive(lab.archive, given.size)
            ADMISSION.take_all({"added_files": 1, "added_megabytes": megabytes}, session)
            taken = {entry.label for entry in lab.archive.entries()}
            with given:
                name = lab.archive.import_run(given.path, f"{given.name!r:.90}", visitor)
            entry = lab.archive.entry(name)
            words = entry.label if entry.label != name else Path(given.name).stem
            if words == Path(RESULT).stem:
                words = title(entry.experiment)
            with suppress(OSError, ValueError):  # it keeps the name of its folder
                lab.archive.rename(name, fresh(words, taken))
            return name, lab.archive.entry(name).label

        def then(found: tuple[str, str]) -> None:
            lab.run_list.upload.end()
            lab.run_list.note(f"“{found[1]}” was added.", added=found[0])
            lab.poller.poll()

        def sorry(sentence: str) -> None:
            lab.run_list.upload.end()
            lab.run_list.note(sentence)

        lab.tasks.submit(work, then, sorry, long=True)

    def _change(
        self,
        name: str,
        work: Callable[[], Any],
        then: Callable[[Any], Any] = lambda found: None,
        find: Callable[[str], Path] | None = None,
    ) -> None:
        """Changes a run in a thread, if the visitor may; every change of one goes this way.

        Args:
            name: of the run, or what brings a deleted one back.
            work: changes it.
            then: called on the event loop with what `work` returns.
            find: the folder of the run by its name; None: that of the archive.
        """
        lab, visitor = self.lab, self.lab.browser.client()
        find = find or lab.archive.existing

        def permitted() -> Any:
            visitor.check_change(find(name))
            return work()

        def done(found: Any) -> None:
            then(found)
            lab.poller.poll()

        lab.tasks.submit(permitted, done)

    def _resume(self, name: str, value: Any) -> None:
        session = current_page().visitor
        self._change(name, lambda: self.lab.queue.resume(name, session))

    def _delete(self, name: str, value: Any) -> None:
        lab = self.lab

        def work() -> tuple[str, str]:
            label = lab.archive.entry(name).label
            return label, lab.archive.delete(name)

        def then(found: tuple[str, str]) -> None:
            lab.open([each for each in lab.names if each != name])
            lab.run_list.note(f"“{found[0]}” was deleted.", found[1])
            if lab.names:
                words = f"“{found[0]}” was deleted; it can be brought back in the list of all runs."
                lab.run_detail.say(words, "hint")

        self._change(name, work, then)

    def _restore(self, token: str, value: Any) -> None:
        lab = self.lab
        self._change(
            token,
            lambda: lab.archive.restore(token),
            lambda name: lab.run_list.note("It is back."),
            lab.archive.deleted_run,
        )

    def _download(self, name: str, value: Any) -> None:
        """Brings a file to the browser, part by part."""
        lab, kind = self.lab, str(value)
        if kind not in KINDS:
            return
        page = current_page()
        done = lab.tell(DRAWING) if kind in PICTURES else lambda: None

        def work() -> None:
            if not page.has_visitor:  # who left while others' files were made
                return
            with counted_for(page):
                file, content = self._file(name, kind)
            media = "application/zip" if file.endswith(".zip") else KINDS[kind]
            for message in parts(file, content, media):
                if not page.has_visitor:
                    return
                page.call(lambda message=message: lab.browser.send(message))
                if not message["last"]:
                    time.sleep(PAUSE)

        def sorry(sentence: str) -> None:
            done()
            lab.say(sentence)

        lab.tasks.submit(work, lambda found: done(), sorry, long=True)

    def _file(self, name: str, kind: str) -> tuple[str, bytes]:
        archive = self.lab.archive
        if kind == "netcdf":
            path, label = archive.netcdf(name), archive.entry(name).label
            return f"{name}.nc", path.read_bytes() if label == name else with_title(path, label)
        if kind == "csv":
            return f"{name}.csv", archive.csv(name)
        return figures_of(archive.entry(name).label, partial_results.read(archive.path(name)), kind)


def figures_of(label: str, dataset: Any, kind: Any) -> tuple[str, bytes]:
    """The paper's figures of a run as one file: its name and its bytes.

    Raises:
        ValueError: the run is not finished, or has none.
    """
    from egop.figures.labeled_result import LabeledResult
    from egop.lab.views.export import exported

    if dataset is None:
        raise ValueError(f"{label} has measured nothing yet, so there is no figure of it")
    return exported([LabeledResult(label, dataset)], kind)


def fresh(label: str, taken: Collection[str]) -> str:
    """The label, with a number where it is taken already."""
    made, number = label, 1
    while made in taken:
        number += 1
        made = f"{label} {number}"
    return made
