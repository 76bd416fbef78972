"""Rotations that change the paths of methods: every cell of the table, by 60 noisy steps."""

import numpy as np
import pytest

from benchmarks.oracles.comparison import deviation, our_path
from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods.equivariance import CHANGED, UNCHANGED, can_be_unchanged, families
from egop.methods.rule import ROTATIONS, GradientRank
from egop.objectives import matrix_quadratic
from egop.objectives.objective import Objective

TABLE = methods.equivariance_table()
SHAPES = SQUARE, TALL, WIDE = (4, 4), (6, 3), (3, 6)


def rotation(kind, shape):
    """An orthogonal matrix of the entries of W, row by row, that turns what its name says."""
    rng = np.random.default_rng(2)
    sizes = shape if kind != "whole" else (np.prod(shape),)
    factors = [np.linalg.qr(rng.standard_normal((n, n)))[0] for n in sizes]
    if kind == "whole":
        return factors[0]
    left = factors[0] if kind != "right" else np.eye(shape[0])
    right = factors[1] if kind != "left" else np.eye(shape[1])
    return np.kron(left, right)


def change(method, shape, kind):
    """The largest distance of the paths in both coordinates, as a share of the way."""
    path, other = our_path(method, shape), our_path(method, shape, basis=rotation(kind, shape))
    assert np.isfinite(path).all()
    return deviation(path, other)


