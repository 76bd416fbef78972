"""Models, batches and losses of unusual kinds: bases all the same, or one sentence."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from egop.networks import BlockBases, estimate_block_bases, sample_gradients
from egop.networks.tensor_summary import summary

ENTROPY = nn.CrossEntropyLoss()
STRUCTURES = ["dense", "kronecker", "partial", "sketch", "rows", "data", "random", "auto"]


def batches(n=3):
    rng = np.random.default_rng(0)
    return [
        (torch.tensor(rng.standard_normal((8, 6)), dtype=torch.float32), torch.arange(8) % 3)
        for _ in range(n)
    ]


def multilayer():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))


def loss(model, batch):
    return ENTROPY(model(batch[0]), batch[1])


def dying(*layers):
    """A model whose hidden layer is never active, so that gradients below it vanish."""
    with torch.no_grad():
        layers[0].bias.fill_(-100.0)
    return nn.ModuleList(layers)


def halved(model, batch):
    return model[1](model[0](batch[0]).relu()).square().mean().half()


def narrowed(model, batch):
    hidden = model[0](batch[0].double()).relu().float()
    return model[1](hidden).square().mean()


@pytest.mark.filterwarnings("ignore:the gradients of", "ignore:3 samples are only 1 different")
@pytest.mark.parametrize(
    ("model", "of_dtype"),
    [
        (dying(nn.Linear(6, 5).double(), nn.Linear(5, 3)), narrowed),
        (dying(nn.Linear(6, 5), nn.Linear(5, 3)), halved),
    ],
    ids=["float64 before float32", "a float16 loss"],
)
def test_vanishing_gradients_beside_other_dtypes(model, of_dtype):
    bases = estimate_block_bases(model, of_dtype, batches(), None, 3)
    assert [float(basis.eigenvalues[0]) for basis in bases] == [0.0, 0.0]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_parameters_without_entries_get_no_basis(structure):
    model = multilayer()
    model.empty = nn.Parameter(torch.zeros(0, 4))
    bases = estimate_block_bases(model, loss_of_layers, batches(), None, 3, structure=structure)
    assert [basis.block.name for basis in bases] == ["0.weight", "2.weight"]


def loss_of_layers(model, batch):
    return ENTROPY(model[2](model[1](model[0](batch[0]))), batch[1])


@pytest.mark.parametrize("structure", ["dense", "data"])
def test_gradients_that_a_loss_takes_itself(structure):
    def penalty(model, batch):
        inputs = batch[0].clone().requires_grad_()
        (slopes,) = torch.autograd.grad(model(inputs).square().sum(), inputs, create_graph=True)
        return slopes.square().mean()

    bases = estimate_block_bases(multilayer(), penalty, batches(), None, 3, structure=structure)
    assert len(bases) == 2


@pytest.mark.parametrize("structure", STRUCTURES[:-2])
def test_samples_that_are_not_finite_are_left_out(structure):
    data = batches()
    spoiled = [*data[:2], (data[2][0] * torch.nan, data[2][1])]
    given = {"structure": structure}
    bases = estimate_block_bases(multilayer(), loss, spoiled, None, 3, **given)
    expected = estimate_block_bases(multilayer(), loss, data[:2], None, 2, **given)
    assert bases.n_excluded == 1
    for found, other in zip(bases, expected, strict=True):
        values = [each.eigenvalues[:2] for each in (found, other)]
        torch.testing.assert_close(*values, rtol=1e-5, atol=1e-9)


def test_inputs_that_are_never_finite_are_told():
    data = [(torch.full((8, 6), torch.nan), torch.arange(8) % 3)]
    with pytest.raises(ValueError, match=r"finite inputs, got none \(4 left out\)"):
        estimate_block_bases(multilayer(), loss, data, None, 4, structure="data")


def test_progress_of_data_counts_what_is_done_here():
    told = []

    def progress(done, total):
        told.append((done, total))

    estimate_block_bases(
        multilayer(), loss, batches(), None, 3, structure="data", on_progress=progress
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("wrap", [torch.jit.script, lambda m: torch.jit.trace(m, torch.ones(1, 6))])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_is_told(wrap):
    with pytest.raises(TypeError, match=r"takes a model in Python, got a .* of TorchScript"):
        estimate_block_bases(wrap(multilayer()), loss, batches(), None, 3)


def test_sharded_parameters_are_told(monkeypatch):
    model = multilayer()
    monkeypatch.setattr(nn.Parameter, "placements", (), raising=False)
    with pytest.raises(ValueError, match=r"whole parameters, got 0\.weight, of which each process"):
        estimate_block_bases(model, loss, batches(), None, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nested.nested_tensor([torch.ones(3, 6), torch.ones(2, 6)]),
        lambda: torch.ones(3, 6, dtype=torch.complex64).conj(),
        lambda: torch.ones(3, 6, dtype=torch.complex64).conj().imag,
        lambda: torch.ones(3, 6).to_sparse(),
    ],
    ids=["nested", "conjugate", "negative", "sparse"],
)
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_tensors_of_every_layout_are_summarized(make):
    batch = make()
    assert summary([batch, 3, "a"]) == summary([batch, 3, "a"])
    assert summary([batch, 3, "a"]) != summary([batch, 4, "a"])


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_batches():
    data = [torch.nested.nested_tensor([torch.randn(3, 6), torch.randn(2, 6)]) for _ in range(2)]
    bases = estimate_block_bases(
        multilayer(), lambda m, b: m(b.to_padded_tensor(0.0)).square().mean(), data, None, 2
    )
    assert len(bases) == 2


def test_summaries_tell_arrays_and_dtypes_apart():
    array = np.arange(6.0)
    assert summary([array]) != summary([array + 1])
    assert summary([torch.zeros(2)]) != summary([torch.zeros(2, dtype=torch.int32)])


@pytest.mark.parametrize("scale", [1.0, 1e-42])
def test_tiny_gradients_are_kept_in_float64(scale):
    def tiny(model, batch):
        return loss(model, batch) * scale

    rows = sample_gradients(multilayer(), tiny, batches(), None, 3)["0.weight"]
    exact = sample_gradients(multilayer(), loss, batches(), None, 3)["0.weight"]
    assert rows.dtype == (torch.float32 if scale == 1 else torch.float64)
    torch.testing.assert_close(rows.double() / scale, exact.double(), rtol=1e-3, atol=1e-7)


def test_a_layer_whose_inputs_are_unknown_is_told_which_are_known():
    model = nn.Sequential(nn.Conv3d(1, 2, 2), nn.Flatten(), nn.Linear(16, 3))
    data = [(torch.randn(5, 1, 3, 3, 3), torch.arange(5) % 3)]
    with pytest.warns(UserWarning, match=r"those of nn\.Linear, nn\.Conv1d, nn\.Conv2d or nn\.M"):
        estimate_block_bases(model, loss, data, None, 1, structure="data")


def test_blocks_of_a_generator_and_numbers_of_numpy():
    names = (name for name in ["0.weight"])
    bases = estimate_block_bases(
        multilayer(), functional.cross_entropy, batches(5), None, 5, names,
        structure="partial", k=np.int64(4), memory_budget=np.float64(1e9), seed=np.int32(3),
    )  # fmt: skip
    assert [len(basis.eigenvalues) for basis in bases] == [4]


def test_bases_in_missing_folders_and_folders_of_bases(tmp_path):
    bases = estimate_block_bases(multilayer(), loss, batches(), None, 3)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*absent; make it first"):
        bases.save(tmp_path / "absent" / "file")
    with pytest.raises(ValueError, match="holds no block bases"):
        BlockBases.load(tmp_path)
