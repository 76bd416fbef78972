"""Compiled code on disk, in a folder of egop's own, by the insides of numba.

numba's public `cache=True` takes its folder from a variable of the environment, for all packages of
a process, and looks for changes in one file alone.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator
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


class DiskCache(FunctionCache):
    """The compiled code of one function."""

    _impl_class = _CacheContents

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
