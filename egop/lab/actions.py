"""Everything that can be done with runs: begin, add, change, delete, restore and download them.

Whatever takes time happens in a thread of `BackgroundTasks`; the outcome stands in the message bar.
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from egop.admission import ADMISSION
from egop.experiments import begin, partial_results
from egop.figures.labeled_result import LabeledResult
from egop.lab.browser import Browser, parts
from egop.lab.cost_limits import check_cost
from egop.lab.messages import MessageBar
from egop.lab.polling import BackgroundTasks
from egop.lab.run_rows import DOWNLOADS
from egop.lab.settings import SIZE_WORDS, Settings, title
from egop.lab.upload import UploadedFile
from egop.lab.views.export import exported
from egop.runs.added_space import check_archive
from egop.runs.archive import Archive
from egop.runs.limited_reading import long_table, with_title
from egop.runs.ownership import Visitor
from egop.runs.run import RESULT
from egop.ui.allowance import counted_for
from egop.ui.document import current_page

PICTURES = DOWNLOADS.keys() - {"netcdf", "csv"}
DRAWING = "The figure is being drawn …"
PAUSE = 0.02
"""Seconds between two parts of a download, for the messages of others."""


class RunActions:
    """Actions on the runs of an archive.

    Args:
        archive: of the runs.
        queue: carries them out.
        browser: of the visitor, who may change own runs alone.
        tasks: does the work in threads.
        messages: says how it ended.
        on_change: called when the runs have changed.
        on_delete: called with the name of a run that was deleted.
    """

    def __init__(
        self,
        archive: Archive,
        queue: Any,
        browser: Browser,
        tasks: BackgroundTasks,
        messages: MessageBar,
        *,
        on_change: Callable[[], Any],
        on_delete: Callable[[str], Any],
    ):
        self._archive, self._queue, self._browser = archive, queue, browser
        self._tasks, self._messages = tasks, messages
        self._on_change, self._on_delete = on_change, on_delete
        self.table: dict[str, Callable[[str, str], None]] = {
            "pause": lambda name, value: self._change(name, lambda: queue.pause(name)),
            "cancel": lambda name, value: self._change(name, lambda: queue.cancel(name)),
            "continue": self._resume,
            "rename": lambda name, value: self._change(name, lambda: archive.rename(name, value)),
            "delete": self._delete,
            "restore": self._restore,
            "download": self._download,
        }

    def do(self, act: str, name: str, value: Any = "") -> None:
        """Does something of the table with a run; nothing where it is not in the table."""
        if act in self.table:
            self.table[act](name, str(value))

    def begin(self, settings: Settings, config: Any, visitor: Visitor, session: str) -> str:
        """Puts a new run into the queue and returns its name; to be called in a thread.

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
        archive = self._archive
        self._queue.check(session)
        check_cost(settings.experiment, config, settings.device)
        ADMISSION.take("begun_runs", session)
        taken = {entry.label for entry in archive.entries()}
        run = begin(settings.experiment, device=settings.device, out=archive.folder, config=config)
        assert run.folder is not None
        try:
            label = f"{title(settings.experiment)}, {SIZE_WORDS[settings.size].lower()}"
            visitor.own(run.folder)
            archive.rename(run.folder.name, unique_label(label, taken))
            return self._queue.submit(run, session)
        except Exception:
            run.close()
            with suppress(OSError, ValueError):
                archive.delete(run.folder.name)
            raise

    def add(self, file: UploadedFile) -> None:
        """Copies an uploaded result into the archive; what is none is refused."""
        session, visitor = current_page().visitor, self._browser.client()

        def on_success(added: tuple[str, str]) -> None:
            file.end()
            name, label = added
            self._messages.announce(f"“{label}” was added.", added=name)
            self._on_change()

        def on_error(sentence: str) -> None:
            file.end()
            self._messages.error(sentence)

        work = partial(self._import, file, visitor, session)
        self._tasks.submit(work, on_success, on_error, long=True)

    def _import(self, file: UploadedFile, visitor: Visitor, session: str) -> tuple[str, str]:
        """The name and the label of the run that a file became."""
        archive, megabytes = self._archive, max(1, file.size // 10**6)
        if ADMISSION.address(session) is not None:  # one's own disk is one's own affair
            check_archive(archive, file.size)
        ADMISSION.take_all({"added_files": 1, "added_megabytes": megabytes}, session)
        taken = {entry.label for entry in archive.entries()}
        name = archive.import_run(file.path, f"{file.name!r:.90}", visitor)
        entry = archive.entry(name)
        label = entry.label if entry.label != name else Path(file.name).stem
        if label == Path(RESULT).stem:
            label = title(entry.experiment)
        with suppress(OSError, ValueError):  # it keeps the name of its folder
            archive.rename(name, unique_label(label, taken))
        return name, archive.entry(name).label

    def _change(
        self,
        name: str,
        work: Callable[[], Any],
        on_success: Callable[[Any], Any] = lambda found: None,
        find: Callable[[str], Path] | None = None,
    ) -> None:
        """Changes a run in a thread, if the visitor may; every change of one goes this way.

        Args:
            name: of the run, or the token of a deleted one.
            work: changes it.
            on_success: called on the event loop with what `work` returns.
            find: the folder of the run by its name; None: that of the archive.
        """
        visitor, find = self._browser.client(), find or self._archive.existing

        def permitted() -> Any:
            visitor.check_change(find(name))
            return work()

        def done(found: Any) -> None:
            on_success(found)
            self._on_change()

        self._tasks.submit(permitted, done)

    def _resume(self, name: str, value: str) -> None:
        session = current_page().visitor
        self._change(name, lambda: self._queue.resume(name, session))

    def _delete(self, name: str, value: str) -> None:
        def work() -> tuple[str, str]:
            return self._archive.entry(name).label, self._archive.delete(name)

        def on_success(deleted: tuple[str, str]) -> None:
            label, token = deleted
            self._on_delete(name)
            self._messages.announce(f"“{label}” was deleted.", deleted=token)

        self._change(name, work, on_success)

    def _restore(self, token: str, value: str) -> None:
        archive = self._archive

        def restore() -> str:
            taken = {entry.label for entry in archive.entries()}
            name = archive.restore(token)
            label = archive.entry(name).label
            if label not in taken:
                return "It is back."
            archive.rename(name, unique_label(label, taken))
            return f"It is back as “{archive.entry(name).label}”."

        self._change(token, restore, self._messages.announce, archive.trash.run)

    def _download(self, name: str, kind: str) -> None:
        """Sends a file to the browser, part by part."""
        if kind not in DOWNLOADS:
            return
        page, browser, messages = current_page(), self._browser, self._messages
        if kind in PICTURES:
            messages.announce_progress(DRAWING)

        def work() -> None:
            if not page.has_visitor:  # who left while others' files were made
                return
            with counted_for(page):
                file, content = self._file(name, kind)
            media = guess_type(file)[0] or "application/octet-stream"
            for message in parts(file, content, media):
                if not page.has_visitor:
                    return
                page.call(lambda message=message: browser.send(message))
                if not message["last"]:
                    time.sleep(PAUSE)

        self._tasks.submit(work, lambda found: messages.clear(DRAWING), long=True)

    def _file(self, name: str, kind: str) -> tuple[str, bytes]:
        """The name and the bytes of a file to download."""
        archive = self._archive
        if kind == "netcdf":
            path, label = archive.netcdf(name), archive.entry(name).label
            return f"{name}.nc", path.read_bytes() if label == name else with_title(path, label)
        if kind == "csv":
            return f"{name}.csv", long_table(archive.netcdf(name))
        label, dataset = archive.entry(name).label, partial_results.read(archive.path(name))
        if dataset is None:
            raise ValueError(f"{label} has measured nothing yet, so there is no figure of it")
        return exported(LabeledResult(label, dataset), kind)


def unique_label(label: str, taken: Collection[str]) -> str:
    """The label, with a number where it is taken already."""
    made, number = label, 1
    while made in taken:
        number += 1
        made = f"{label} {number}"
    return made
