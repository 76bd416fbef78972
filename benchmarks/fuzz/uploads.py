"""Hostile messages to the button that takes files: in another order, of other sizes and kinds."""

import base64
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz.values import hostile
from egop.lab.upload import PREFIX, Upload, UploadedFile

LONGEST = 300
"""Characters of a sentence."""
KEYS = ("k", "l", "", "k" * 10_000)


def generate(rng: Random) -> list[Any]:
    """Messages, most of them nearly right."""
    return [message(rng) for _ in range(rng.randint(1, 12))]


def message(rng: Random) -> Any:
    """One message; a part's content is written as its length."""
    if rng.random() < 0.1:
        return hostile(rng)
    key = rng.choice(KEYS) if rng.random() < 0.2 else "k"
    if rng.random() < 0.3:
        made = {"key": key, "name": "a.nc", "size": rng.choice([1, 6, 6, 6, 100, 2**40, 0, -1])}
    else:
        content = bytes(rng.choice([0, 1, 2, 3, 3, 3, 6, 1000]))
        part = base64.b64encode(content).decode()
        made = {"key": key, "at": rng.choice([0, 0, 3, 3, 6, -1]), "part": part}
    if rng.random() < 0.3:
        made[rng.choice(list(made))] = hostile(rng)
    return made


def check(messages: list[Any]) -> str:
    """Returns the finding where a file comes in part or something is left of it, else ""."""
    before = left()
    taken, refused = [], []
    upload = Upload(label="Add")
    upload._send_msg = lambda message: None  # type: ignore[method-assign]

    def take(given: UploadedFile) -> None:
        taken.append((given.size, given.path.stat().st_size))
        upload.end()

    upload.on_file(take, refused.append)
    for each in messages:
        try:
            upload._handle_msg(each)
        except Exception as error:
            return f"a message raises {type(error).__name__}"
        if len(left() - before) > 1:
            return "more than one file lies in the temporary folder"
    upload.end()
    if left() - before:
        return "a file is left in the temporary folder"
    if any(declared != there for declared, there in taken):
        return "a file is taken that has another size than it was said to have"
    if any(len(each) > LONGEST or "\n" in each for each in refused):
        return "a refusal is no short sentence"
    return ""


def left() -> set[Path]:
    """The files of uploads."""
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
