"""Calls functions in processes with limits on time and memory: for what comes from strangers.

C code may loop for ever while it holds the interpreter's lock, so that only another process can be
stopped. The processes are started ahead, import what they need and then wait; one that is late or
takes too much memory is killed and another one takes its place. They are plain subprocesses, which
import neither the main module nor anything else of the caller's, so that they work in a script, a
notebook and a server alike.

Guarantees: a call ends after its seconds of computing, whatever the function does, and after
`WAITED` times as long by the clock, so that a busy machine makes nobody's call fail; a process that
the caller left behind (SIGKILL) ends by itself, after the seconds of its call at the latest.
"""

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from queue import Empty, Queue
from typing import Any

PATIENCE = 30.0
"""Seconds that a call waits for a process that is free, and a process for its imports."""
WAITED = 5.0
"""A call ends after this many times its seconds by the clock, also if it only waits."""

_CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); import egop.limited_process as p; p.serve()"  # noqa: E501
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


_COUNTED = hasattr(signal, "setitimer")
_OUT_OF_TIME = signal.SIGPROF if _COUNTED else 0


class BusyError(TimeoutError):
    """Every process was busy for long: nothing is known of what was to be computed."""


class LimitedProcesses:
    """A few processes that call functions with limits; started at the first call, or by `start`.

    Args:
        preload: names of modules that a process imports before it is ready.
        workers: how many processes.
        megabytes: of memory that a call may take beyond what the imports took; where the system
            has no such limit (Windows, macOS), time is the only one.
    """

    def __init__(self, preload: Sequence[str] = (), workers: int = 1, megabytes: int = 1024):
        self._preload, self._workers, self._megabytes = tuple(preload), workers, megabytes
        self._free: Queue[_Process] = Queue()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Starts the processes that are missing, without waiting for their imports."""
        with self._lock:
            if not self._all:
                atexit.register(self.close)
            while len(self._all) < self._workers:
                process = _Process(self._preload, self._megabytes)
                self._all.add(process)
                self._free.put(process)

    def call(self, function: Callable[..., Any], *args: Any, seconds: float) -> Any:
        """Returns `function(*args)`, computed in one of the processes; waits for it.

        Args:
            function: of a module; it, its arguments and its result are pickled.
            *args: what it takes.
            seconds: of computing, after which it is given up; by the clock where the system does
                not count them (Windows). Waiting for a free process does not count.

        Raises:
            TimeoutError: it took longer.
            BusyError: every process is busy for long.
            MemoryError: it asked for more memory than allowed.
            ChildProcessError: its process died.
            Exception: what the function raised.
        """
        self.start()
        try:
            process = self._free.get(timeout=PATIENCE)
        except Empty:
            raise BusyError("too much is being computed at the moment; try again later") from None
        try:
            succeeded, result = process.call(function, args, seconds)
        finally:
            if process.lives:
                self._free.put(process)
            else:
                with self._lock:
                    self._all.discard(process)
                self.start()
        if not succeeded:
            raise result
        return result

    def close(self) -> None:
        """Ends every process, also at work; the next call starts others."""
        with self._lock:
            processes, self._all = self._all, set()
            self._free = Queue()
        for process in processes:
            process.kill()
        atexit.unregister(self.close)


class _Process:
    """One process, which carries out one call after the other."""

    def __init__(self, preload: Sequence[str], megabytes: int):
        self._megabytes = megabytes
        self._late = self._ready = False
        self._popen = subprocess.Popen(
            [sys.executable, "-c", _CODE, json.dumps(sys.path), str(megabytes), *preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _ONE_THREAD,
        )

    @property
    def lives(self) -> bool:
        return self._popen.poll() is None and not self._late

    def call(self, function: Callable[..., Any], args: tuple, seconds: float) -> tuple[bool, Any]:
        """Returns True and the function's result, or False and the error that it raised."""
        message = pickle.dumps((function, args, seconds))  # before anything is sent
        try:
            if not self._ready:
                self._exchange(b"", PATIENCE)
                self._ready = True
            return self._exchange(message, seconds * (WAITED if _COUNTED else 1.0))
        except (EOFError, OSError, pickle.UnpicklingError):
            self.kill()
        if self._late or self._popen.returncode == -_OUT_OF_TIME:
            raise TimeoutError(f"{function.__name__} took more than {seconds:g} s")
        raise ChildProcessError(
            f"the process of {function.__name__} ended (it may take {self._megabytes} MB of memory)"
        )

    def _exchange(self, message: bytes, seconds: float) -> Any:
        """Sends a message and reads the answer; a process that is late is killed."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        timer = threading.Timer(seconds, self._give_up)
        timer.start()
        try:
            self._popen.stdin.write(message)
            self._popen.stdin.flush()
            return pickle.load(self._popen.stdout)
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self._late = True
        self._popen.kill()

    def kill(self) -> None:
        """Ends the process, and forgets its pipes."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            with suppress(OSError):  # of what could not be written any more
                pipe.close()  # type: ignore[union-attr]


def serve() -> None:
    """Runs in the process: imports, limits its memory, answers calls until its input ends."""
    calls, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a function prints is no answer
    for name in sys.argv[3:]:
        import_module(name)
    _limit_memory(int(sys.argv[2]))
    _answer(answers, "ready")
    while True:
        try:
            function, args, seconds = pickle.load(calls)
        except EOFError:
            return
        _limit_time(seconds)
        try:
            answer = True, function(*args)
        except Exception as error:
            answer = False, error
        try:
            _answer(answers, answer)
        except Exception as error:  # of what cannot be pickled
            _answer(answers, (False, RuntimeError(f"{type(error).__name__}: {error}")))
        del answer  # whose memory the next call would lack
        _limit_time(0)


def _answer(answers: Any, answer: Any) -> None:
    message = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    answers.write(message)
    answers.flush()


def _limit_memory(megabytes: int) -> None:
    """Lets the process take so much memory beyond what it has, where the system knows how much."""
    with suppress(ImportError, OSError, ValueError):
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _limit_time(seconds: float) -> None:
    """Ends the process after so many seconds of computing, also in C code; 0 sets no limit."""
    if _COUNTED:
        signal.setitimer(signal.ITIMER_PROF, seconds)
