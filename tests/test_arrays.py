import numpy as np
import pytest
import torch

from egop import methods
from egop.arrays import frozen, read_positive, read_symmetric, read_vector
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.gradients import sample_gradients
from egop.method_run import run
from egop.networks import Classifier
from egop.networks.batches import Minibatches
from egop.networks.network import Batch
from egop.networks.rng import check_seed
from egop.objectives import log_sum_exp, quadratic
from egop.refreshed import Refreshed


def test_frozen_is_a_read_only_copy():
    source = np.zeros(3)
    copy = frozen(source)
    source[0] = 1.0
    assert copy[0] == 0.0
    assert not copy.flags.writeable


def test_read_vector_spreads_one_number():
    np.testing.assert_array_equal(read_vector(2, 3, "it"), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(read_vector([1, 2], 2, "it"), [1.0, 2.0])


def test_read_symmetric_averages_round_off_away():
    matrix = read_symmetric([[1.0, 2.0 + 1e-14], [2.0, 3.0]], "it")
    np.testing.assert_array_equal(matrix, matrix.T)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: read_vector([1.0, 2.0], 3, "it"), r"it takes one number or 3, got shape \(2,\)"),
        (lambda: read_vector(np.eye(2), 2, "it"), "one number or 2"),
        (lambda: read_vector(np.nan, 2, "it"), "it takes finite numbers"),
        (lambda: read_positive([1.0, -2.0], 2, "it"), "above zero, got -2"),
        (lambda: read_symmetric([1.0], "it"), r"square matrix \(d, d\), got shape \(1,\)"),
        (lambda: read_symmetric(np.zeros((0, 0)), "it"), "square matrix"),
        (lambda: read_symmetric([[np.inf]], "it"), "finite"),
        (lambda: read_symmetric([[1.0, 2.0], [0.0, 1.0]], "it"), "differ by 2"),
    ],
)
def test_refuses_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


COUNTED = {
    "variables of an objective": lambda n: log_sum_exp(dim=n, singular_values=(1.0, 0.5)),
    "variables of a distribution": Gaussian,
    "points": lambda n: Gaussian(2).sample(n, 0),
    "gradients": lambda n: sample_gradients(quadratic(), Gaussian(2), n, 0),
    "eigenvectors": lambda n: Eigenbasis.identity(3).leading(n),
    "steps": lambda n: run(quadratic(), methods.adam(), np.ones(2), n),
    "period": lambda n: methods.shampoo(refresh=n),
    "refreshes": lambda n: Refreshed(every=n, distribution=Gaussian(2)),
    "seed of refreshes": lambda n: Refreshed(every=1, distribution=Gaussian(2), seed=n),
    "minibatches": lambda n: Minibatches(Batch(torch.ones(1, 4, 3), torch.ones(1, 4)), size=n),
    "layers": lambda n: Classifier((3, n)),
    "seed of draws": check_seed,
}


@pytest.mark.parametrize("what", COUNTED)
def test_counts_are_integers_of_python_or_numpy_and_no_truth_values(what):
    for one in (2, np.int64(2), np.uint8(2)):
        COUNTED[what](one)
    for other in (True, np.True_, 2.0, "2", -1):
        with pytest.raises((ValueError, TypeError), match=r"got \(?.*(True|2\.0|'2'|-1)"):
            COUNTED[what](other)
