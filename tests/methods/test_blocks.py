"""Methods on points that are made of matrices and vectors, in every engine."""

import numpy as np
import pytest
import torch

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods.blocks import BlockSteps, begins_anew, rule_blocks
from egop.objectives import from_functions, landscape

SHAPES = ((4, 3), (3,), (2, 4))
DIM = 23
MATRICES = methods.MATRIX_METHODS
SINGULAR = {"full_adagrad", "accumulating_asgo"}
"""They invert matrices that are all but singular, where round-off is not much less than √ε."""


def noisy(shapes=SHAPES, dim=DIM):
    """A function whose gradient is far from zero and far from the same along the way."""
    mixing = np.random.default_rng(0).standard_normal((dim, dim)) / dim**0.5
    return from_functions(
        lambda x: np.zeros(x.shape[:-1]),
        lambda x: np.sin(3 * x) @ mixing + 0.1,
        dim=dim,
        shapes=shapes,
    )


@pytest.mark.parametrize("name", methods.METHODS)
def test_runs_at_once_are_the_runs_alone(name):
    objective = noisy()
    starts = np.random.default_rng(1).standard_normal((3, DIM))
    rates = np.array([0.01, 0.02, 0.05])
    together = run(objective, methods.method(name, rates), starts, 20).points
    for k in range(3):
        alone = run(objective, methods.method(name, rates[k]), starts[k], 20).points
        loose = name in SINGULAR
        np.testing.assert_allclose(together[:, k], alone, rtol=1e-4 if loose else 1e-9, atol=1e-12)


@pytest.mark.parametrize("name", MATRICES)
def test_each_matrix_is_stepped_by_itself(name):
    """Blocks beside one another go where each goes alone."""
    gradients = np.random.default_rng(2).standard_normal((20, DIM))
    method = methods.method(name)
    for block in rule_blocks(method, SHAPES, DIM):
        point, state = np.zeros(block.entries.stop - block.entries.start), None
        for step, gradient in enumerate(gradients[:, block.entries], start=1):
            state = block.new_state(point) if state is None else state
            powers = tuple(beta**step for beta in block.method.betas)
            direction, divisor, state = block.step(gradient, state, point, powers, step)
            assert np.isfinite(direction / divisor).all()
            assert (direction / divisor).shape == point.shape


@pytest.mark.parametrize("name", methods.METHODS)
def test_tensors_take_the_same_steps_as_arrays(name):
    gradients = np.random.default_rng(3).standard_normal((20, 2, DIM))
    for block in rule_blocks(methods.method(name), SHAPES, DIM):
        point = np.ones((2, block.entries.stop - block.entries.start))
        state = block.new_state(point), block.new_state(torch.tensor(point))
        for step, gradient in enumerate(gradients[..., block.entries], start=1):
            powers = tuple(beta**step for beta in block.method.betas)
            d1, p1, s1 = block.step(gradient, state[0], point, powers, step)
            tensors = torch.tensor(gradient), state[1], torch.tensor(point)
            d2, p2, s2 = block.step(*tensors, powers, step)
            state = s1, s2
            close = {"atol": 1e-8 if name in SINGULAR else 1e-10, "rtol": 1e-8}
            np.testing.assert_allclose(np.asarray(d2 / p2), d1 / p1, **close)


@pytest.mark.parametrize("name", MATRICES)
def test_a_run_that_is_not_finite_leaves_the_others(name):
    objective = noisy()
    starts = np.ones((2, DIM))
    starts[1] = np.inf
    path = run(objective, methods.method(name), starts, 5)
    assert np.isfinite(path.final_point[0]).all()
    assert path.diverged_at.tolist() == [-1, 0]


@pytest.mark.parametrize("name", MATRICES)
def test_zero_gradients_leave_the_point(name):
    objective = from_functions(
        lambda x: np.zeros(x.shape[:-1]), np.zeros_like, dim=DIM, shapes=SHAPES
    )
    path = run(objective, methods.method(name), np.full(DIM, 0.5), 12)
    np.testing.assert_array_equal(path.final_point, 0.5)


@pytest.mark.parametrize("eps", [None, 0.0])
@pytest.mark.parametrize("name", methods.METHODS)
def test_gradients_of_rank_one_make_no_infinite_step(name, eps):
    """Preconditioners are singular, and some of their rows are 0."""
    gradient = np.outer([1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 0.0, -2.0, 0.0]).ravel()
    objective = from_functions(
        lambda x: x @ gradient, lambda x: np.tile(gradient, (len(x), 1)), dim=20, shapes=(4, 5)
    )
    method = methods.method(name)
    if eps is not None and "eps" in method.hyperparameters._fields:
        method = methods.method(name, eps=eps)
    path = run(objective, method, np.zeros(20), 30)
    assert path.diverged_at == -1
    still = gradient == 0
    way = np.abs(path.final_point).max()
    assert np.abs(path.final_point[still]).max() < 1e-6 * way or name == "adadelta"


@pytest.mark.parametrize("name", MATRICES)
def test_a_vector_without_a_declared_shape_is_refused(name):
    words = rf"{name} steps matrices, but the variables of rosenbrock are no matrix; declare shapes"
    with pytest.raises(ValueError, match=words):
        run(landscape("rosenbrock"), methods.method(name), [1.0, 2.0])


def test_a_matrix_of_more_axes_is_one_of_its_first_axis_and_the_others():
    blocks = rule_blocks(methods.muon(), ((4, 3, 2, 2), (4,)), 52)
    assert [(block.shape, block.is_matrix) for block in blocks] == [((4, 12), True), ((4,), False)]


@pytest.mark.parametrize("shapes", [(4,), ((2, 2), (1,)), (0, 4), "ab", ((2, -2),)])
def test_shapes_that_do_not_add_up_are_refused(shapes):
    with pytest.raises(ValueError, match="shapes takes one shape such as"):
        from_functions(lambda x: x.sum(-1), dim=3, shapes=shapes)


def test_a_rotated_run_steps_the_coordinates_in_the_same_shape():
    objective = noisy(((3, 2),), 6)
    permuted = Eigenbasis(
        eigenvalues=np.ones(6), eigenvectors=np.kron(np.eye(3)[[2, 0, 1]], np.eye(2))
    )
    paths = [
        run(objective, methods.muon(), np.ones(6), 10, basis=b).points for b in (None, permuted)
    ]
    np.testing.assert_allclose(paths[0], paths[1], atol=1e-12)


@pytest.mark.parametrize("moments", ["rotate", "reset", "keep"])
@pytest.mark.parametrize("shapes", [[(3, 4)], [(3, 4), (4, 2)], [(3, 4), (4,)]])
@pytest.mark.parametrize("name", methods.METHODS)
def test_methods_said_to_begin_anew_are_those_that_forget_their_state(name, shapes, moments):
    dim = sum(int(np.prod(shape)) for shape in shapes)
    blocks = rule_blocks(methods.method(name, 0.1), shapes, dim)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1, dim))
    turn = Eigenbasis.random(dim, 1).eigenvectors[None]
    steps = BlockSteps(blocks, points)
    for _ in range(2):
        steps(rng.normal(size=(1, dim)), points)
    before = steps._states
    steps.change_coordinates(turn, moments, points)
    has_state = any(block.method.rule.state for block in blocks)
    forgets = has_state and steps._step == 0 and steps._states is not before
    assert begins_anew(blocks, moments) == forgets
