"""Results depend neither on threads nor on the place of numbers in memory."""

import threading

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from egop.networks import arrays, blocking  # noqa: E402


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    blocking._workers.cache_clear()
    yield
    blocking._workers.cache_clear()
    torch.set_num_threads(before)


def test_every_worker_keeps_to_one_thread(two_threads):
    both, found = threading.Barrier(2), {}

    def work(_):
        both.wait()  # a piece for each worker
        torch.ones(400, 400).exp()  # long enough for PyTorch to ask how many threads there are
        found[threading.current_thread().name] = torch.get_num_threads()

    blocking.for_each(work, range(2), torch.device("cpu"))
    assert list(found.values()) == [1, 1]
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("offset", range(0, 64, 4))
def test_tensors_of_arrays_begin_where_those_of_pytorch_do(offset):
    memory = torch.empty(64, dtype=torch.float32).numpy()
    array = memory[offset // 4 : offset // 4 + 8]
    array[:] = np.arange(8)
    tensor = arrays.as_tensor(array)
    assert tensor.data_ptr() % arrays.ALIGNMENT == 0
    assert tensor.tolist() == list(range(8))
    assert (tensor.data_ptr() == array.ctypes.data) == (offset == 0)