LEAST = {"aro": 0.005, "splus": 0.02}
"""Changes of methods whose own rotation forgets the coordinates that it began in."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ROTATIONS)
@pytest.mark.parametrize("name", methods.METHODS)
def test_a_cell_of_the_table(name, kind, shape):
    method = methods.method(name)
    cell = TABLE[name][kind]
    if cell == UNCHANGED:
        assert change(method, shape, kind) < 1e-7
    elif cell == CHANGED:
        assert change(method, shape, kind) > LEAST.get(name, 0.1)


OPTIONS = [
    methods.muon(orthogonalization="exact", weight_decay=0.1),
    methods.muon(orthogonalization="polar_express", nesterov=0.0),
    methods.spectral_momentum(order="orthogonalize_first"),
    methods.spectral_momentum(orthogonalization="cans", iterations=12),
    methods.normalized_momentum(weight_decay=0.1),
    methods.shampoo(accumulation="mean", momentum=0.9, refresh=5, exponent=1.0),
    methods.one_sided_shampoo(refresh=5),
    methods.asgo(refresh=5, weight_decay=0.1),
    methods.accumulating_asgo(refresh=5),
    methods.dasgo(weight_decay=0.1),
]


@pytest.mark.parametrize("kind", ROTATIONS)
@pytest.mark.parametrize("method", OPTIONS)
def test_options_leave_the_row_of_a_method_as_it_is(method, kind):
    same = TABLE[method.name][kind] == UNCHANGED
    assert (change(method, TALL, kind) < 1e-7) == same


EVERY_SHAPE = dict.fromkeys(("left", "right", "kronecker"), SHAPES)
SHORTER_SIDE = {"left": [SQUARE, WIDE], "right": [SQUARE, TALL], "kronecker": [SQUARE]}
PROJECTED_SIDE = {"left": [WIDE], "right": [SQUARE, TALL]}
CONDITIONS = (
    (methods.soap(warm_up=0), EVERY_SHAPE),
    (methods.soap(), SHORTER_SIDE),
    (methods.soap(sides="shorter", warm_up=0), SHORTER_SIDE),
    (methods.kl_shampoo(0.03), SHORTER_SIDE),
    (methods.kl_soap(0.01), SHORTER_SIDE),
    (methods.splus(skipped=1), SHORTER_SIDE),
    (methods.galore(), PROJECTED_SIDE),
    (methods.conda(), PROJECTED_SIDE),
)
"""Methods with conditions: at which shapes each rotation leaves the path the same."""
CASES = [
    (method, kind, shape, shape in held[kind])
    for method, held in CONDITIONS
    for kind in held
    for shape in SHAPES
]


@pytest.mark.parametrize(("method", "kind", "shape", "holds"), CASES)
def test_a_condition_decides_whether_the_path_is_the_same(method, kind, shape, holds):
    found = change(method, shape, kind)
    assert found < 1e-7 if holds else found > 0.05
    assert can_be_unchanged(method, kind, GradientRank(shape, min(shape))) == holds


def low_rank_path(method, shape, rank, kind=None):
    """The path with random gradients of a low rank, in a rotated basis or in none."""
    rng = np.random.default_rng(4)
    sides = rng.standard_normal((60, shape[0], rank)), rng.standard_normal((60, rank, shape[1]))
    gradients = iter((sides[0] @ sides[1]).reshape(60, 1, -1))
    functions = lambda points: np.zeros(len(points)), lambda points: next(gradients)
    objective = Objective("low rank", int(np.prod(shape)), functions=functions, shapes=(shape,))
    basis = kind and Eigenbasis(np.ones(objective.dim), rotation(kind, shape))
    return run(objective, method, rng.standard_normal(objective.dim), 59, basis=basis).points


DECIDED = (
    methods.soap(),
    methods.soap(warm_up=2),
    methods.soap(warm_up=3),
    methods.soap(warm_up=0, sides="shorter"),
    methods.kl_shampoo(0.03),
    methods.kl_soap(0.01),
    methods.splus(),
    methods.splus(skipped=2),
    methods.galore(),
    methods.galore(rank=2),
    methods.conda(),
)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("shape", [*SHAPES, (4, 3)])
@pytest.mark.parametrize("kind", ["left", "right", "kronecker"])
@pytest.mark.parametrize("method", DECIDED)
def test_the_rank_of_gradients_decides_as_well(method, kind, shape, rank):
    paths = [low_rank_path(method, shape, rank, each) for each in (None, kind)]
    same = can_be_unchanged(method, kind, GradientRank(shape, rank))
    assert deviation(*paths) < 1e-7 if same else deviation(*paths) > 1e-3


def test_every_condition_is_tested_both_ways():
    with_options = methods.equivariance_table(methods.splus(skipped=1)).values()
    table = TABLE | dict(zip(["splus"], with_options, strict=True))
    conditional = {
        (name, kind)
        for name, cells in table.items()
        for kind, cell in cells.items()
        if cell not in (CHANGED, UNCHANGED)
    }
    for holds in (True, False):
        assert {(m.name, kind) for m, kind, _, held in CASES if held == holds} == conditional


def test_the_table_takes_names_and_methods():
    some = methods.equivariance_table(["adam", methods.muon(orthogonalization="exact")])
    assert some == {"adam": TABLE["adam"], "muon(orthogonalization=exact)": TABLE["muon"]}
    assert methods.equivariance_table("adam") == {"adam": TABLE["adam"]}
    assert [*methods.equivariance_table(["soap(warm_up=0)", "soap"])] == ["soap(warm_up=0)", "soap"]
    own = methods.from_update("own", lambda g, s, x, p, h: (g, 1.0, s))
    assert [*methods.equivariance_table(own)] == ["own"]


def test_methods_with_the_same_row_are_of_one_family():
    found = families(methods.equivariance_table(["adam", "momentum", "muon", "adagrad", "shampoo"]))
    assert found == [["momentum"], ["muon", "shampoo"], ["adam", "adagrad"]]


@pytest.mark.parametrize(("eps", "least", "most"), [(1e-10, 1e-3, 0.02), (1e-2, 0.0, 1e-6)])
def test_full_adagrad_without_noise_keeps_its_path_up_to_a_condition(eps, least, most):
    """The figures of its docstring and of docs/equivariance.md."""
    objective, method = matrix_quadratic(seed=0), methods.full_adagrad(0.01, eps=eps)
    starts = np.random.default_rng(1).standard_normal((4, objective.dim))
    original = run(objective, method, starts, 60).points
    turned = run(objective, method, starts, 60, basis=Eigenbasis.random(objective.dim, 1)).points
    assert (np.linalg.norm(original[-1] - original[0], axis=-1) > 0.15).all()
    apart = np.linalg.norm(original - turned, axis=-1).max(axis=0)
    assert (apart > least).all()
    assert (apart < most).all()
