"""Everything that a change of the scene sends to the browser, packed into one column of bytes.

One message with one column is redrawn in two thirds of the time of one with a column per array.
The bytes are: the header's length (uint32), the header (JSON, padded to a multiple of 4), then all
arrays as float32. `playback.js` reads it and hands each source its columns.
"""

import json
import re
from functools import partial
from zlib import crc32

import numpy as np

MOST_STEPS = 10_000
"""Steps that can be played back."""
WIDE = 2.25
"""Ratio of the sides that a landscape fills: of a laptop's figures; a wider one asks for more."""

_json = partial(json.dumps, separators=(",", ":"), allow_nan=False)
_PLACE = re.compile(r'"at":(\d+),"size":(\d+)')
"""The place and number of an array in JSON; quotes within a text are escaped, and never match."""


class Packet:
    """Arrays for the page's sources, by name; what moves is said once and cut in the browser.

    Attributes:
        n_steps: T of the runs; every moving array has T+1 entries.
        labels: (T+1,) what the steps are called where some were left out; None: 0 … T.
    """

    def __init__(self, n_steps: int, labels: np.ndarray | None = None):
        self.n_steps, self.labels = n_steps, labels
        self._stored: dict[int, np.ndarray] = {}
        self._known: dict[int, tuple[np.ndarray, dict]] = {}
        self._sources: dict[str, dict] = {}
        self._length = 0
        self._extra: dict[str, object] = {}

    @property
    def last(self) -> float:
        """The label of the last step."""
        return self.n_steps if self.labels is None else float(self.labels[-1])

    def fixed(self, source: str, **columns) -> None:
        """Columns that stay while playing: arrays of numbers, or lists of strings."""
        self._sources[source] = {"kind": "fixed", "columns": self._columns(columns)}

    def lines(self, source: str, lines: dict[str, list[np.ndarray]], **columns) -> None:
        """Whole lines of a multi-line glyph, arguments as in `growing`."""
        self.growing(source, lines, **columns)
        self._sources[source]["kind"] = "lines"

    def growing(self, source: str, lines: dict[str, list[np.ndarray]], **columns) -> None:
        """Lines of a multi-line glyph that are drawn up to the step.

        Args:
            source: its name.
            lines: for instance {"xs": [...], "ys": [...]}, arrays (T+1,) each.
            **columns: one entry a line.
        """
        moving = {name: [self._add(a) for a in arrays] for name, arrays in lines.items()}
        self._sources[source] = {
            "kind": "growing",
            "lines": moving,
            "columns": self._columns(columns),
        }

    def heads(self, source: str, moving: dict[str, list[np.ndarray]], **columns) -> None:
        """Rows of which the moving columns show the entry of the step.

        Args:
            source: its name.
            moving: for instance {"x": [...], "y": [...]}, arrays (T+1,) each.
            **columns: one entry a row.
        """
        self._sources[source] = {
            "kind": "heads",
            "moving": {name: [self._add(a) for a in arrays] for name, arrays in moving.items()},
            "columns": self._columns(columns),
        }

    def appearing(
        self,
        source: str,
        steps: np.ndarray,
        lines: np.ndarray,
        of_lines: dict[str, list],
        **columns,
    ) -> None:
        """Rows of which those are shown that belong to the steps so far.

        Args:
            source: its name.
            steps: (n,) the step of each row, ascending.
            lines: (n,) the line to which each row belongs.
            of_lines: columns with one entry a line, such as its color.
            **columns: one number a row.
        """
        self._sources[source] = {
            "kind": "appearing",
            "steps": self._add(steps),
            "lines": self._add(lines),
            "of_lines": of_lines,
            "columns": self._columns(columns),
        }

    def frames(
        self,
        source: str,
        n_frames: int,
        flat: dict[str, np.ndarray] | None = None,
        lines: dict[str, list[np.ndarray]] | None = None,
        **columns,
    ) -> None:
        """Columns of which each step shows a frame of its own.

        Args:
            source: its name.
            n_frames: F; where it is less than T+1, steps share frames.
            flat: columns as arrays (F, n).
            lines: columns of a multi-line glyph, arrays (F, points of the line) each.
            **columns: those that stay.
        """
        self._sources[source] = {
            "kind": "frames",
            "n_frames": n_frames,
            "flat": {name: self._add(array) for name, array in (flat or {}).items()},
            "lines": {name: [self._add(a) for a in each] for name, each in (lines or {}).items()},
            "columns": self._columns(columns),
        }

    def turned(self, source: str, of: str, rotation, **settings) -> None:
        """The image or the lines of another source, turned by Vᵀ in the browser.

        Args:
            source: its name.
            of: the name of the source with a square image, or lines xs and ys.
            rotation: V (2, 2), whose columns are the axes of the turned picture.
            **settings: numbers; for an image `center`, `half`, `pixels`
                and `hatch`: the value from which on pixels are hatched, the distance of the lines
                along a row and their width.
        """
        turn = {"kind": "turned", "of": of, "rotation": np.ravel(rotation).tolist()}
        self._sources[source] = turn | settings

    def say(self, **extra) -> None:
        """Plain values for the player, such as the words for screen readers."""
        self._extra |= extra

    def pace(self, clock: np.ndarray) -> None:
        """Adds when each step is reached, (T+1,) from 0 to 1; without it all steps last alike."""
        self._extra["clock"] = self._add(clock)

    def to_bytes(self) -> np.ndarray:
        """The packet, (n,) uint8."""
        others: dict[str, object] = {"n_steps": self.n_steps} | self._extra
        if self.labels is not None:
            others["labels"] = self.labels.tolist()
        sources = [f"{_json(name)}:{self._summed(each)}" for name, each in self._sources.items()]
        text = f'{{"sources":{{{",".join(sources)}}},{_json(others)[1:]}'.encode()
        text += b" " * (-len(text) % 4)
        parts = [
            np.uint32(len(text)).tobytes(),
            text,
            *(a.tobytes() for a in self._stored.values()),
        ]
        return np.frombuffer(b"".join(parts), dtype=np.uint8)

    def _summed(self, entry: dict) -> str:
        """A source as JSON, with a sum of all that it shows: the browser redraws what has another.

        Where its numbers stand in the packet changes with other sources, and does not count.
        """
        text = _json(entry)
        total = crc32(_PLACE.sub(r'"size":\2', text).encode())
        for at, size in _PLACE.findall(text):
            if size != "0":
                total = crc32(self._stored[int(at)].tobytes(), total)
        return f'{text[:-1]},"sum":{total}}}'

    def _columns(self, columns: dict) -> dict:
        return {
            name: column if isinstance(column, list) else self._add(np.asarray(column))
            for name, column in columns.items()
        }

    def _add(self, array) -> dict:
        """Returns the place of an array's numbers; an array that is used twice is sent once."""
        if id(array) not in self._known:
            flat = np.ascontiguousarray(array, dtype=np.float32).ravel()
            self._known[id(array)] = (array, {"at": self._length, "size": flat.size})
            self._stored[self._length] = flat
            self._length += flat.size
        return self._known[id(array)][1]


def unpack(packet: np.ndarray) -> tuple[dict, np.ndarray]:
    """The header and all numbers, one after the other, of a packet: what playback.js reads."""
    data = packet.tobytes()
    length = int(np.frombuffer(data[:4], dtype=np.uint32)[0])
    return json.loads(data[4 : 4 + length]), np.frombuffer(data[4 + length :], dtype=np.float32)
