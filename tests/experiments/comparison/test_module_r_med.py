"""R_med of comparisons, beside Hessians that are written out."""

import numpy as np
import pytest
import torch
from torch import nn

import egop
from egop import metrics
from egop.experiments.comparison.module_r_med import ModuleRMed
from egop.networks import estimate_block_bases
from tests.experiments.comparison.small_models import ADAM, batches, network

LOSS = nn.CrossEntropyLoss()
KRONECKER = {"structure": "kronecker", "n_samples": 4}


def hessian(model: nn.Module) -> torch.Tensor:
    """(p, p) of the mean loss over all examples, written out."""
    inputs, classes = (torch.cat(parts) for parts in zip(*batches(), strict=True))
    parameters = dict(model.named_parameters())
    shapes = {name: p.shape for name, p in parameters.items()}

    def loss(flat):
        parts = flat.split([p.numel() for p in parameters.values()])
        named = {n: part.view(shapes[n]) for n, part in zip(shapes, parts, strict=True)}
        return LOSS(torch.func.functional_call(model, named, (inputs,)), classes)

    flat = torch.cat([p.detach().flatten() for p in parameters.values()])
    found = torch.autograd.functional.hessian(loss, flat)
    assert isinstance(found, torch.Tensor)
    return found


def expected(H: np.ndarray) -> list[float]:
    return [
        float(metrics.r_med(np.diag(H)[some])) for some in (slice(20), slice(25, 40), slice(43))
    ]


@pytest.mark.parametrize("structure", [None, "dense", "kronecker", "global"])
def test_r_med_is_that_of_the_hessian_in_the_coordinates_of_the_run(structure):
    model, bases, V = network(nn.Dropout(0.5)), None, np.eye(43)
    if structure is not None:
        blocks = "global" if structure == "global" else "matrices"
        options = {} if structure == "global" else {"structure": structure}
        bases = estimate_block_bases(
            model, LOSS, batches(), egop.networks.xavier_normal(), 40, blocks=blocks, **options
        )
        V = bases.from_basis(torch.eye(43, dtype=torch.float64)).numpy().T
    measured = ModuleRMed(model, LOSS, epochs=3, count=2)
    assert measured.layers == ["0.weight", "3.weight", "all"]
    model.eval()
    wanted = expected(V.T @ hessian(model).numpy() @ V)
    model.train()
    found, errors = measured.of(bases, [*batches(size=7)])
    assert model.training
    if structure == "global":
        assert np.isnan(found[:2]).all()
        wanted[:2] = found[:2]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert not errors[2]


def test_a_comparison_tells_r_med_along_its_runs():
    given = {"adam": ADAM, "turned": (ADAM, KRONECKER), "sgd": torch.optim.SGD}
    options = {"rates": [0.05, 1e30], "trials": 2, "epochs": 4, "controls": False}
    result = egop.compare(network(), LOSS, batches(), given, r_med_epochs=3, **options)
    r_med = result["r_med"]
    assert r_med.dims[-2:] == ("measured_epoch", "layer")
    assert result["measured_epoch"].values.tolist() == [0, 1, 4]
    adam = r_med.sel({"optimizer": "adam", "learning_rate": 0.05, "trial": 0, "layer": "all"})
    start = adam.sel(basis="original", measured_epoch=0)
    np.testing.assert_allclose(start, expected(hessian(network()).numpy())[2], rtol=1e-8)
    assert (adam.sel(basis="kronecker") != adam.sel(basis="original")).all()
    assert adam.notnull().all()
    lost = r_med.sel({"optimizer": result["optimizer"][1], "learning_rate": 1e30})
    assert lost.sel(measured_epoch=0, basis="original").notnull().all()
    assert lost.sel(measured_epoch=4).isnull().all()
    assert egop.figures.draw(result)
    without = egop.compare(network(), LOSS, batches(), given, **options)
    assert "r_med" not in without
    np.testing.assert_array_equal(without["training_loss"], result["training_loss"])


def test_what_r_med_cannot_be_measured_of():
    given = {"rates": [0.1], "trials": 1, "epochs": 1}
    large = nn.Sequential(nn.Linear(4, 1000), nn.Linear(1000, 3)).double()
    for model, count, words in (
        (large, 2, "a model of at most 4,096 parameters, .* got 8,003; take 0"),
        (network(), 2.5, "r_med_epochs"),
        (network(), -1, "r_med_epochs"),
    ):
        with pytest.raises(ValueError, match=words):
            egop.compare(model, LOSS, batches(), {"adam": ADAM}, r_med_epochs=count, **given)
