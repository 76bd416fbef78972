"""A worker takes no more memory than it may, and says so in one sentence."""

import subprocess
import sys

import pytest

from egop.execution.tasks import too_large
from egop.limits import limits
from egop.machine_memory import total_memory
from egop.memory_limits import worker_memory


@pytest.fixture
def fresh(monkeypatch):
    limits.cache_clear()
    yield monkeypatch
    limits.cache_clear()


def test_a_worker_may_take_most_of_the_machine_unless_it_is_set(fresh):
    total = total_memory()
    assert total is not None
    assert worker_memory() == int(0.75 * total)
    fresh.setenv("EGOP_MAX_WORKER_MEGABYTES", "500")
    limits.cache_clear()
    assert worker_memory() == 500_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has RLIMIT_DATA for all data")
@pytest.mark.parametrize("code", ["numpy.ones(10**9)", "torch.ones(10**9)", "bytearray(8 * 10**9)"])
def test_more_is_a_memory_error_and_the_process_lives(code):
    program = (
        "import numpy, torch; from egop.execution import worker_preload\n"
        "from egop.execution.tasks import too_large\n"
        "from egop.machine_memory import available_memory\n"
        f"worker_preload.limit_memory()\nassert available_memory() < 3 * 10**9\ntry: {code}\n"
        "except (MemoryError, RuntimeError) as error: print(too_large(error))\n"
        "print(sum(numpy.ones(1000)))"
    )
    environment = {"EGOP_MAX_WORKER_MEGABYTES": "3000", "PATH": "", "OMP_NUM_THREADS": "1"}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert said == (
        "a worker needed more memory than the 3 GB that it may take; choose smaller sizes, or "
        "allow more by EGOP_MAX_WORKER_MEGABYTES\n1000.0\n"
    )


def test_other_errors_stay_as_they_are():
    for error in (RuntimeError("a shape is wrong"), MemoryError("the budget is 5")):
        assert too_large(error) is error
