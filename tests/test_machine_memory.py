"""The memory that a process may use, by files as Linux writes them."""

import subprocess
import sys

import pytest

from egop.machine_memory import available_memory, own_memory, total_memory

GB = 10**9


@pytest.fixture
def machine(tmp_path):
    """A machine with 64 GB, of which 32 are free."""
    write(
        tmp_path / "proc/meminfo",
        f"MemTotal: {64 * GB // 1024} kB\nMemAvailable: {32 * GB // 1024} kB",
    )
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(text))


def group(machine, folder, **files):
    for name, text in files.items():
        write(machine / folder / name.replace("__", "."), text)


def near(bytes_: int, expected: float) -> bool:
    return abs(bytes_ - expected) < 2000


def test_without_a_group_the_machine_counts(machine):
    assert near(total_memory(machine), 64 * GB)
    assert near(available_memory(machine), 32 * GB)


def test_a_limit_of_a_group_above_counts_and_what_files_occupy_does_not(machine):
    write(machine / "proc/self/cgroup", "0::/system.slice/egop.service\n")
    group(machine, "sys/fs/cgroup/system.slice/egop.service", memory__max="max", memory__current=GB)
    group(
        machine, "sys/fs/cgroup/system.slice",
        memory__max=4 * GB, memory__current=3 * GB, memory__stat=f"anon 5\ninactive_file {GB}\n",
    )  # fmt: skip
    assert total_memory(machine) == 4 * GB
    assert available_memory(machine) == 2 * GB


def test_a_container_sees_its_group_as_the_topmost(machine):
    write(machine / "proc/self/cgroup", "0::/not/seen/here\n")
    group(machine, "sys/fs/cgroup", memory__max=2 * GB, memory__current=3 * GB)
    assert total_memory(machine) == 2 * GB
    assert available_memory(machine) == 0


def test_groups_of_the_first_version(machine):
    write(machine / "proc/self/cgroup", "9:cpu,memory:/docker/1\n8:pids:/\n")
    group(
        machine, "sys/fs/cgroup/memory",
        memory__limit_in_bytes=8 * GB, memory__usage_in_bytes=GB,
        memory__stat=f"total_inactive_file {GB // 2}",
    )  # fmt: skip
    assert total_memory(machine) == 8 * GB
    assert available_memory(machine) == 7.5 * GB


def test_a_system_that_says_nothing(tmp_path):
    assert total_memory(tmp_path) is available_memory(tmp_path) is own_memory(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has RLIMIT_DATA for all data")
def test_the_limit_of_the_process_counts():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_DATA, (10**9, 10**9));"
        "from egop.machine_memory import available_memory, own_memory;"
        "assert 0 < available_memory() < 10**9; assert own_memory() > 10**6"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
