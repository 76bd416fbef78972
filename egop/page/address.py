"""The page's address: what it names is opened, what is opened is named in it, Back goes back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

import param

from egop.page import NO_ROOM
from egop.ui.bundle import bundle
from egop.ui.component import Component

Query = dict[str, str]

PARTS = ("page", "tab", "run")
"""Arguments that the page names in its address; other parts of it stay in the browser."""
LONGEST = 200
"""Characters of a part that are read."""


def own_arguments(query: str) -> dict[str, list[bytes]]:
    """Returns what the query of an address says of the page, each once, as Tornado's arguments."""
    said = dict(parse_qsl(query[: 100 * LONGEST], errors="replace"))
    return {name: [said[name][:LONGEST].encode()] for name in PARTS if name in said}


def search_of(arguments: Mapping[str, Sequence[bytes]]) -> str:
    """Returns the query of an address with these arguments, "" or "?page=networks"."""
    said = {name: arguments[name][-1].decode() for name in PARTS if arguments.get(name)}
    return f"?{urlencode(said)}" if said else ""


class Address(Component):
    """The query of the browser's address, after "?".

    Panel's own `Location` adds to the browser's history, but never hears of Back and Forward.

    Args:
        search: as it is when the page is opened, "" or "?page=networks".
        **params: of the Panel component.
    """

    _esm: Any = bundle(Path(__file__).with_name("address.js"))
    _stylesheets: ClassVar[list[str]] = [NO_ROOM]
    _told: ClassVar[tuple[str, ...]] = ("search",)

    search: Any = param.String(doc="A new value becomes an entry of the browser's history.")

    def __init__(self, search: str = "", **params: Any):
        self._is_changing = False
        super().__init__(search=search, **params)

    @property
    def query(self) -> Query:
        """The names and values in the address."""
        return dict(parse_qsl(self.search.removeprefix("?")[: 100 * LONGEST]))

    def write(self, **parts: str) -> None:
        """Names what is open: parts that are "" are taken out, others of the address stay.

        While the page follows Back or Forward it opens one thing after another: none of them
        becomes an entry of the history.
        """
        if self._is_changing:
            return
        others = {key: text for key, text in self.query.items() if key not in parts}
        query = others | {key: text for key, text in parts.items() if text}
        with self._change():
            self.search = f"?{urlencode(query)}" if query else ""

    def on_move(self, show: Callable[[Query], object]) -> None:
        """Calls `show` with what the address names after Back or Forward."""

        def follow(event: Any) -> None:
            if not self._is_changing:
                with self._change():
                    show(self.query)

        self.param.watch(follow, "search")

    @contextmanager
    def _change(self) -> Iterator[None]:
        self._is_changing = True
        try:
            yield
        finally:
            self._is_changing = False
