"""The packet of the update at hand, or one that is sent by itself when its content comes later."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from egop.ui.packing import Packet


class PacketSender:
    """Gives what is drawn the packet that takes it to the page.

    Args:
        send: sends a packet to the page.
    """

    def __init__(self, send: Callable[[Packet], None]):
        self._send = send
        self._current: Packet | None = None

    @contextmanager
    def within(self, packet: Packet) -> Iterator[None]:
        """Until the block ends everything goes into the packet of an update, which others send."""
        self._current = packet
        try:
            yield
        finally:
            self._current = None

    @contextmanager
    def packet(self, n_steps: int) -> Iterator[Packet]:
        """The packet of the update at hand; without one a packet that is sent after the block."""
        packet = self._current or Packet(n_steps)
        yield packet
        if packet is not self._current:
            self._send(packet)
