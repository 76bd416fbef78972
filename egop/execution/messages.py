"""A patch of Dask that sends each message at once, whatever the clock does."""

from egop.tested_versions import can_patch

LATE = "After the clock was set back, runs may stand still until it is as late again"


def send_at_once() -> None:
    """Lets Dask send without the pause of 2 ms that it keeps between two batches of messages.

    The end of that pause is a time of day. Were the clock set back by a day within it, the news
    that a piece is finished would come a day later. Twice is as good as once.
    """
    from distributed.batched import BatchedSend

    if can_patch("distributed", LATE, (BatchedSend, "_background_send")):
        BatchedSend.next_deadline = property(lambda self: None, lambda self, deadline: None)  # type: ignore[assignment]
