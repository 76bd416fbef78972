"""Periodic work of the server while its clock is set back, which Tornado would put off.

Tornado plans by the clock of the day. Set back by a day, it would free closed pages and look after
open connections a day later. A small step back, as by a time server, is left as it is.
"""

from tornado.ioloop import PeriodicCallback

from egop.tested_versions import can_patch

LATE = "After the clock was set back, closed pages are kept for as long"


def keep_periods() -> None:
    """Lets periodic callbacks of this process come in time after the clock was set back."""
    if getattr(PeriodicCallback._update_next, "is_kept", False) or not can_patch(
        "tornado", LATE, (PeriodicCallback, "_update_next")
    ):
        return
    plain = PeriodicCallback._update_next

    def update_next(self: PeriodicCallback, current_time: float) -> None:
        plain(self, current_time)
        period = self.callback_time / 1000.0
        if self._next_timeout - current_time > 2 * period:
            self._next_timeout = current_time + period

    update_next.is_kept = True  # pyright: ignore[reportFunctionMemberAccess]
    PeriodicCallback._update_next = update_next
