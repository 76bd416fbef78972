"""Structures of the bases of modules: against gradients and inputs collected by hand."""

import copy
import re

import numpy as np
import pytest
import torch
from torch import nn

from egop.networks import (
    around,
    estimate_block_bases,
    gaussian,
    input_moments,
    predict_estimate,
    xavier_normal,
)
from egop.networks.bases import BlockBases
from egop.networks.block_basis import DenseBasis, KroneckerBasis
from egop.networks.input_moments import input_rows
from egop.networks.partial_basis import PartialBasis

pytestmark = pytest.mark.filterwarnings("ignore:.*different gradients")  # few batches

LOSS = nn.CrossEntropyLoss()


def multilayer():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()


def batches(n=3, features=(6,), dtype=torch.float64):
    rng = np.random.default_rng(0)
    return [
        (
            torch.tensor(rng.standard_normal((20, *features)), dtype=dtype),
            torch.tensor(rng.integers(0, 3, 20)),
        )
        for _ in range(n)
    ]


def matrix(basis):
    return basis.from_basis(torch.eye(basis.n_coordinates, dtype=torch.float64)).T


def gradients_of(model, data):
    """(M, p) gradients of batches."""
    rows = []
    for inputs, targets in data:
        slopes = torch.autograd.grad(LOSS(model(inputs), targets), list(model.parameters()))
        rows.append(torch.cat([slope.flatten() for slope in slopes]))
    return torch.stack(rows)


@pytest.mark.parametrize(
    ("structure", "kind"),
    [
        ("dense", DenseBasis),
        ("partial", PartialBasis),
        ("kronecker", KroneckerBasis),
        ("rows", KroneckerBasis),
        ("sketch", PartialBasis),
        ("data", KroneckerBasis),
        ("random", DenseBasis),
        ("auto", DenseBasis),
    ],
)
def test_every_structure_of_a_model_goes_into_a_file(tmp_path, structure, kind):
    model = multilayer()
    before = copy.deepcopy(model.state_dict())
    bases = estimate_block_bases(
        model, LOSS, batches(), xavier_normal(), 40, structure=structure, seed=3
    )
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())
    assert [type(basis) for basis in bases] == [kind, kind]
    bases.save(tmp_path / "bases")
    again = BlockBases.load(tmp_path / "bases")
    assert again.fingerprint() == bases.fingerprint()
    points = torch.tensor(np.random.default_rng(1).standard_normal((2, bases.n_parameters)))
    assert torch.equal(again.to_basis(points), bases.to_basis(points))
    torch.testing.assert_close(bases.from_basis(bases.to_basis(points)), points)
    other = estimate_block_bases(model, LOSS, batches(), xavier_normal(), 40, seed=4)
    assert other.fingerprint() != bases.fingerprint()


def test_dropped_directions_leave_fewer_coordinates():
    bases = estimate_block_bases(
        multilayer(), LOSS, batches(), None, 30, structure="partial", k=4, complement="dropped"
    )
    points = torch.tensor(np.random.default_rng(1).standard_normal((2, 53)))
    assert bases.to_basis(points).shape == (2, 4 + 5 + 4 + 3)
    there = bases.from_basis(bases.to_basis(points))
    torch.testing.assert_close(there[:, 30:35], points[:, 30:35])
    leading = bases["2.weight"].leading(4)
    torch.testing.assert_close(there[:, 35:50], points[:, 35:50] @ leading @ leading.T)


def test_kronecker_bases_diagonalize_both_sides_of_the_gradients():
    model, data = multilayer(), batches(8)
    rows = gradients_of(model, data)
    for basis in estimate_block_bases(model, LOSS, data, None, 8, structure="kronecker"):
        gradients = basis.block.of(rows)
        for side, products in (
            (basis.left, gradients @ gradients.mT),
            (basis.right, gradients.mT @ gradients),
        ):
            rotated = side.T @ products.mean(0) @ side
            torch.testing.assert_close(rotated, rotated.diag().diag(), atol=1e-14, rtol=0)


def test_examples_are_samples():
    model, data = multilayer(), batches(2)
    single = [
        (inputs[i : i + 1], targets[i : i + 1]) for inputs, targets in data for i in range(20)
    ]
    expected = gradients_of(model, single)[:30]
    basis = estimate_block_bases(model, LOSS, data, None, 30, "global", per_example=True)["global"]
    egop = basis.eigenvectors * basis.eigenvalues @ basis.eigenvectors.T
    torch.testing.assert_close(egop, expected.T @ expected / 30, atol=1e-14, rtol=0)
    drawn = estimate_block_bases(model, LOSS, data, xavier_normal(), 50, per_example=True, seed=1)
    again = estimate_block_bases(model, LOSS, data, xavier_normal(), 50, per_example=True, seed=1)
    assert (drawn.n_samples, drawn.fingerprint()) == (50, again.fingerprint())


