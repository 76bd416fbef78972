"""Every rule in both loops, in a basis, without a slope; torch.optim is in test_oracles.py."""

import inspect

import numpy as np
import pytest
import torch

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods.blocks import rule_blocks
from egop.networks.update import Updated, new_state
from egop.objectives import from_functions, quadratic
from egop.sweep import Sweep

STEPS = 200
ELEMENTWISE = [n for n, make in methods.METHODS.items() if make().rule.elementwise]
HESSIAN = np.array([[3.0, 1.0, 0.2], [1.0, 2.0, -0.4], [0.2, -0.4, 0.5]])
START = np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_compiled_loop_equals_general_loop(name):
    objective = quadratic(HESSIAN, center=[0.3, 0.1, -0.2])
    basis = Eigenbasis.from_matrix(HESSIAN @ HESSIAN)
    method = methods.METHODS[name](0.01)
    for coordinates in (None, basis):
        compiled = run(objective, method, START, STEPS, basis=coordinates)
        general = run(objective, method, START, STEPS, basis=coordinates, record=("gradient",))
        np.testing.assert_allclose(compiled.points, general.points, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(compiled.values, general.values, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(
            compiled.gradient_norms_1, general.gradient_norms_1, rtol=1e-7, atol=1e-9
        )


ROUND_OFF = dict.fromkeys(methods.METHODS, 1e-12) | {"full_adagrad": 1e-9}
"""Full-matrix AdaGrad inverts a matrix that is all but singular in its first d steps."""


@pytest.mark.parametrize("name", methods.VECTOR_METHODS)
def test_what_a_rotation_changes(name):
    objective = quadratic(HESSIAN, center=[0.3, 0.1, -0.2])
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    rotated = Eigenbasis(eigenvalues=np.ones(3), eigenvectors=rotation)
    method = methods.METHODS[name](0.05)
    paths = [run(objective, method, START, 60, basis=b).points for b in (None, rotated)]
    difference = np.abs(paths[0] - paths[1]).max()
    if method.rule.equivariant:
        assert difference < ROUND_OFF[name]
    else:
        assert difference > 1e-3


@pytest.mark.parametrize("name", methods.VECTOR_METHODS)
def test_signed_permutations_change_nothing(name):
    objective = quadratic(HESSIAN, center=[0.3, 0.1, -0.2])
    permutation = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
    basis = Eigenbasis(eigenvalues=np.ones(3), eigenvectors=permutation)
    method = methods.METHODS[name](0.05)
    paths = [run(objective, method, START, 60, basis=b).points for b in (None, basis)]
    np.testing.assert_allclose(paths[0], paths[1], rtol=0, atol=ROUND_OFF[name])


def test_adagrad_starts_from_its_accumulator():
    path = run(quadratic(np.eye(2)), methods.adagrad(1.0, initial_accumulator=0.1), [1.0, 2.0], 1)
    gradient = np.array([1.0, 2.0])
    np.testing.assert_allclose(path.points[1], gradient - gradient / np.sqrt(0.1 + gradient**2))


def test_full_adagrad_is_adagrad_in_one_variable():
    objective = quadratic([[2.0]])
    paths = [
        run(objective, m(0.3), [1.5], 50).points for m in (methods.adagrad, methods.full_adagrad)
    ]
    np.testing.assert_allclose(paths[0], paths[1], atol=1e-7)


def test_adagrad_norm_by_hand():
    path = run(quadratic(np.eye(2)), methods.adagrad_norm(1.0), [3.0, 4.0], 1)
    np.testing.assert_allclose(path.points[1], [3.0 - 0.6, 4.0 - 0.8], atol=1e-9)


def test_normalized_momentum_moves_by_the_rate():
    path = run(quadratic(np.eye(2)), methods.normalized_momentum(0.25), [3.0, 4.0], 5)
    moved = np.linalg.norm(np.diff(path.points, axis=0), axis=-1)
    np.testing.assert_allclose(moved, 0.25, rtol=1e-8)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: methods.adam(-1.0), "learning rates"),
        (lambda: methods.adam(float("nan")), "learning rates"),
        (lambda: methods.adam(0.1, beta1=1.0), "beta1"),
        (lambda: methods.momentum(0.1, momentum=1.5), "momentum"),
        (lambda: methods.adagrad(0.1, eps=-1.0), "eps"),
        (lambda: methods.method("adaam", 0.1), "did you mean 'adam'"),
    ],
)
def test_bad_hyperparameters_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


