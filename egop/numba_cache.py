"""Compiled code on disk, in a folder of egop's own, by the insides of numba.

numba's public `cache=True` takes its folder from a variable of the environment, for all packages of
a process, and looks for changes in one file alone. What it reads from a damaged file it runs:
native code with a wrong byte ends the process. Here each file ends with a checksum of what it
holds, and one whose checksum is wrong counts as missing: the code is compiled anew.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    UserProvidedCacheLocator,
)
from numba.core.ccallback import CFunc


class _Locator(UserProvidedCacheLocator):
    """Points numba's cache at `folder`."""

    folder: ClassVar[Path]

    def __init__(self, py_func, py_file):
        self._py_file = py_file
        self._lineno = py_func.__code__.co_firstlineno
        self._cache_path = str(self.folder)

    @classmethod
    def from_function(cls, py_func, py_file):
        return cls(py_func, py_file)


class _CacheContents(CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class CheckedFiles(IndexDataCacheFile):
    """The files of one function, each with a checksum behind the pickles, which end before it."""

    @contextmanager
    def _open_for_write(self, filepath) -> Iterator[BytesIO]:
        content = BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            file.write(content.getvalue() + checksum(content.getvalue()))

    def _load_index(self) -> dict:
        return super()._load_index() if is_whole(self._index_path) else {}

    def _load_data(self, name) -> Any:
        path = self._data_path(name)
        if not is_whole(path):
            raise OSError(f"{path} is damaged")  # which numba takes for a missing file
        return super()._load_data(name)


def checksum(content: bytes) -> bytes:
    """The checksum at the end of a file with this content."""
    return hashlib.sha256(content).digest()


def is_whole(path: str | Path) -> bool:
    """Returns True if a file can be read and ends with the checksum of what stands before."""
    try:
        held = Path(path).read_bytes()
    except OSError:
        return False
    size = hashlib.sha256().digest_size
    return len(held) > size and checksum(held[:-size]) == held[-size:]


class DiskCache(FunctionCache):
    """The compiled code of one function."""

    _impl_class = _CacheContents

    def __init__(self, py_func):
        super().__init__(py_func)
        self._cache_file = CheckedFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig, target_context):
        """The compiled code, or None where there is none that this process can use."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # of pickle, numba or LLVM, about code that other versions have written
            return None

    def save_overload(self, sig, data):
        """Keeps the compiled code where the disk allows it; a full disk is no reason to stop."""
        try:
            super().save_overload(sig, data)
        except OSError:
            self.disable()


def disk_cache_in(folder: Path) -> type[DiskCache]:
    """Returns the caches of functions, which from now on lie in this folder."""
    _Locator.folder = folder
    return DiskCache


def cached_cfunc(
    cache: type[DiskCache], function: Callable, signature: Any, options: dict[str, Any]
) -> Any:
    """Returns what `numba.cfunc` returns, from the disk where it was compiled before."""
    types = signature.args, signature.return_type
    native: Any = CFunc(function, types, locals={}, options=options)
    native._cache = cache(function)
    native.compile()
    return native