def test_examples_take_batches_with_one_first_axis():
    def loss(model, batch):
        return LOSS(model(batch[0]), batch[1]) * batch[2].sum()

    inputs, targets = batches()[0]
    with pytest.raises(ValueError, match=r"one entry for each example along their first axis"):
        estimate_block_bases(
            multilayer(), loss, [(inputs, targets, torch.ones(3))], None, 5, per_example=True
        )


def moments(rows):
    return rows.T @ rows / len(rows)


def test_data_bases_are_those_of_what_goes_into_each_layer():
    model, data = multilayer(), batches(2)
    bases = estimate_block_bases(model, LOSS, data, None, 2, structure="data")
    inputs = torch.cat([x for x, _ in data])
    hidden = model[:2](inputs).detach()
    for basis, rows in zip(bases, (inputs, hidden), strict=True):
        assert basis.left is None
        rotated = basis.right.T @ moments(rows) @ basis.right
        torch.testing.assert_close(rotated, rotated.diag().diag(), atol=1e-12, rtol=0)
        torch.testing.assert_close(rotated.diag(), basis.right_eigenvalues)
    assert bases.n_samples == 0
    first = estimate_block_bases(model, LOSS, data, None, 2, "first", structure="data")
    assert [basis.block.name for basis in first] == ["0.weight"]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, (3, 2), padding=(1, 0), stride=(2, 1), dilation=(1, 2)),
        nn.Conv2d(4, 6, 3, padding="same", groups=2),
        nn.Conv2d(4, 6, 4, padding="same", dilation=2, padding_mode="circular"),
        nn.Conv2d(4, 6, 3, padding="valid"),
        nn.Conv1d(4, 6, 3, padding=2, stride=2, padding_mode="replicate"),
        nn.Conv1d(4, 8, 3, padding="same", groups=4),
        nn.Linear(5, 6),
    ],
)
def test_rows_of_a_layer_are_what_its_weights_multiply(layer, monkeypatch):
    layer = layer.double()
    axes = {nn.Linear: (2, 3, 5), nn.Conv1d: (2, 4, 9), nn.Conv2d: (2, 4, 9, 8)}[type(layer)]
    inputs = torch.tensor(np.random.default_rng(0).standard_normal(axes))
    rows = torch.cat([*input_rows(layer, inputs)])
    outputs = layer(inputs) - (0 if layer.bias is None else bias_of(layer))
    groups = getattr(layer, "groups", 1)
    weights = layer.weight.flatten(1).unflatten(0, (groups, -1))
    products = torch.einsum("ngi,goi->ngo", rows.unflatten(0, (-1, groups)), weights).flatten(1)
    if type(layer) is not nn.Linear:
        outputs = outputs.movedim(1, -1)
    torch.testing.assert_close(products, outputs.reshape(-1, products.shape[1]))
    alone = [torch.cat([*input_rows(layer, some)]) for some in (inputs[0], inputs[:1])]
    assert torch.equal(*alone)
    for few in (1000, 300, 1):
        monkeypatch.setattr(input_moments, "ROWS_FLOATS", few)
        pieces = [*input_rows(layer, inputs)]
        assert torch.equal(torch.cat(pieces), rows)
        line = outputs.shape[-2] * groups if outputs.ndim == 4 else groups
        assert max(piece.numel() for piece in pieces) <= max(few, line * rows.shape[1])


def bias_of(layer):
    axes = {nn.Linear: 0, nn.Conv1d: 1, nn.Conv2d: 2}[type(layer)]
    return layer.bias.detach().reshape(-1, *[1] * axes)


