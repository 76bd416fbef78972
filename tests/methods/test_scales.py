"""Gradients from very small to very large ones, in both precisions."""

import re
from pathlib import Path

import numpy as np
import pytest

import egop
from egop import methods
from egop.methods.blocks import rule_blocks
from egop.methods.elementwise import divisor

PAGE = (Path(__file__).resolve().parents[2] / "docs/methods.md").read_text(encoding="utf-8")
SAID = PAGE.partition("## Very large gradients")[2].partition("\n## ")[0]
DIVERGING = re.findall(r"`(\w+)`", SAID.partition("counts as diverged:")[2].partition(".")[0])
SHAPES = ((3, 4), (3,))
ORDINARY = [("float32", 1e-30), ("float32", 1e10), ("float64", 1e-200), ("float64", 1e80)]
BEYOND = [("float32", 1e20), ("float32", 1e30), ("float64", 1e160)]
SCALE_FREE = ["normalized_momentum", "sign_momentum", "lion", "adafactor", "aro", "muon"]


def steps(name, dtype, scale):
    """The steps (T, d) of each block of parameters, along gradients of a scale."""
    rng = np.random.default_rng(0)
    found = []
    for block in rule_blocks(methods.method(name), SHAPES, 15):
        size = int(np.prod(block.shape))
        point = rng.standard_normal((1, size)).astype(dtype)
        state, made = block.new_state(point), []
        for t in range(1, 5):
            gradient = (scale * rng.standard_normal((1, size))).astype(dtype)
            powers = tuple(beta**t for beta in block.method.betas)
            with np.errstate(all="ignore"):
                direction, below, state = block.step(gradient, state, point, powers, t)
                made.append((direction / divisor(direction, below))[0])
        found.append(np.array(made))
    return found


@pytest.mark.parametrize(("dtype", "scale"), ORDINARY)
@pytest.mark.parametrize("name", methods.METHODS)
def test_steps_are_finite_where_squares_of_gradients_are(name, dtype, scale):
    for made in steps(name, dtype, scale):
        assert np.isfinite(made).all()


@pytest.mark.parametrize(("dtype", "scale"), BEYOND)
def test_the_page_names_the_methods_that_diverge_where_squares_overflow(dtype, scale):
    lost = {
        name
        for name in methods.METHODS
        if not all(np.isfinite(made).all() for made in steps(name, dtype, scale))
    }
    assert lost <= {*DIVERGING}
    assert lost >= {*DIVERGING} - {"splus"}  # whose factors overflow later, as they are means
    if scale in (1e30, 1e160):
        assert lost == {*DIVERGING}


@pytest.mark.parametrize("name", SCALE_FREE)
def test_steps_that_know_no_scale_are_the_same_at_every_one(name):
    usual = steps(name, "float32", 1.0)[0]
    for scale in (1e10, 1e16):
        np.testing.assert_allclose(steps(name, "float32", scale)[0], usual, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "scale"), [("normalized_momentum", 1e20), ("aro", 1e20), ("aro", 1e-30)]
)
def test_norms_neither_overflow_nor_vanish(name, scale):
    usual, made = (steps(name, "float32", each)[0] for each in (1.0, scale))
    np.testing.assert_allclose(made, usual, rtol=1e-3, atol=1e-5)


def test_a_run_whose_squares_overflow_counts_as_diverged():
    steep = egop.objectives.quadratic(hessian=1e160 * np.eye(4))
    steep = egop.objectives.from_functions(
        steep.value, steep.gradient, dim=4, vectorized=True, shapes=(2, 2)
    )
    start = [1.0, 0.0, 0.0, 1.0]
    assert egop.run(steep, methods.adam(0.1), start, n_steps=5).diverged_at == -1
    assert egop.run(steep, methods.shampoo(0.1), start, n_steps=5).diverged_at == 1
