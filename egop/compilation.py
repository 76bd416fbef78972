"""Native code: kernels behind function pointers, and where compiled code is kept.

An objective is one `Kernel`, a native function reached through its address, so the loop over
steps is compiled once per method and never again per objective. A typed formula costs one small
function (`egop.objectives.native_code`) instead of one loop for each method.
"""

import hashlib
import os
import shutil
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from llvmlite import ir
from numba import cfunc, njit, types
from numba.extending import intrinsic

from egop.tested_versions import can_patch

PACKAGE = Path(__file__).parent
COMPILED = ("*.py", "objectives/*.py", "methods/*.py")
"""The sources that compiled code is made of: a change in one of them makes a new cache folder."""

KEPT_VERSIONS = 4
"""Cache folders of other versions of the sources that stay, for environments that share one."""

UNCACHED = "Each process compiles its methods and objectives anew, about a second each"

_POINTER = types.CPointer(types.float64)
KERNEL_SIGNATURE = types.float64(_POINTER, types.int64, _POINTER, _POINTER)


@cache
def cache_folder() -> Path | None:
    """The first writable folder for compiled code, or None when no place can be written.

    Tried in turn: `NUMBA_CACHE_DIR`, the package's `__pycache__`, the user's cache folder. The
    folder's name holds a hash of the package's sources, since numba itself looks only at the file
    of the outermost function and would keep a loop compiled from an older update rule.
    """
    digest = hashlib.sha256()
    for pattern in COMPILED:
        for path in sorted(PACKAGE.glob(pattern)):
            digest.update(path.read_bytes())
    name = f"egop-{digest.hexdigest()[:16]}"
    given = os.environ.get("NUMBA_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    for parent in filter(None, (given, PACKAGE / "__pycache__", user / "egop")):
        try:
            folder = Path(parent).expanduser() / name
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except (OSError, RuntimeError):  # the latter: nobody knows the user's home
            continue
        _forget_old(folder)
        return folder
    return None


def _forget_old(folder: Path) -> None:
    """Removes code compiled from other versions of the sources, but for the newest few."""
    versions = folder.parent.glob(f"egop-{'[0-9a-f]' * 16}")  # and nothing else of that place
    others = [path for path in versions if path != folder]
    others.sort(key=_changed_at, reverse=True)
    for path in others[KEPT_VERSIONS:]:
        shutil.rmtree(path, ignore_errors=True)


def _changed_at(path: Path) -> float:
    """Returns the time of a folder's last change, 0 if another process has just removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@cache
def disk_cache() -> Any:
    """Returns the caches on disk of functions, or None where no place or no numba allows them."""
    folder = cache_folder()
    if folder is None or not can_patch("numba", UNCACHED):
        return None
    from egop.numba_cache import disk_cache_in

    return disk_cache_in(folder)


def compiled(function: Callable, cached: bool = True, **options) -> Callable:
    """The function compiled by numba (numpy's error model, no GIL), cached on disk if possible."""
    dispatcher: Any = njit(error_model="numpy", nogil=True, **options)(function)
    on_disk = disk_cache() if cached else None
    if on_disk is not None:
        dispatcher._cache = on_disk(function)
    return dispatcher


class Native(Protocol):
    """Native code, which is there as long as this object is."""

    @property
    def address(self) -> int:
        """The address of a function with `KERNEL_SIGNATURE`."""
        ...


class Kernel(ABC):
    """An objective's value and gradient as native code, made at first use."""

    def __init__(self):
        self._native: Native | None = None
        self._lock = threading.Lock()

    @property
    def is_compiled(self) -> bool:
        """True if the address is known without compiling."""
        return self._native is not None

    @property
    def address(self) -> int:
        """The native function's address, for as long as the kernel is referred to."""
        if self._native is None:
            with self._lock:
                if self._native is None:
                    self._native = self._compile()
        return self._native.address

    @abstractmethod
    def _compile(self) -> Native: ...


class FunctionKernel(Kernel):
    """A kernel that is a function of a module, compiled by numba.

    Args:
        function: `kernel(data, dim, point, gradient) -> value` in the Python that numba compiles:
            `data` points to the problem's float64 numbers, `point` to `dim` coordinates that are
            read and `gradient` to `dim` that are written.
        fastmath: numba's `fastmath`; `{"reassoc", "contract"}` lets long sums be vectorized.
    """

    def __init__(self, function: Callable, fastmath: bool | set[str] = False):
        super().__init__()
        self.function = function
        self._fastmath = fastmath

    def __reduce__(self):
        fastmath = self._fastmath
        options = tuple(sorted(fastmath)) if isinstance(fastmath, set) else fastmath
        return _unpickled_kernel, (self.function, options)

    def _compile(self) -> Native:
        options: Any = {"error_model": "numpy", "fastmath": self._fastmath}
        on_disk = disk_cache()
        if on_disk is not None:
            from egop.numba_cache import cached_cfunc

            return cached_cfunc(on_disk, self.function, KERNEL_SIGNATURE, options)
        native: Any = cfunc(KERNEL_SIGNATURE, **options)(self.function)
        return native


@cache
def _unpickled_kernel(function: Callable, options: bool | tuple[str, ...]) -> Kernel:
    """One kernel for all objectives that are unpickled with this function."""
    return FunctionKernel(function, set(options) if isinstance(options, tuple) else options)


def _call_kernel(typingctx, address, data, point, gradient):
    """The kernel's value at `point`; its gradient is written to `gradient`."""
    signature = types.float64(address, data, point, gradient)

    def generate(context, builder, signature, arguments):
        number = ir.DoubleType()
        pointer = number.as_pointer()
        function = ir.FunctionType(number, [pointer, ir.IntType(64), pointer, pointer])
        data, point, gradient = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[1:], arguments[1:], strict=True)
        )
        native = builder.inttoptr(arguments[0], function.as_pointer())
        dim = builder.extract_value(point.shape, 0)
        return builder.call(native, [data.data, dim, point.data, gradient.data])

    return signature, generate


call_kernel: Any = intrinsic(_call_kernel)
"""Calls a kernel in compiled code: `call_kernel(address, data, point, gradient) -> value`."""


def _evaluate(address, data, points, values, gradients):
    for run in range(points.shape[0]):
        values[run] = call_kernel(address, data, points[run], gradients[run])


@cache
def _compiled_evaluate() -> Callable:
    return compiled(_evaluate)


def evaluate(kernel: Kernel, data: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values (R,) and gradients (R, d) of a kernel at points (R, d), C-contiguous float64."""
    values = np.empty(len(points))
    gradients = np.empty_like(points)
    _compiled_evaluate()(kernel.address, data, points, values, gradients)
    return values, gradients
