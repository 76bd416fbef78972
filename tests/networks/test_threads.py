"""Threads of a module's calls: one for small tensors, and all of them afterwards."""

import threading
import time

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from egop.networks import estimate_block_bases, threads
from egop.networks.threads import GRAIN, Threads, one_thread

pytestmark = pytest.mark.filterwarnings(r"ignore:\d samples are only 1 different gradients")


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def numbers_of_threads(model, inputs):
    """The threads of five calls, and afterwards."""
    chosen, seen = Threads(model), []
    for _ in range(5):
        with chosen.calling((inputs,)):
            model(inputs)
            seen.append(torch.get_num_threads())
    return [*seen, torch.get_num_threads()]


def threads_of_a_new_thread():
    found = []
    other = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    other.start()
    other.join()
    return found[0]


@pytest.mark.parametrize("known", [True, False])
def test_threads_that_start_meanwhile_are_not_limited(known, monkeypatch):
    if not known:
        monkeypatch.setattr(threads, "_functions_of_threads", list)
    with one_thread():
        assert torch.get_num_threads() == 1
        assert threads_of_a_new_thread() == 2
    assert torch.get_num_threads() == 2
    assert threads_of_a_new_thread() == 2


def test_matrix_products_keep_to_the_thread_too():
    matrix = torch.randn(700, 700)
    matrix @ matrix.exp()
    with one_thread():
        every, own = time.process_time(), time.thread_time()
        for _ in range(5):
            matrix @ matrix.exp()
        every, own = time.process_time() - every, time.thread_time() - own
    assert every < 1.3 * own


@pytest.mark.parametrize(("before", "chosen"), [(2, 1), (2, 3), (3, 2)])
def test_a_loss_that_sets_the_number_of_threads_keeps_it(before, chosen):
    torch.set_num_threads(before)
    model, seen = nn.Linear(6, 3), []

    def loss(model, batch):
        torch.set_num_threads(chosen)
        seen.append(torch.get_num_threads())
        return model(batch).square().mean()

    estimate_block_bases(model, loss, [torch.ones(5, 6)], None, 4)
    assert seen == [chosen] * 4
    assert torch.get_num_threads() == chosen


def test_large_tensors_that_only_functions_make_count():
    model, seen = nn.Linear(8, 8), []

    def loss(model, batch):
        seen.append(torch.get_num_threads())
        hidden = model(batch)
        return torch.cdist(hidden, hidden).square().mean()

    estimate_block_bases(model, loss, [torch.randn(300, 8) for _ in range(3)], None, 3)
    assert seen == [2, 2, 2]


@pytest.mark.parametrize(
    ("model", "inputs", "expected"),
    [
        (nn.Linear(8, 3), torch.ones(5, 8), 1),
        (nn.Linear(8, 3), torch.ones(GRAIN // 8 + 1, 8), 2),
        (nn.Linear(8, GRAIN // 5), torch.ones(1, 8), 2),
        (nn.Sequential(nn.Linear(8, 90, bias=False), nn.ReLU()), torch.ones(400, 8), 2),
    ],
    ids=["small", "batch", "weights", "outputs"],
)
def test_small_work_is_done_by_one_thread_from_the_second_call_on(model, inputs, expected):
    assert numbers_of_threads(model, inputs) == [2, *[expected] * 4, 2]
    assert not any(layer._forward_hooks for layer in model.modules())


def test_batches_of_each_shape_are_judged_by_themselves():
    model, seen = nn.Linear(8, 90), []
    chosen = Threads(model)
    for length in (5, 5, 400, 400, 5):
        with chosen.calling(torch.ones(length, 8)):
            model(torch.ones(length, 8))
            seen.append(torch.get_num_threads())
    assert seen == [2, 1, 2, 2, 1]


@pytest.mark.parametrize("structure", ["dense", "data"])
def test_an_estimate_leaves_the_number_of_threads_as_it_was(structure):
    model, seen = nn.Linear(6, 3), []

    def loss(model, batch):
        value = nn.functional.cross_entropy(model(batch[0]), batch[1])
        seen.append(torch.get_num_threads())
        if len(seen) == 9:
            raise ZeroDivisionError
        return value

    given = model, loss, [(torch.ones(5, 6), torch.arange(5) % 3)], None, 4
    estimate_block_bases(*given, structure=structure)
    assert seen == [2, 1, 1, 1]
    assert torch.get_num_threads() == 2
    with pytest.raises(ZeroDivisionError):
        estimate_block_bases(*given[:-1], 6, structure=structure)
    assert torch.get_num_threads() == 2
