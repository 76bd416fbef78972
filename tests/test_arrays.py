import numpy as np
import pytest

from egop.arrays import frozen, read_positive, read_symmetric, read_vector


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