def test_data_bases_are_the_same_piece_by_piece(monkeypatch):
    model = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Flatten(), nn.Linear(108, 3)).double()
    data = batches(2, (2, 6, 6))
    whole = estimate_block_bases(model, LOSS, data, None, 2, structure="data")
    monkeypatch.setattr(input_moments, "ROWS_FLOATS", 200)
    for basis, other in zip(
        estimate_block_bases(model, LOSS, data, None, 2, structure="data"), whole, strict=True
    ):
        torch.testing.assert_close(basis.eigenvalues, other.eigenvalues, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("structure", ["data", "random"])
def test_bases_without_gradients_heed_options_or_refuse_them(structure):
    given = multilayer(), LOSS, batches(), None, 5
    with pytest.raises(ValueError, match="per_example is an option of structures that are made of"):
        estimate_block_bases(*given, structure=structure, per_example=True)
    with pytest.raises(MemoryError, match=rf"a {structure} basis of 0\.weight with 30"):
        estimate_block_bases(*given, structure=structure, memory_budget=100)
    assert estimate_block_bases(*given, structure=structure).memory > 0


def test_precision_is_that_of_the_sums_of_inputs():
    given = multilayer(), LOSS, batches(), None, 5
    exact, rough = (
        estimate_block_bases(*given, structure="data", precision=precision)["0.weight"]
        for precision in (torch.float64, torch.float32)
    )
    torch.testing.assert_close(rough.eigenvalues, exact.eigenvalues, rtol=1e-5, atol=0)
    assert not torch.equal(rough.eigenvalues, exact.eigenvalues)
    with pytest.raises(ValueError, match="precision is an option of structures that are made of"):
        estimate_block_bases(*given, structure="random", precision=torch.float32)


class Mixed(nn.Module):
    """A convolution, an embedding, attention, and weights that belong to no layer."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.free = nn.Parameter(torch.randn(4, 3))
        self.norm = nn.LayerNorm(4)

    def forward(self, words):
        x = self.norm(self.embedding(words))
        return (self.attention(x, x, x)[0].mean(1)) @ self.free


def test_data_bases_leave_what_they_do_not_know():
    words = torch.randint(0, 11, (20, 7), generator=torch.Generator().manual_seed(0))
    data = [(words, torch.tensor(np.random.default_rng(0).integers(0, 3, 20)))]
    names = ["embedding.weight", "attention.in_proj_weight", "free"]
    with pytest.warns(UserWarning, match="free stay in original coordinates"):
        bases = estimate_block_bases(Mixed(), LOSS, data, None, 1, names, structure="data")
    assert [basis.block.name for basis in bases] == ["attention.in_proj_weight"]
    with pytest.raises(
        ValueError, match=r"takes weights of nn\.Linear, .* or nn\.MultiheadAttention, got"
    ):
        estimate_block_bases(Mixed(), LOSS, data, None, 1, ["free"], structure="data")


def test_data_bases_take_layers_that_are_called():
    def loss(model, batch):
        return LOSS(model[0](batch[0]), batch[1])

    unused = nn.Sequential(nn.Linear(6, 3), nn.Linear(3, 3)).double()
    with pytest.warns(UserWarning, match=r"1\.weight stay in original coordinates"):
        bases = estimate_block_bases(unused, loss, batches(), None, 1, structure="data")
    assert [basis.block.name for basis in bases] == ["0.weight"]
    with pytest.raises(ValueError, match=r"layers that the loss calls, got 1\.weight"):
        estimate_block_bases(unused, loss, batches(), None, 1, ["1.weight"], structure="data")


class Decoder(nn.Module):
    """Attention to something else than its own input, with everything given by its name."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.last = nn.Linear(4, 3)

    def forward(self, words):
        query, memory = words[:, :2], words[:, 2:]
        found = self.attention(query, key=memory, value=memory)[0]
        return self.last(input=found.mean(1))


def test_data_bases_of_attention_see_query_key_and_value():
    rng = np.random.default_rng(0)
    words = torch.tensor(rng.standard_normal((20, 5, 4)) * [4, 2, 1, 1], dtype=torch.float32)
    data = [(words, torch.tensor(rng.integers(0, 3, 20)))]
    with pytest.warns(UserWarning, match=r"attention\.out_proj\.weight stay in original"):
        bases = estimate_block_bases(Decoder(), LOSS, data, None, 1, structure="data")
    assert [basis.block.name for basis in bases] == ["attention.in_proj_weight", "last.weight"]
    query, memory = (part.flatten(0, 1).double() for part in (words[:, :2], words[:, 2:]))
    expected = moments(torch.cat([query, memory, memory]))
    right = bases["attention.in_proj_weight"].right.double()
    rotated = right.T @ expected @ right
    torch.testing.assert_close(rotated, rotated.diag().diag(), atol=1e-4, rtol=0)


def test_models_with_convolutions_embeddings_and_attention_have_bases_of_each_structure():
    words = torch.randint(0, 11, (20, 7), generator=torch.Generator().manual_seed(0))
    data = [(words, torch.tensor(np.random.default_rng(0).integers(0, 3, 20)))]
    for structure in ("dense", "kronecker", "rows", "random", "auto", "partial"):
        bases = estimate_block_bases(Mixed(), LOSS, data, None, 5, structure=structure)
        shapes = {basis.block.name: basis.block.shape for basis in bases}
        assert shapes["attention.in_proj_weight"] == (12, 4)
        assert "norm.weight" not in shapes
    convolution = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(48, 3)).double()
    for structure in ("kronecker", "rows", "data"):
        bases = estimate_block_bases(
            convolution, LOSS, batches(2, (2, 6, 6)), gaussian(0.3), 6, structure=structure
        )
        assert bases["0.weight"].right.shape == (18, 18)


