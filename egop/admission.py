"""The visitors of a server, and what each of them has taken of its limits.

A session is entered with its network address when its page is made, and left when the server
forgets it. What belongs to no entered session, as in a notebook or a script, has no limits. All
methods may be called from any thread.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping, Sequence

from egop.limits import FIELDS, Limit, Limits, limits
from egop.memory_limits import server_shortage

WINDOWS = {60.0: "within a minute", 3600.0: "within an hour", 0.0: "at a time"}


HEAVY = ("pages", "uploads", "begun_runs")
"""The limits whose things are refused while the server is short of memory."""
OWN, ADDRESS, ALL = (
    "you have",
    "visitors from your network address have",
    "all visitors together have",
)
"""The words for those whose limit is reached."""
log = logging.getLogger("egop.app")


class LimitError(ValueError):
    """The refusal of something of which there are as many as allowed, or for lack of memory."""


class Admission:
    """The ledger of what sessions, addresses and all visitors together have taken.

    Attributes:
        is_local: True if browsers reach the server by this machine's own names alone.

    Args:
        given: the limits; None: those of this process.
        clock: seconds that never go back.
    """

    def __init__(self, given: Limits | None = None, clock: Callable[[], float] = time.monotonic):
        self._given, self._clock = given, clock
        self.is_local = False
        self._lock = threading.Lock()
        self._addresses: dict[str, str] = {}
        self._owners: set[str] = set()
        self._leaving: dict[str, Callable[[], None]] = {}
        self._used: Counter[tuple[str, Hashable]] = Counter()
        self._taken: dict[str, deque[tuple[float, list[Hashable], int]]] = {}

    @property
    def limits(self) -> Limits:
        """The limits that hold here."""
        return limits() if self._given is None else self._given

    def enter(self, session: str, address: str, *, owns_server: bool = False) -> None:
        """A page was opened; to be left once it is closed.

        Args:
            session: of the page.
            address: of the visitor.
            owns_server: True if the server is this visitor's own.

        Raises:
            LimitError: there are as many as allowed.
        """
        self._take({"opened_pages": 1}, session, address)
        release = self._take({"pages": 1}, session, address)
        with self._lock:
            self._addresses[session], self._leaving[session] = address, release
            if owns_server:
                self._owners.add(session)

    def leave(self, session: str) -> None:
        """A page was closed."""
        with self._lock:
            self._addresses.pop(session, None)
            self._owners.discard(session)
            release = self._leaving.pop(session, None)
        if release is not None:
            release()

    def check(self, address: str) -> None:
        """LimitError if one more page for an address would be too much."""
        with self._lock:
            sentence = self._objection({"opened_pages": 1, "pages": 1}, "", address)
        if sentence:
            raise refused(sentence, address)

    def address(self, session: str) -> str | None:
        """The network address of an entered session; None for any other."""
        with self._lock:
            return self._addresses.get(session)

    def owns_server(self, session: str) -> bool:
        """True if the server is a visitor's own, and for what never entered.

        To be asked while the visitor's page is there: later it is as if it never entered.
        """
        with self._lock:
            return session in self._owners or session not in self._addresses

    def take(self, kind: str, session: str, amount: int = 1) -> Callable[[], None]:
        """Counts something for a visitor; what it returns gives it back, where that is possible.

        Args:
            kind: a field of `Limits`.
            session: whose; one that never entered has no limits.
            amount: how much.

        Raises:
            LimitError: it would be more than allowed; then nothing is counted.
        """
        return self.take_all({kind: amount}, session)

    def take_all(self, amounts: Mapping[str, int], session: str) -> Callable[[], None]:
        """Counts several things by their kinds, all or, where one is too much, none; as `take`."""
        address = self.address(session)
        return _nothing if address is None else self._take(amounts, session, address)

    def _take(self, amounts: Mapping[str, int], session: str, address: str) -> Callable[[], None]:
        keys: list[Hashable] = [("session", session), ("address", address), "all"]
        returned: dict[str, int] = {}
        with self._lock:
            sentence = self._objection(amounts, session, address)
            for kind, amount in {} if sentence else amounts.items():
                for key in keys:
                    self._used[kind, key] += amount
                if seconds := FIELDS[kind].metadata["seconds"]:
                    taken = self._taken.setdefault(kind, deque())
                    taken.append((self._clock() + seconds, keys, amount))
                else:
                    returned[kind] = amount
        if sentence:
            raise refused(sentence, address)

        def give_back() -> None:
            with self._lock:
                while returned:
                    kind, amount = returned.popitem()
                    self._give_back(kind, keys, amount)

        return give_back if returned else _nothing

    def _objection(self, amounts: Mapping[str, int], session: str, address: str) -> str:
        """The sentence of the first limit that does not allow so much more, or ""; under the lock.

        Nothing is logged meanwhile: a log that cannot be written would hold up everybody.
        """
        sentences = (self._limit_met(kind, session, address, n) for kind, n in amounts.items())
        return next(filter(None, sentences), "")

    def _limit_met(self, kind: str, session: str, address: str, amount: int) -> str:
        taken = self._taken.get(kind, ())
        while taken and taken[0][0] <= self._clock():
            _, keys, old = taken.popleft()  # type: ignore[union-attr]
            self._give_back(kind, keys, old)
        if kind in HEAVY and (sentence := server_shortage()):
            return sentence
        keys = ("session", session), ("address", address), "all"
        return self.objection(kind, [self._used[kind, key] for key in keys], amount)

    def objection(self, kind: str, counts: Sequence[int], amount: int = 1) -> str:
        """The sentence of the first limit that does not allow so much more, or "".

        Args:
            kind: a field of `Limits`.
            counts: what the session, its address and all have already.
            amount: how much more.
        """
        limit: Limit = getattr(self.limits, kind)
        for whose, count, most in zip((OWN, ADDRESS, ALL), counts, limit, strict=True):
            if count + amount > most:
                return refusal(kind, whose, most)
        return ""

    def _give_back(self, kind: str, keys: list[Hashable], amount: int) -> None:
        for key in keys:
            self._used[kind, key] -= amount
            if self._used[kind, key] <= 0:
                del self._used[kind, key]


def refused(sentence: str, address: str = "") -> LimitError:
    """Returns the error that refuses something, and logs it: whoever serves sees what was met.

    Args:
        sentence: without a period.
        address: of the visitor, where it is known.
    """
    to = f" to {address}" if address else ""
    log.warning("Refused%s: %s.", to, sentence, extra={"alike": sentence})
    return LimitError(sentence)


def refusal(kind: str, whose: str, most: int) -> str:
    """The sentence of a limit that is reached.

    Args:
        kind: a field of `Limits`.
        whose: `OWN`, `ADDRESS` or `ALL`.
        most: how much there may be.
    """
    about = FIELDS[kind].metadata
    advice = about["advice"] if whose == OWN else "try again later"
    when = WINDOWS[about["seconds"]]
    return f"{whose} as many {about['what']} as allowed {when}, {most:,}; {advice}"


def _nothing() -> None:
    """Gives nothing back: it counts until its time is over, or was not counted."""


ADMISSION = Admission()
"""The ledger of this process."""
