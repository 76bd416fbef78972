"""The server's log: records of bounded length, and of many like each other only the first few.

Messages of browsers are logged with what is wrong about them (bokeh/server/protocol_handler.py),
whatever their length, and as often as they are sent: a stranger would fill the disk.
"""

import logging
import threading
import time
import traceback
from collections import OrderedDict
from typing import Any

MOST = 2_000
"""Characters of a message that are logged."""
MOST_OF_TRACEBACK = 6_000
"""Characters of a traceback that are logged, half of its beginning and half of its end."""
ALIKE = 5
"""Records from one place of the code that are logged within `WINDOW`."""
WINDOW = 60.0
"""Seconds after which a place is logged again, with the number of records left out."""
PLACES = 500
"""Places whose records are counted."""
NO_FAULTS = {("panel.io.document", "Failed sending message as connection was closed")}
"""Warnings that are not logged: somebody closed a page while a message was on its way."""


class BoundedRecord(logging.LogRecord):
    """A record whose message and traceback have a largest length."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0] is not None:
            text = "".join(traceback.format_exception(*self.exc_info)).rstrip("\n")
            self.exc_text = shortened(text, MOST_OF_TRACEBACK)

    def getMessage(self) -> str:  # noqa: N802 - of logging
        """The message, in its middle shortened."""
        return shortened(super().getMessage(), MOST)


class FewAlike(logging.Filter):
    """Lets the first few warnings and errors from each place of the code pass; counts others.

    Warnings of what is no fault do not pass.

    Of one place those count apart that have another text as `alike`, an extra of the record.
    """

    def __init__(self):
        super().__init__()
        self._seen: OrderedDict[tuple, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns True if a record is to be logged; says in it how many others were not."""
        if record.levelno < logging.WARNING:
            return True
        if (record.name, record.msg) in NO_FAULTS:
            return False
        alike = getattr(record, "alike", "")
        place = record.name, record.pathname, record.lineno, record.levelno, alike
        now = time.monotonic()
        with self._lock:
            begun, count = self._seen.pop(place, (now, 0))
            left_out = max(0, count - ALIKE) if now - begun > WINDOW else 0
            if now - begun > WINDOW:
                begun, count = now, 0
            self._seen[place] = begun, count + 1
            while len(self._seen) > PLACES:
                self._seen.popitem(last=False)
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more like it were not logged)"
            record.args = ()
        return count < ALIKE


def shortened(text: str, most: int) -> str:
    """A text, without its middle where it is longer than `most`."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} … [{len(text) - 2 * half:,} characters] … {text[-half:]}"


def bound_logs() -> None:
    """Lets all that is logged from now on be bounded, by the handlers that there are."""
    logging.setLogRecordFactory(BoundedRecord)
    loggers = [
        each for each in logging.root.manager.loggerDict.values() if hasattr(each, "handlers")
    ]
    handlers = {logging.lastResort, *logging.root.handlers}
    for logger in loggers:
        handlers |= {*logger.handlers}  # type: ignore[union-attr]
    few = FewAlike()
    for handler in handlers - {None}:
        assert handler is not None
        if not any(isinstance(each, FewAlike) for each in handler.filters):
            handler.addFilter(few)
