"""Rotations that change the paths of methods: every cell of the table, by 60 noisy steps."""

import numpy as np
import pytest

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.methods.equivariance import CHANGED, UNCHANGED, families
from egop.methods.rule import ROTATIONS
from egop.objectives import matrix_quadratic
from egop.objectives.objective import Objective
from egop.trajectory import run

STEPS = 60
TABLE = methods.equivariance_table()
SHAPES = {"square": (4, 4), "tall": (6, 3), "wide": (3, 6)}


class NoisyGradient:
    """The gradient of a matrix quadratic plus the noise of step 0, 1, …, one row for each call."""

    def __init__(self, shape):
        self.slope = matrix_quadratic(*shape, condition_numbers=(30.0, 5.0)).gradient
        rng = np.random.default_rng(1)
        scales = 10 ** rng.uniform(-1, 0.5, np.prod(shape))
        self.noise = iter(scales * rng.standard_normal((STEPS + 1, len(scales))))

    def __call__(self, x):
        return self.slope(x) + next(self.noise)


def zero(x):
    return np.zeros(len(x))


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


def noisy_path(method, shape, basis=None):
    dim = int(np.prod(shape))
    objective = Objective("noisy", dim, functions=(zero, NoisyGradient(shape)), shapes=(shape,))
    start = np.random.default_rng(3).standard_normal(dim)
    if basis is not None:
        basis = Eigenbasis(eigenvalues=np.ones(dim), eigenvectors=basis)
    return run(objective, method, start, STEPS, basis=basis).points


def change(method, shape, kind):
    """The largest distance of the paths in both coordinates, as a share of the way."""
    path, other = noisy_path(method, shape), noisy_path(method, shape, rotation(kind, shape))
    way = np.linalg.norm(path - path[0], axis=-1).max()
    assert np.isfinite(path).all()
    assert way > 0
    return np.linalg.norm(path - other, axis=-1).max() / way


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("kind", ROTATIONS)
@pytest.mark.parametrize("name", methods.METHODS)
def test_a_cell_of_the_table(name, kind, shape):
    method = methods.method(name)
    cell = TABLE[name][kind]
    if cell == UNCHANGED:
        assert change(method, shape, kind) < 1e-7
    elif cell == CHANGED:
        assert change(method, shape, kind) > 0.1


def test_the_table_takes_names_and_methods():
    some = methods.equivariance_table(["adam", methods.muon(orthogonalization="exact")])
    assert some == {name: TABLE[name] for name in ("adam", "muon")}
    with pytest.raises(ValueError, match="did you mean 'adam'"):
        methods.equivariance_table(["adaam"])


def test_methods_with_the_same_row_are_of_one_family():
    found = families(methods.equivariance_table(["adam", "momentum", "muon", "adagrad", "shampoo"]))
    assert found == [["momentum"], ["muon", "shampoo"], ["adam", "adagrad"]]