def test_random_bases_ask_for_no_gradient():
    def loss(model, batch):
        raise AssertionError("not to be called")

    bases = estimate_block_bases(multilayer(), loss, batches(), None, 5, structure="random", seed=2)
    assert bases.n_samples == 0
    columns = matrix(bases["2.weight"])
    torch.testing.assert_close(columns.T @ columns, torch.eye(15, dtype=torch.float64))


def test_samples_around_the_current_weights():
    model, data = multilayer(), batches(1)
    seen = []

    def loss(given, batch):
        seen.append(nn.utils.parameters_to_vector(given.parameters()).detach().clone())
        return LOSS(given(batch[0]), batch[1])

    estimate_block_bases(model, loss, data, around(model, gaussian(0.1)), 400, seed=5)
    drawn = torch.stack(seen)
    center = nn.utils.parameters_to_vector(model.parameters()).detach()
    assert float((drawn.mean(0) - center).abs().max()) < 0.03
    assert float((drawn - center).std()) == pytest.approx(0.1, rel=0.05)
    with pytest.raises(ValueError, match="got one of 21 parameters"):
        estimate_block_bases(model, LOSS, data, around(nn.Linear(6, 3), gaussian(0.1)), 4, seed=5)


def test_blocks_by_a_function_and_progress():
    told = []
    bases = estimate_block_bases(
        multilayer(),
        LOSS,
        batches(),
        xavier_normal(),
        12,
        lambda block: block.name.endswith("bias"),
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert [basis.block.name for basis in bases] == ["0.bias", "2.bias"]
    assert told == [(done, 12) for done in range(1, 13)]
    assert bases.seconds > 0
    with pytest.raises(ValueError, match="a function that is true for at least one of"):
        estimate_block_bases(multilayer(), LOSS, batches(), None, 5, lambda block: False)


def test_batches_are_taken_one_by_one():
    taken = []

    def loader():
        for batch in batches(8):
            taken.append(1)
            yield batch

    def loss(model, batch):
        held.append(len(taken))
        return LOSS(model(batch[0]), batch[1])

    held = []
    estimate_block_bases(multilayer(), loss, loader(), None, 8)
    assert held == [1, 2, 3, 4, 5, 6, 7, 8]


def test_half_precision_models_have_bases_in_float32():
    model = multilayer().bfloat16()
    data = batches(dtype=torch.bfloat16)
    for structure in ("dense", "kronecker", "partial", "data", "random", "sketch"):
        bases = estimate_block_bases(model, LOSS, data, None, 9, structure=structure)
        points = torch.randn(bases.n_parameters)
        assert bases.to_basis(points).dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"structure": "partial", "k": 50},
            "k=50 leading eigenvectors take at least as many gradients",
        ),
        ({"structure": "kronecker", "k": 3}, "k is an option of structure='partial' or 'sketch'"),
        ({"structure": "kronecker", "blocks": ["0.bias"]}, "two axes or more, got 0\\.bias of"),
        ({"structure": "densee"}, "no structure 'densee': did you mean 'dense'"),
        ({"memory_budget": 100}, "take structure='kronecker' or 'auto', leave the block out"),
    ],
)
def test_structures_that_cannot_be_are_one_sentence(options, sentence):
    model = multilayer()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises((ValueError, MemoryError), match=sentence):
        estimate_block_bases(model, LOSS, batches(), None, 10, **options)
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())


@pytest.mark.parametrize("structure", ["dense", "kronecker", "partial", "sketch", "rows", "auto"])
def test_the_cost_of_an_estimate_is_predicted_and_leaves_no_trace(structure):
    model = multilayer()
    before = copy.deepcopy(model.state_dict())
    asked = (model, LOSS, batches(), xavier_normal(), 80)
    cost = predict_estimate(*asked, structure=structure)
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())
    assert cost.memory == estimate_block_bases(*asked, structure=structure).memory
    assert cost.seconds == cost.gradients + cost.decompositions
    assert cost.gradients > 0
    assert cost.decompositions > 0
    assert re.fullmatch(r"\S+ MB, \S+ s of gradients and \S+ s of decompositions, .*", str(cost))
    twice = predict_estimate(*asked[:-1], 160_000, structure=structure)
    assert twice.gradients > 20 * cost.gradients
    with pytest.raises(ValueError, match="made of gradients, got 'data', which takes none"):
        predict_estimate(*asked, structure="data")
