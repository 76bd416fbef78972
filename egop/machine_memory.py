"""Memory of this machine as a process may use it: also within a container's or a unit's limit.

Linux says all of it under /proc and /sys; where a system says nothing, the answers are None.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/")
VERSIONS = {
    2: ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    1: (
        "sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
}
"""Versions of control groups: folder, files with limit and usage, and what can be given back."""


def total_memory(root: Path = ROOT) -> int | None:
    """Bytes that all processes here may use together."""
    found = [_meminfo(root, "MemTotal"), *(limit for limit, _ in _groups(root))]
    return min((each for each in found if each is not None), default=None)


def available_memory(root: Path = ROOT) -> int | None:
    """Bytes that this process can still get without others losing theirs."""
    found = [_meminfo(root, "MemAvailable"), _left_of_own_limit(root)]
    found += [max(0, limit - used) for limit, used in _groups(root)]
    return min((each for each in found if each is not None), default=None)


def own_memory(root: Path = ROOT) -> int | None:
    """Bytes of memory that this process occupies."""
    kilobytes = _field(root / "proc/self/status", "VmRSS")
    return None if kilobytes is None else 1024 * kilobytes


def _meminfo(root: Path, name: str) -> int | None:
    kilobytes = _field(root / "proc/meminfo", name)
    return None if kilobytes is None else 1024 * kilobytes


def _field(path: Path, name: str) -> int | None:
    """The first number of a line "name: number …" or "name number"."""
    with suppress(OSError, ValueError, IndexError):
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.replace(":", " ").split()
            if words[:1] == [name]:
                return int(words[1])
    return None


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and usage of each control group that this process is in and that has a limit."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = [*line.split(":", 2), "", ""][:3]
        version = 2 if not kinds else 1
        if version == 2 or "memory" in kinds.split(","):
            yield from _limits(root, version, path)


def _limits(root: Path, version: int, path: str) -> Iterator[tuple[int, int]]:
    """Limit and usage of a group and those above it; a container sees its own as topmost."""
    folder, maximum, current, inactive = VERSIONS[version]
    top = root / folder
    here = top / path.strip("/")
    for group in [here, *here.parents]:
        if not group.is_relative_to(top):
            return
        with suppress(OSError, ValueError):  # "max" is none
            limit = int((group / maximum).read_text())
            used = int((group / current).read_text())
            yield limit, max(0, used - (_field(group / "memory.stat", inactive) or 0))


def _left_of_own_limit(root: Path) -> int | None:
    """Bytes left of the limit on this process's own data (RLIMIT_DATA)."""
    with suppress(ImportError, OSError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
        used = _field(root / "proc/self/status", "VmData")
        if limit != resource.RLIM_INFINITY and used is not None:
            return max(0, limit - 1024 * used)
    return None
