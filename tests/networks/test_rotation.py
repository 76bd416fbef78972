"""Rotations of all runs of a trial at once, by every kind of basis, against dense matrices."""

import pytest

pytest.importorskip("torch")

import torch

from egop.networks.block_basis import DenseBasis, KroneckerBasis, matrix_shape
from egop.networks.block_rotation import RUNS
from egop.networks.network import blocks_of
from egop.networks.partial_basis import PartialBasis
from egop.networks.plan import RunSpec
from egop.networks.rotation import Rotation
from tests.networks.small_trainings import (
    CASES,
    TRIALS,
    finish,
    numbers,
    orthogonal,
    path_of,
    training,
)

LAYOUT = blocks_of([("W1", (5, 6)), ("b1", (5,)), ("K2", (4, 5, 1, 2)), ("b2", (4,))])
P = LAYOUT[-1].stop
MATRICES = [block for block in LAYOUT if block.is_matrix]


def dense(block, seed):
    dim = block.stop - block.start
    return DenseBasis(block, torch.ones(dim), orthogonal(dim, seed))


def kronecker(block, seed, sides="left right"):
    m, n = matrix_shape(block)
    left = orthogonal(m, seed + 1) if "left" in sides else None
    right = orthogonal(n, seed + 2) if "right" in sides else None
    return KroneckerBasis(block, left, right, torch.ones(m), torch.ones(n))


def left(block, seed):
    return kronecker(block, seed, "left")


def right(block, seed):
    return kronecker(block, seed, "right")


def partial(block, seed):
    return PartialBasis(block, torch.ones(3), orthogonal(block.stop - block.start, seed)[:, :3])


def whole_partial(block, seed):
    dim = block.stop - block.start
    return PartialBasis(block, torch.ones(dim), orthogonal(dim, seed))


KINDS = {each.__name__: each for each in (dense, kronecker, left, right, partial, whole_partial)}


def bases_of(kind, blocks=MATRICES):
    """For each trial its own basis of every block; of the kind "mixed" one of each."""
    kinds = [dense, right] if kind == "mixed" else [KINDS[kind]] * len(blocks)
    return [
        [
            make(block, 100 * trial + 10 * k)
            for k, (make, block) in enumerate(zip(kinds, blocks, strict=True))
        ]
        for trial in range(TRIALS)
    ]


def as_dense(basis):
    """The same change of coordinates as one (p_b, p_b) matrix."""
    eye = torch.eye(basis.dim, dtype=torch.float64)
    return DenseBasis(basis.block, torch.ones(basis.dim), basis.from_basis(eye).mT)


def matrix_of(bases):
    """V of the whole flat vector."""
    matrix = torch.eye(P, dtype=torch.float64)
    for basis in bases:
        rows = slice(basis.block.start, basis.block.stop)
        matrix[rows, rows] = as_dense(basis).eigenvectors
    return matrix


@pytest.mark.parametrize("runs", [1, 3, 2 * RUNS + 1])
@pytest.mark.parametrize("kind", [*KINDS, "mixed"])
def test_every_kind_rotates_as_its_dense_matrix(kind, runs):
    bases = bases_of(kind)
    rotation = Rotation(bases, P, numbers(1))
    x = numbers(TRIALS, runs + 2, P)[:, 1:-1]  # as training gives them: some runs of all
    for method, side in (("to_basis", lambda v: v), ("from_basis", lambda v: v.mT)):
        out = torch.full((TRIALS, runs + 2, P), torch.nan, dtype=torch.float64)
        getattr(rotation, method)(x, out=out[:, 1:-1])
        for trial, each in enumerate(bases):
            expected = x[trial] @ side(matrix_of(each))
            torch.testing.assert_close(out[trial, 1:-1], expected, rtol=0, atol=1e-13)
        assert out[:, [0, -1]].isnan().all()


@pytest.mark.parametrize("kind", [*KINDS, "mixed"])
def test_what_a_gpu_does_at_once_is_what_workers_do_in_pieces(kind):
    rotation = Rotation(bases_of(kind), P, numbers(1))
    x, out = numbers(TRIALS, RUNS + 1, P), numbers(TRIALS, RUNS + 1, P, seed=9)
    for transpose in (False, True):
        rotation._rotate(x, out, transpose)
        for block in rotation.blocks:
            block.matrices = {name: torch.stack(list(m)) for name, m in block.matrices.items()}
            some = x[..., block.columns]
            whole = torch.empty_like(some)
            block.whole(some, whole, transpose)
            torch.testing.assert_close(whole, out[..., block.columns], rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", [*KINDS, "mixed"])
def test_threads_change_no_bit(kind):
    rotation, x = Rotation(bases_of(kind), P, numbers(1)), numbers(TRIALS, 3 * RUNS, P)
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            found.append(torch.empty_like(x))
            rotation.to_basis(x, out=found[-1])
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*found)


@pytest.mark.parametrize("kind", ["kronecker", "right", "left", "partial", "mixed"])
@pytest.mark.parametrize("case", ["classifier", "linear"])
def test_training_is_that_in_the_dense_basis(case, kind):
    bases = bases_of(kind, CASES[case][0].matrices[:2])
    whole = [[as_dense(basis) for basis in each] for each in bases]
    plan = [RunSpec(name, "egop", rate) for name in ("adam", "adagrad") for rate in (0.03, 0.2)]
    paths = [path_of(training(case, plan, bases={"egop": each})) for each in (bases, whole)]
    torch.testing.assert_close(*paths, rtol=0, atol=1e-10)
    original = [run._replace(basis="original") for run in plan]
    assert (path_of(training(case, original)) - paths[0]).abs().max() > 1e-2


def test_multiplications_and_memory_are_those_of_the_products():
    counted = {kind: Rotation(bases_of(kind), P, numbers(1)) for kind in KINDS}
    assert counted["dense"].multiplications == 30**2 + 40**2
    assert counted["kronecker"].multiplications == 30 * (5 + 6) + 40 * (4 + 10)
    assert counted["right"].multiplications == 30 * 6 + 40 * 10
    assert counted["partial"].multiplications == 2 * 3 * (33 + 43)
    assert counted["dense"].nbytes == 8 * TRIALS * (30**2 + 40**2)
    assert counted["kronecker"].nbytes == 8 * TRIALS * (5**2 + 6**2 + 4**2 + 10**2)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            lambda block, trial: PartialBasis(
                block, torch.ones(3), orthogonal(30, 1)[:, :3], "dropped"
            ),
            "all 30 coordinates of W1, got 3 beside dropped ones",
        ),
        (
            lambda block, trial: (dense, kronecker)[trial](block, 1),
            "the same structure in every trial, got DenseBasis.* beside KroneckerBasis",
        ),
        (lambda block, trial: (left, right)[trial](block, 1), "the same structure in every trial"),
    ],
)
def test_bases_that_cannot_be_batched_are_refused(made, words):
    block = CASES["classifier"][0].matrices[0]
    with pytest.raises(ValueError, match=words):
        finish(training("classifier", bases={"egop": [[made(block, t)] for t in range(TRIALS)]}))
