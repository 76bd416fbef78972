"""A file system that may be read and not be written, also by the administrator who runs tests."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHANGES = ("mkdir", "rename", "replace", "unlink", "rmdir", "link", "symlink", "utime", "chmod")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A context in which nothing in a folder can be made, changed or removed."""
    refuse = Refusal(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, refuse.always(getattr(os, name)))
        opened = refuse.writing(io.open, lambda mode="r", *_, **__: bool(set(mode) & set("wax+")))
        patch.setattr(io, "open", opened)
        patch.setattr("builtins.open", opened)
        patch.setattr(os, "open", refuse.writing(os.open, lambda flags, *_, **__: flags & WRITING))
        yield


class Refusal:
    """Functions of the system that refuse what lies in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def always(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self.writing(function, lambda *_, **__: True)

    def writing(self, function: Callable[..., Any], writes: Callable[..., Any]) -> Any:
        """The function, which refuses a path in the folder where its arguments write to it."""

        def called(path: Any, *arguments: Any, **options: Any) -> Any:
            if self.holds(path) and writes(*arguments, **options):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))
            return function(path, *arguments, **options)

        return called

    def holds(self, path: Any) -> bool:
        try:
            return Path(os.fsdecode(path)).absolute().is_relative_to(self.folder)
        except TypeError:  # an open file, by its number
            return False
