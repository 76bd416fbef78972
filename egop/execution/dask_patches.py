"""Patches of Dask, for the versions they were tried with."""

from egop.tested_versions import can_patch

LATE = "After the clock was set back, runs may stand still until it is as late again"
NOISY = "The log may show an error of its garbage collection, which is harmless"


def send_at_once() -> None:
    """Lets Dask send without the pause of 2 ms that it keeps between two batches of messages.

    The end of that pause is a time of day. Were the clock set back by a day within it, the news
    that a piece is finished would come a day later. Twice is as good as once.
    """
    from distributed.batched import BatchedSend

    if can_patch("distributed", LATE, (BatchedSend, "_background_send")):
        BatchedSend.next_deadline = property(lambda self: None, lambda self, deadline: None)  # type: ignore[assignment]


def measure_no_collections() -> None:
    """Keeps Dask from measuring Python's garbage collections in this process.

    One that begins in another thread before the scheduler listens and ends after that is an error
    to Dask, which Python writes into the log with its traceback.
    """
    from distributed import gc

    if can_patch("distributed", NOISY, (getattr(gc, "GCDiagnosis", None), "_gc_callback")):
        gc.GCDiagnosis._gc_callback = lambda self, phase, info: None
