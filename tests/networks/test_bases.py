"""EGOP bases of networks: what the eigenvectors mean, against closed forms and plain autograd."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from egop import metrics
from egop.experiments import linear
from egop.experiments.linear_problems import problem_batches
from egop.networks.bases import BlockBases
from egop.networks.block_sums import Sums
from egop.networks.classifier import Classifier
from egop.networks.estimation import _plan, estimate_bases
from egop.networks.initialization import gaussian, xavier_normal
from egop.networks.linear import LinearNetwork
from egop.networks.network import Batch, Block, Network, blocks_of
from egop.networks.spectral import eigenbasis
from egop.networks.structures import sums
from egop.networks.structures.choice import Structure
from egop.networks.structures.dense import DenseSums

NETWORK = Classifier((6, 5, 3))
SETTINGS = {"dtype": torch.float64, "seed": 3}


def batch(n, seed, features=6, classes=3):
    rng = np.random.default_rng(seed)
    inputs = torch.tensor(rng.standard_normal((1, n, features)))
    return Batch(inputs, torch.tensor(rng.integers(0, classes, (1, n))))


BATCHES = [batch(20, 0), batch(20, 1), batch(13, 2)]


def gradients_by_autograd(network, initialize, batches, n_samples, seed):
    """(M, p) one backward pass for each sample, through torch.nn."""
    layers: list[nn.Module] = []
    for a, b in zip(network.sizes[:-1], network.sizes[1:], strict=True):
        layers += [nn.Linear(a, b), nn.ReLU()]
    module = nn.Sequential(*layers[:-1]).double()
    rows = []
    for i in range(n_samples):
        flat = initialize.sample(network.blocks, [i], seed)[0]
        nn.utils.vector_to_parameters(flat, module.parameters())
        inputs, targets = batches[i % len(batches)]
        loss = nn.functional.cross_entropy(module(inputs[0]), targets[0])
        slopes = torch.autograd.grad(loss, list(module.parameters()))
        rows.append(torch.cat([slope.flatten() for slope in slopes]))
    return torch.stack(rows)


@pytest.fixture(scope="module")
def looped():
    return gradients_by_autograd(NETWORK, xavier_normal(), BATCHES, 200, seed=3)


@pytest.mark.parametrize("blocks", ["matrices", "first", "global", ["W2", "b1"]])
def test_bases_diagonalize_the_egop_of_a_loop_of_backward_passes(looped, blocks):
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 200, blocks, **SETTINGS)
    names = {"matrices": ["W1", "W2"], "first": ["W1"], "global": ["global"]}
    expected = ["b1", "W2"] if isinstance(blocks, list) else names[blocks]
    assert [basis.block.name for basis in bases] == expected
    for basis in bases:
        own = looped[:, basis.block.start : basis.block.stop]
        egop = own.T @ own / len(own)
        rotated = basis.eigenvectors.T @ egop @ basis.eigenvectors
        np.testing.assert_allclose(rotated, torch.diag(basis.eigenvalues), atol=1e-10)
        projections = (own @ basis.eigenvectors).square().mean(0)
        np.testing.assert_allclose(projections, basis.eigenvalues, rtol=1e-9, atol=1e-12)
        assert (basis.eigenvalues.diff() <= 0).all()


def test_eigenvalues_are_mean_squares_of_fresh_gradients_too():
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 20_000, **SETTINGS)
    fresh = xavier_normal().sample(NETWORK.blocks, range(9_000), seed=99)[None]
    _, gradients = NETWORK.gradients(fresh, BATCHES[0])
    one = estimate_bases(NETWORK, xavier_normal(), BATCHES[:1], 20_000, **SETTINGS)
    rotated = one.to_basis(gradients[0])
    for basis in one:
        mean_squares = rotated[:, basis.block.start : basis.block.stop].square().mean(0)
        leading = basis.eigenvalues > 1e-3 * basis.eigenvalues[0]
        np.testing.assert_allclose(mean_squares[leading], basis.eigenvalues[leading], rtol=0.15)
        assert basis.stable_rank == pytest.approx(float(metrics.stable_rank(basis.eigenvalues)))
    assert len(bases) == 2


def test_block_bases_are_those_of_the_diagonal_blocks_of_the_global_egop():
    whole = estimate_bases(NETWORK, xavier_normal(), BATCHES, 400, "global", **SETTINGS)["global"]
    egop = whole.eigenvectors * whole.eigenvalues @ whole.eigenvectors.T
    for basis in estimate_bases(NETWORK, xavier_normal(), BATCHES, 400, **SETTINGS):
        part = slice(basis.block.start, basis.block.stop)
        rotated = basis.eigenvectors.T @ egop[part, part] @ basis.eigenvectors
        np.testing.assert_allclose(rotated, torch.diag(basis.eigenvalues), atol=1e-10)


class Planted(Network):
    """Gradients Aᵀ∇h with two directions, whatever the parameters: f(θ) = h(Aθ) (Eq. 4)."""

    blocks = blocks_of([("W1", (4, 5)), ("b1", (4,))])
    directions = torch.linalg.qr(torch.tensor(np.random.default_rng(1).standard_normal((20, 2))))[0]

    def losses(self, parameters, batch):
        return self.gradients(parameters, batch)[0]

    def gradients(self, parameters, batch, out=None):
        inner = parameters[..., :20] @ self.directions
        slopes = torch.zeros_like(parameters)
        slopes[..., :20] = inner * torch.tensor([3.0, 1.0]) @ self.directions.T
        return inner.square().sum(-1), slopes


@pytest.mark.parametrize("n_samples", [8, 4000])
def test_planted_directions_are_found_and_completed(n_samples):
    (basis,) = estimate_bases(Planted(), gaussian(), BATCHES[:1], n_samples, **SETTINGS)
    found = basis.eigenvectors[:, :2]
    assert metrics.subspace_angle(found.numpy(), Planted.directions.numpy()) < 1e-7
    assert basis.eigenvalues[2] < 1e-12
    np.testing.assert_allclose(basis.eigenvectors.T @ basis.eigenvectors, torch.eye(20), atol=1e-12)
    if n_samples > 100:
        np.testing.assert_allclose(basis.eigenvalues[:2], [9, 1], rtol=0.1)
        aligned = (basis.eigenvectors[:, 0] @ Planted.directions[:, 0]).abs()
        assert aligned > 0.999


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_a_linear_layer_has_the_egop_of_a_quadratic(scale):
    """General quadratic: EGOP = H(Σ + ccᵀ)H with H = I ⊗ AAᵀ/n, here at one layer."""
    network = LinearNetwork((3, 2))
    rng = np.random.default_rng(0)
    inputs = torch.tensor(rng.standard_normal((1, 50, 3)))
    solution = torch.tensor(rng.standard_normal((2, 3)))
    data = Batch(inputs, inputs @ solution.T)
    H = torch.kron(torch.eye(2).double(), inputs[0].T @ inputs[0] / 50)
    c = solution.flatten()
    egop = H @ (scale**2 * torch.eye(6) + torch.outer(c, c)) @ H
    errors = []
    for n_samples in (2_000, 200_000):
        (basis,) = estimate_bases(network, gaussian(scale), [data], n_samples, **SETTINGS)
        estimate = basis.eigenvectors * basis.eigenvalues @ basis.eigenvectors.T
        errors.append(float((estimate - egop).norm() / egop.norm()))
    assert errors[1] < 0.01
    assert errors[1] < errors[0]


@pytest.mark.parametrize("n_samples", [1, 5, 7, 64])
@pytest.mark.parametrize("chunk", [1, 2, 5, 100])
def test_every_sample_sees_its_own_batch_once(n_samples, chunk):
    seen = {}
    for indices, some in _plan(n_samples, BATCHES, chunk):
        assert indices.numel() <= chunk
        assert len(some.inputs) in {1, len(indices)}
        for row, numbers in enumerate(indices.tolist()):
            for i in numbers:
                assert i not in seen
                seen[i] = some.inputs[row]
    assert sorted(seen) == list(range(n_samples))
    for i, inputs in seen.items():
        assert torch.equal(inputs, BATCHES[i % 3].inputs[0])


def test_a_batch_for_every_sample_gives_what_few_batches_give():
    few = estimate_bases(NETWORK, xavier_normal(), BATCHES, 60, **SETTINGS)
    many = estimate_bases(NETWORK, xavier_normal(), BATCHES * 40, 60, **SETTINGS)
    for first, second in zip(few, many, strict=True):
        np.testing.assert_allclose(first.eigenvalues, second.eigenvalues, rtol=1e-9, atol=1e-14)


def test_coordinates_go_both_ways_and_leave_biases_alone():
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 300, **SETTINGS)
    x = torch.randn(4, 2, 53, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z = bases.to_basis(x)
    torch.testing.assert_close(bases.from_basis(z), x, rtol=0, atol=1e-12)
    first = bases["W1"].eigenvectors
    assert not torch.allclose(first, first.T, atol=0.1)
    for k in (0, 3, 29):
        expected = (x[..., :30] * first[:, k]).sum(-1)
        torch.testing.assert_close(z[..., k], expected)
    assert torch.equal(z[..., 30:35], x[..., 30:35])
    assert torch.equal(z[..., 50:], x[..., 50:])
    with pytest.raises(ValueError, match=r"last axis has 53 parameters, got shape \(7,\)"):
        bases.to_basis(torch.zeros(7))


def test_the_bases_of_some_blocks_rotate_these_alone():
    bases = estimate_bases(NETWORK, gaussian(), BATCHES, 50, **SETTINGS)
    first, second = (basis.block for basis in bases)
    some = bases.only(second.name)
    assert [basis.block for basis in some] == [second]
    assert [b.block for b in bases.only(second.name, first.name)] == [first, second]
    x = torch.randn(bases.n_parameters, dtype=torch.float64)
    z = some.to_basis(x)
    assert torch.equal(z[first.start : first.stop], x[first.start : first.stop])
    assert not torch.equal(z[second.start : second.stop], x[second.start : second.stop])
    with pytest.raises(KeyError, match="no basis of 'W3', only of W1, W2"):
        bases.only("W3")


def test_bases_survive_files(tmp_path):
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 40)
    bases.save(tmp_path / "bases.safetensors")
    again = BlockBases.load(tmp_path / "bases.safetensors")
    assert again.layout == bases.layout
    assert (again.n_samples, again.memory, again.seconds) == (40, bases.memory, bases.seconds)
    assert again.fingerprint() == bases.fingerprint()
    for first, second in zip(again, bases, strict=True):
        assert first.block == second.block
        assert torch.equal(first.eigenvalues, second.eigenvalues)
        assert torch.equal(first.eigenvectors, second.eigenvectors)


def test_only_files_of_bases_need_safetensors(tmp_path, monkeypatch):
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 4)
    bases.save(tmp_path / "bases.safetensors")
    for name in ("safetensors", "safetensors.torch"):
        monkeypatch.setitem(sys.modules, name, None)
    for call in (bases.save, BlockBases.load):
        with pytest.raises(ImportError, match=r'needs the package safetensors.*"egop\[networks\]"'):
            call(tmp_path / "bases.safetensors")


def test_files_of_dense_bases_as_they_were_are_read(tmp_path):
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 40)
    rows = {
        "layout": [[b.name, " ".join(map(str, b.shape)), b.start, b.stop] for b in bases.layout],
        "blocks": [
            [b.block.name, " ".join(map(str, b.block.shape)), b.block.start, b.block.stop]
            for b in bases
        ],
        "samples": [40, 0, 7],
    }
    for k, basis in enumerate(bases):
        rows[f"eigenvalues_{k}"] = basis.eigenvalues.numpy()
        rows[f"eigenvectors_{k}"] = basis.eigenvectors.numpy()
    np.savez(tmp_path / "bases.npz", **{name: np.array(row) for name, row in rows.items()})
    again = BlockBases.load(tmp_path / "bases.npz")
    assert (again.n_samples, again.memory) == (40, 7)
    assert again.fingerprint() == bases.fingerprint()


def test_a_file_without_bases_is_one_sentence(tmp_path):
    estimate_bases(NETWORK, xavier_normal(), BATCHES, 4).save(tmp_path / "cut.npz")
    whole = (tmp_path / "cut.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").touch()
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    for path in tmp_path.iterdir():
        with pytest.raises(
            ValueError, match=rf"{path.name} holds no block bases; give a file that"
        ):
            BlockBases.load(path)
    with pytest.raises(FileNotFoundError):
        BlockBases.load(tmp_path / "none.npz")


def test_bases_are_shown_by_what_they_rotate():
    bases = estimate_bases(NETWORK, xavier_normal(), BATCHES, 4)
    assert repr(bases) == (
        "BlockBases of W1 (dense, 930), W2 (dense, 240), 1,170 numbers from 4 gradients"
    )
    assert repr(bases["W1"]).startswith("DenseBasis('W1', dense, 30 entries, stable rank ")


def test_small_eigenvalues_are_what_gradients_show_along_their_eigenvectors():
    config = linear.Config(sizes=(6, 12, 6), n_examples=(300, 10, 10), batch_size=300)
    network, data = LinearNetwork(config.sizes), problem_batches(config, [0]).whole["train"]
    single, double = (data.to("cpu", dtype) for dtype in (torch.float32, torch.float64))
    basis = estimate_bases(network, xavier_normal(), [single], 400)["W1"]
    drawn = xavier_normal().sample(network.blocks, range(400), 0)
    slopes = network.gradients(drawn[None], double)[1][0, :, basis.block.start : basis.block.stop]
    seen = (slopes @ basis.eigenvectors.double()).square().mean(0)  # Eq. (2)
    assert basis.eigenvalues[-1] < 1e-10 * basis.eigenvalues[0]
    torch.testing.assert_close(basis.eigenvalues, seen, rtol=0.01, atol=0)


def test_float32_sums_agree_with_float64_where_they_can():
    exact = estimate_bases(NETWORK, xavier_normal(), BATCHES, 500, **SETTINGS)
    rough = estimate_bases(NETWORK, xavier_normal(), BATCHES, 500, seed=3, precision=torch.float32)
    better = estimate_bases(NETWORK, xavier_normal(), BATCHES, 500, seed=3)
    for a, b, c in zip(exact, rough, better, strict=True):
        assert b.eigenvectors.dtype == c.eigenvectors.dtype == torch.float32
        assert b.eigenvalues.dtype == torch.float64
        torch.testing.assert_close(b.eigenvalues, a.eigenvalues, rtol=1e-4, atol=1e-7)
        torch.testing.assert_close(c.eigenvalues, a.eigenvalues, rtol=1e-5, atol=1e-9)
        angle = metrics.subspace_angle(a.eigenvectors[:, :2], b.eigenvectors[:, :2].double())
        assert angle < 1e-3


def test_a_decomposition_that_fails_is_made_again_in_float64(monkeypatch):
    right = torch.linalg.eigh
    matrix = torch.tensor([[2.0, 1.0], [1.0, 2.0]])
    asked = []

    def failing(given):
        asked.append(given.dtype)
        if given.dtype == torch.float32:
            values, vectors = right(given)
            return values, vectors * (torch.nan if len(asked) == 1 else 2.0)
        return right(given)

    monkeypatch.setattr(torch.linalg, "eigh", failing)
    for _ in range(2):
        values, vectors = eigenbasis(matrix)
        torch.testing.assert_close(values, torch.tensor([3.0, 1.0], dtype=torch.float64))
        torch.testing.assert_close(vectors[:, 0].double(), torch.tensor([0.5, 0.5]).double().sqrt())
    assert asked == [torch.float32, torch.float64] * 2


def test_few_samples_are_completed_by_the_seed_alone():
    def completed(seed):
        egop = DenseSums(Block("w", (9,), 0, 9), 4, torch.device("cpu"), torch.float64)
        egop.add(torch.tensor(np.random.default_rng(0).standard_normal((4, 9))))
        return egop.basis(seed, torch.float64).eigenvectors

    assert torch.equal(completed(1), completed(1))
    torch.testing.assert_close(completed(1)[:, :4], completed(2)[:, :4])
    assert not torch.allclose(completed(1)[:, 4:].abs(), completed(2)[:, 4:].abs(), atol=0.1)


def test_a_gpu_is_waited_for_once_by_all_blocks_together(monkeypatch):
    blocks = [Block(str(k), (4,), 4 * k, 4 * k + 4) for k in range(5)]

    added = Sums(
        dict.fromkeys(blocks, Structure("dense")),
        9,
        torch.device("cpu"),
        torch.float64,
        torch.float64,
    )
    rows = torch.tensor(np.random.default_rng(0).standard_normal((9, 20))) * 1e-150
    monkeypatch.setattr(sums, "largest_entry", None)  # what a block asks for by itself
    added.add(rows)
    found = added.bases(blocks, torch.float64, 0, 0)
    exact = torch.linalg.svdvals(rows[:, :4] * 1e150) ** 2 / 9
    np.testing.assert_allclose(found["0"].eigenvalues * 1e300, exact, rtol=1e-10)


class Poisoned(Planted):
    """Every third gradient is not finite."""

    def gradients(self, parameters, batch, out=None):
        losses, slopes = super().gradients(parameters, batch)
        slopes[:, ::3, 4] = torch.nan
        return losses, slopes


def test_gradients_that_are_not_finite_are_left_out_and_counted():
    bases = estimate_bases(Poisoned(), gaussian(), BATCHES[:1], 300, **SETTINGS)
    assert (bases.n_samples, bases.n_excluded) == (200, 100)
    drawn = gaussian().sample(Planted.blocks, [i for i in range(300) if i % 3], 3)
    _, kept = Planted().gradients(drawn[None], None)
    egop = kept[0, :, :20].T @ kept[0, :, :20] / 200
    rotated = bases["W1"].eigenvectors.T @ egop @ bases["W1"].eigenvectors
    np.testing.assert_allclose(rotated, torch.diag(bases["W1"].eigenvalues), atol=1e-10)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n_samples": 0}, "n_samples of at least 1, got 0"),
        ({"batches": []}, "a list of at least one batch, got none"),
        (
            {"blocks": "layers"},
            "'matrices', 'global', 'first', a function of a block or a list of names",
        ),
        ({"blocks": ["W9"]}, r"names out of W1, b1, W2, b2, got \['W9'\]"),
        ({"structure": "densee"}, "no structure 'densee': did you mean 'dense'"),
        ({"memory_budget": 1000}, r"W1 with 30 entries needs .* 1 kB are allowed"),
    ],
)
def test_what_cannot_be_estimated_is_one_sentence(wrong, sentence):
    asked = {"n_samples": 10, "batches": BATCHES, "blocks": "matrices", **wrong}
    with pytest.raises((ValueError, MemoryError), match=sentence):
        estimate_bases(NETWORK, xavier_normal(), **asked)


def test_nothing_finite_is_an_error():
    class Broken(Planted):
        def gradients(self, parameters, batch, out=None):
            losses, slopes = super().gradients(parameters, batch)
            return losses, slopes * torch.nan

    with pytest.raises(ValueError, match=r"at least one finite gradient, got none \(10 left out\)"):
        estimate_bases(Broken(), gaussian(), BATCHES[:1], 10, **SETTINGS)


def test_memory_is_predicted_within_a_quarter(tmp_path):
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux says how much memory was used at most")
    script = tmp_path / "measure.py"
    script.write_text(
        """
import torch
from pathlib import Path
from egop.networks.classifier import Classifier
from egop.networks.estimation import estimate_bases
from egop.networks.initialization import xavier_normal
from egop.networks.network import Batch


def used(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


batch = Batch(torch.randn(1, 50, 64), torch.zeros(1, 50, dtype=torch.int64))
exact = {"precision": torch.float64}
estimate_bases(Classifier((64, 8, 3)), xavier_normal(), [batch], 700, **exact)
before = used("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
bases = estimate_bases(Classifier((64, 28, 3)), xavier_normal(), [batch], 2000, **exact)
print((used("VmHWM") - before) / bases.memory)
"""
    )
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, str(script)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert 0.75 < float(run.stdout) < 1.25
