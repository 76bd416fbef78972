"""SOAP by hand, in rotated coordinates, and where gradients say little."""

import numpy as np
import pytest

from egop import methods
from egop.methods.eigenbases import first_eigenbasis, power_iteration
from tests.methods.walks import gradients_of, largest_change, path_of, walk_and_state

STEPS = 60
RATE = 0.01


def test_three_steps_by_hand():
    gradients = gradients_of((2, 2), 3)
    path = path_of(methods.soap(0.1, beta1=0.5, beta2=0.75, eps=0.0, refresh=1), gradients)
    np.testing.assert_array_equal(path[1], path[0])
    left, right = (0.25 * g @ g.T for g in (gradients[0], gradients[0].T))
    bases = [np.linalg.eigh(a)[1] for a in (left, right)]
    first = 0.5 * gradients[1]
    turned = bases[0].T @ gradients[1] @ bases[1]
    ahead = (bases[0].T @ first @ bases[1]) / 0.5 / np.sqrt(0.25 * turned**2 / 0.25)
    np.testing.assert_allclose(path[2], path[1] - 0.1 * bases[0] @ ahead @ bases[1].T, atol=1e-13)

    left, right = (
        0.75 * a + 0.25 * g @ g.T for a, g in ((left, gradients[1]), (right, gradients[1].T))
    )
    second, new = 0.25 * turned**2, []
    for axis, (a, basis) in enumerate(zip((left, right), bases, strict=True)):
        order = np.argsort(-np.diag(basis.T @ a @ basis))
        new.append(np.linalg.qr((a @ basis)[:, order])[0])
        second = second.take(order, axis)
    first = 0.5 * first + 0.5 * gradients[2]
    second = 0.75 * second + 0.25 * (new[0].T @ gradients[2] @ new[1]) ** 2
    step = (new[0].T @ first @ new[1]) / 0.75 / np.sqrt(second / (1 - 0.75**2))
    np.testing.assert_allclose(path[3], path[2] - 0.1 * new[0] @ step @ new[1].T, atol=1e-13)


def test_second_moments_follow_their_columns():
    """Gradients in the axes of L: SOAP is Adam there, in whatever order its columns stand."""
    t = np.arange(STEPS)
    noise = np.random.default_rng(0).standard_normal((STEPS, 3))
    sizes = np.stack([np.exp(-t / 8), 0.1 * np.exp(t / 10), np.full(STEPS, 0.5)], -1)
    gradients = (sizes * (1 + 0.3 * noise))[..., None] * np.eye(3)
    path = path_of(methods.soap(0.1, beta1=0.9, beta2=0.8, refresh=3), gradients)
    adam = path_of(methods.adam(0.1, beta1=0.9, beta2=0.8), gradients[1:])
    np.testing.assert_allclose(path[2:], adam[1:], rtol=1e-6, atol=1e-7)  # ε stands elsewhere


def test_a_frozen_basis_is_adam_in_that_basis():
    gradients = gradients_of((3, 3), STEPS)
    path = path_of(methods.soap(RATE, eps=0.0, basis="frozen"), gradients)
    left, right = (np.linalg.eigh(g @ g.T)[1] for g in (gradients[0], gradients[0].T))
    adam = methods.adam(RATE, beta1=0.95, beta2=0.95, eps=0.0)
    turned = path_of(adam, left.T @ gradients[1:] @ right)
    np.testing.assert_allclose(path[1:], left @ turned @ right.T, atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (7, 2), (1, 5)])
@pytest.mark.parametrize("options", [{}, {"factors": "all"}, {"basis": "frozen"}])
def test_no_kronecker_basis_changes_the_path_once_the_factors_have_full_rank(shape, options):
    method = methods.soap(RATE, warm_up=0, **options)
    gradients = gradients_of(shape, STEPS)
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in shape)
    turned = left @ path_of(method, left.T @ gradients @ right) @ right.T
    assert largest_change(turned, path_of(method, gradients)) < 1e-7


def test_the_mean_of_all_gradients_makes_the_factors():
    gradients = gradients_of((3, 3), STEPS)
    start = np.zeros(gradients.shape[1:])
    _, state = walk_and_state(methods.soap(RATE, factors="all"), start, gradients)
    assert state is not None
    products = gradients @ gradients.mT
    np.testing.assert_allclose(state[2], products.mean(0), atol=1e-12)


def test_a_null_space_keeps_the_coordinates_that_it_can():
    np.testing.assert_array_equal(abs(first_eigenbasis(np.zeros((3, 3)))), np.eye(3))
    rows = np.random.default_rng(0).standard_normal((4, 2))
    rows[1] = 0.0  # of which the gradients know nothing
    gram = rows @ rows.T
    basis = first_eigenbasis(gram)
    np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-14)
    np.testing.assert_allclose(np.diag(basis.T @ gram @ basis)[2:], 0.0, atol=1e-14)
    assert np.isclose(abs(basis[1]), 1.0).any()
    nearby = first_eigenbasis(gram * (1 + 1e-15 * np.arange(4)))
    np.testing.assert_allclose(abs(nearby), abs(basis), atol=1e-12)


def test_round_off_does_not_decide_what_is_unknown_at_a_refresh():
    column = np.random.default_rng(1).standard_normal((5, 1))
    basis = np.linalg.qr(np.random.default_rng(2).standard_normal((5, 5)))[0]
    gram = column @ column.T
    made = [
        power_iteration(gram + noise, basis, False)[0]
        for noise in (0.0, 1e-17 * np.random.default_rng(3).standard_normal((5, 5)))
    ]
    np.testing.assert_allclose(*made, atol=1e-13)
    np.testing.assert_allclose(made[0].T @ made[0], np.eye(5), atol=1e-14)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (1, 3)])
def test_gradients_of_low_rank_give_finite_steps(shape):
    gradients = gradients_of(shape, STEPS)
    gradients[:, -1:] = 0.0
    gradients[20:40] = 0.0
    path = path_of(methods.soap(RATE, refresh=2), gradients)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[:, -1], 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"refresh": 0}, "soap takes refresh as an integer of at least 1, got 0"),
        ({"refresh": 2.5}, "soap takes refresh as an integer of at least 1"),
        ({"warm_up": -1}, "soap takes warm_up as an integer of at least 0, got -1"),
        ({"basis": "thawed"}, "soap takes basis 'refreshed' or 'frozen', got 'thawed'"),
        ({"factors": "last"}, "soap takes factors 'recent' or 'all'"),
        ({"sides": "longer"}, "soap takes sides 'both' or 'shorter'"),
        ({"beta2": 1.0}, "soap takes beta2 at least 0 and below 1"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        methods.soap(**options)
    with pytest.raises(ValueError, match=r"soap takes|finite numbers"):
        methods.soap().changed(**options)