EPS = [
    n for n in methods.VECTOR_METHODS if "eps" in inspect.signature(methods.METHODS[n]).parameters
]
FLAT = from_functions(
    lambda x: np.cos(x[..., 0]), lambda x: np.stack([-np.sin(x[..., 0]), 0 * x[..., 1]], -1), dim=2
)
"""cos x₀, which has no slope along x₁."""


def without_eps(name):
    extra = {"weight_decay": 0.0} if name == "adamw" else {}
    return methods.METHODS[name](0.1, eps=0.0, **extra)


@pytest.mark.parametrize("name", EPS)
@pytest.mark.parametrize("record", [(), ("momentum", "preconditioner")])
def test_a_coordinate_without_slope_stands_still(name, record):
    objective = FLAT if record or name not in ELEMENTWISE else quadratic(np.diag([2.0, 0.0]))
    path = run(objective, without_eps(name), [0.7, 0.5], 30, record=record)
    assert path.diverged_at == -1
    np.testing.assert_array_equal(path.points[:, 1], 0.5)
    assert name == "adadelta" or path.values[-1] < path.values[0]  # 0 in, 0 out: it never starts
    if record:
        steps = -0.1 * path.recorded["momentum"] / path.recorded["preconditioner"]
        np.testing.assert_allclose(np.diff(path.points, axis=0), steps, atol=1e-12)


@pytest.mark.parametrize("name", EPS)
def test_a_start_without_slope_stands_still_in_a_sweep(name):
    objective = quadratic(np.diag([2.0, 1.0]))
    starts = np.array([[0.0, 0.0], [0.0, 0.5]])
    sweep = Sweep(objective, without_eps(name), [None], starts, [0.01, 0.01], n_steps=20).finish()
    np.testing.assert_array_equal(sweep.diverged_at, -1)
    assert sweep.final_values[0, 0] == 0.0


@pytest.mark.parametrize("name", [n for n in EPS if n in ELEMENTWISE])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_coordinate_without_slope_stands_still_in_batched_training(name, dtype):
    points = torch.ones(1, 1, 4, dtype=dtype)
    tiny = torch.finfo(dtype).tiny
    gradients = torch.tensor([[[1.0, 0.0, -1.0, tiny]]], dtype=dtype)
    (block,) = rule_blocks(without_eps(name), (), 4)
    group = Updated(block, gradients, points, new_state(block, points), slice(0, 1))
    group.advance(slice(0, 1), slice(0, 1), torch.full((1, 1), 0.1, dtype=dtype), (0.9, 0.9), 1)
    assert torch.isfinite(points).all()
    assert points[0, 0, 1] == 1.0
    assert name == "adadelta" or points[0, 0, 0] < 1.0 < points[0, 0, 2]


def test_weights_decay_where_there_is_no_slope():
    method = methods.adamw(0.1, eps=0.0, weight_decay=0.5)
    for objective in (quadratic(np.diag([2.0, 0.0])), FLAT):
        path = run(objective, method, [0.7, 1.0], 3)
        np.testing.assert_allclose(path.points[:, 1], 0.95 ** np.arange(4))


@pytest.mark.parametrize("name", EPS)
def test_gradients_whose_squares_vanish_do_not_diverge(name):
    scale = 1e-170
    for objective in (
        quadratic(scale * np.eye(2)),
        from_functions(lambda x: scale * (x**2).sum(-1) / 2, lambda x: scale * x, dim=2),
    ):
        path = run(objective, without_eps(name), [1.0, 2.0], 5)
        assert path.diverged_at == -1
        assert np.isfinite(path.points).all()
