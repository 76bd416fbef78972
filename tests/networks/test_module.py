"""Modules in training mode, with sparse gradients or own random numbers: they work or say why."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from egop.networks import Batch, estimate_block_bases, from_module, xavier_normal
from tests.networks.small_trainings import numbers

INPUTS, CLASSES = numbers(20, 6), torch.arange(20) % 3
BATCH = Batch(INPUTS[None], CLASSES[None])


def cross_entropy(model, batch):
    return functional.cross_entropy(model(batch[0]), batch[1])


def network(*middle):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), *middle, nn.ReLU(), nn.Linear(5, 3)).double()


LAYERS = {
    "BatchNorm1d 1": lambda: nn.BatchNorm1d(5),
    "Dropout 1": lambda: nn.Dropout(0.5),
    "AlphaDropout 1": lambda: nn.AlphaDropout(0.2),
}


@pytest.mark.parametrize("title", LAYERS)
def test_layers_that_differ_in_training_are_refused_in_training_and_work_in_eval(title):
    model = network(LAYERS[title]())
    with pytest.raises(
        ValueError, match=rf"in training mode, .*, got {title}; call model.eval\(\)"
    ):
        from_module(model, cross_entropy)
    built = from_module(model.eval(), cross_entropy)
    flat = nn.utils.parameters_to_vector(model.parameters())[None, None].detach()
    _, gradients = built.gradients(flat, BATCH)
    cross_entropy(model, (INPUTS, CLASSES)).backward()
    expected = torch.cat([p.grad.flatten() for p in model.parameters()])
    torch.testing.assert_close(gradients[0, 0], expected)
    model.train()
    with pytest.raises(ValueError, match="in training mode"):
        built.losses(flat, BATCH)


def test_layers_that_do_not_differ_work_in_training():
    for layer in (nn.Dropout(0.0), nn.LayerNorm(5), nn.BatchNorm1d(5, track_running_stats=False)):
        built = from_module(network(layer), cross_entropy)
        assert built.losses(numbers(1, 2, built.n_parameters), BATCH).isfinite().all()


def test_bases_are_those_of_the_mode_that_the_model_is_in():
    """Batch normalization in training uses the statistics of the batch, in eval its own."""
    model = network(nn.BatchNorm1d(5))
    model[1].running_mean.fill_(0.3)
    found = {}
    for mode in (True, False):
        model.train(mode)
        found[mode] = estimate_block_bases(model, cross_entropy, [(INPUTS, CLASSES)], None, 1)
        model.zero_grad()
        kept = model[1].running_mean.clone()
        cross_entropy(model, (INPUTS, CLASSES)).backward()
        model[1].running_mean.copy_(kept)
        square = model[0].weight.grad.square().sum()
        torch.testing.assert_close(found[mode]["0.weight"].eigenvalues[0], square)
    assert found[True]["0.weight"].eigenvalues[0] != found[False]["0.weight"].eigenvalues[0]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda m, b: cross_entropy(m, b) * torch.rand(()), "no random numbers of its own"),
        (lambda m, b: cross_entropy(m, b) * (2 if b[0].sum() > 0 else 1), "nor branch on the val"),
        (lambda m, b: m[0].bias.add_(1).sum() + cross_entropy(m, b), "none of its own tensors"),
        (lambda m, b: torch.stack([cross_entropy(m, b)] * 2), r"got shape \(2,\); return its mean"),
    ],
)
def test_losses_that_many_runs_cannot_go_through_are_one_sentence(loss, words):
    built = from_module(network(), loss)
    with pytest.raises(ValueError, match=words):
        built.gradients(numbers(1, 2, built.n_parameters), BATCH)


def test_a_loss_that_vmap_cannot_share_a_batch_with_works():
    """`mse_loss` with outputs of many runs and targets of one trial (PyTorch 2.13)."""
    outputs = numbers(20, 3, seed=5)
    own = from_module(network(), lambda m, b: functional.mse_loss(m(b.inputs), b.targets))
    plain = from_module(network(), lambda m, b: (m(b.inputs) - b.targets).square().mean())
    flat, batch = numbers(1, 2, own.n_parameters), Batch(INPUTS[None], outputs[None])
    for _ in range(2):
        torch.testing.assert_close(own.gradients(flat, batch), plain.gradients(flat, batch))
    torch.testing.assert_close(own.losses(flat, batch), plain.losses(flat, batch))


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (Batch(INPUTS, CLASSES), r"each of the 2 trials, or one for all, got shape \(20, 6\)"),
        ({"x": INPUTS[None], "n": 3}, r"or one for all, got int; write tensor\[None\]"),
    ],
)
def test_a_batch_without_trials_is_one_sentence(batch, words):
    built = from_module(network(), cross_entropy)
    with pytest.raises(ValueError, match=words):
        built.losses(numbers(2, 2, built.n_parameters), batch)


class Words(nn.Module):
    """The mean of embedded words, whose gradients are sparse."""

    def __init__(self, sparse):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(7, 4, sparse=sparse)
        self.last = nn.Linear(4, 3)

    def forward(self, words):
        return self.last(self.embedding(words).mean(1))


@pytest.mark.filterwarnings(r"ignore:\d samples are only \d different gradients")
def test_sparse_gradients_give_the_bases_of_dense_ones():
    batches = [(torch.arange(60).reshape(20, 3) % 7, CLASSES)]
    sparse, dense = (
        estimate_block_bases(Words(each), cross_entropy, batches, None, 2) for each in (True, False)
    )
    for one, other in zip(sparse, dense, strict=True):
        assert one.eigenvalues[0] > 0
        assert torch.equal(one.eigenvectors, other.eigenvectors)
    with pytest.raises(
        ValueError, match="got Embedding embedding with sparse=True; set it to False"
    ):
        from_module(Words(sparse=True), cross_entropy)


@pytest.mark.parametrize(
    ("initialize", "words"),
    [
        ("xavier", "or a function initialize.model, generator., got 'xavier'"),
        (lambda model: None, "generator., got <lambda>, called with other arguments"),
        (nn.init.xavier_normal_, "got xavier_normal_, which fills one tensor; call it for each"),
        (torch.distributions.Normal(0.0, 1.0), "got Normal, called with other arguments"),
        (xavier_normal, r"got the function xavier_normal; call it, as xavier_normal\(\)"),
    ],
)
def test_what_draws_no_parameters_is_one_sentence(initialize, words):
    with pytest.raises(TypeError, match=words):
        estimate_block_bases(network(), cross_entropy, [(INPUTS, CLASSES)], initialize, 2)


def test_a_model_that_is_no_module_is_one_sentence():
    with pytest.raises(TypeError, match=r"takes a torch\.nn\.Module, got an object of function"):
        estimate_block_bases(cross_entropy, network(), [(INPUTS, CLASSES)], None, 2)
    with pytest.raises(TypeError, match=r"takes a torch\.nn\.Module, got Words"):
        from_module(Words, cross_entropy)


def test_sums_are_made_in_float32_or_float64():
    with pytest.raises(
        ValueError, match=r"precision takes torch\.float64 or torch\.float32, got t"
    ):
        estimate_block_bases(
            network(), cross_entropy, [(INPUTS, CLASSES)], None, 2, precision=torch.float16
        )
