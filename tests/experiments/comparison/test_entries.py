"""Entries of a comparison as optimizers in bases, and the controls beside them."""

from functools import partial

import pytest
import torch
from torch import nn

from egop import methods
from egop.experiments.comparison.entries import read_entries
from egop.networks import estimate_block_bases
from egop.optimizer import from_method
from tests.experiments.comparison.small_models import ADAM, DENSE, batches, network

pytestmark = pytest.mark.filterwarnings("ignore:.*different gradients")  # few batches

BOTH = ("random", "data")
SGD, ADAGRAD = torch.optim.SGD, torch.optim.Adagrad
KRONECKER = {"structure": "kronecker", "n_samples": 9}


def made(entry):
    """The bases of the first trial that an entry's function makes."""
    return entry.bases(None, 0)


def places(optimizers, controls=()):
    """By label the optimizer and the basis."""
    entries = read_entries(optimizers, lambda control: control["structure"] in controls, made)
    return {each.label: (each.optimizer, each.basis) for each in entries}


def test_the_same_class_is_one_optimizer_in_several_bases():
    given = {
        "plain": ADAM,
        "rotated": (ADAM, DENSE),
        "cheap": (ADAM, KRONECKER),
        "Adagrad": ADAGRAD,
    }
    assert places(given) == {
        "plain": ("adam", "original"),
        "Adagrad": ("adagrad", "original"),
        "rotated": ("adam", "egop"),
        "cheap": ("adam", "kronecker"),
    }


def test_a_method_of_ours_is_an_optimizer_under_its_name():
    muon = from_method(methods.muon())
    given = {
        "ours": muon,
        "rotated": (from_method(methods.muon()), DENSE),
        "sides": from_method(methods.shampoo()),
    }
    assert places(given) == {
        "ours": ("muon", "original"),
        "rotated": ("muon", "egop"),
        "sides": ("shampoo", "original"),
    }
    slow = {**given, "slow": from_method(methods.muon(momentum=0.99))}
    assert places(slow)["slow"] == ("slow", "original")


def test_other_hyperparameters_are_another_optimizer_under_its_label():
    given = {
        "adam": ADAM,
        "slow": (ADAM, None, {"betas": (0.9, 0.99)}),
        "egop slow": (ADAM, DENSE, {"betas": (0.9, 0.99)}),
        "momentum": partial(SGD, momentum=0.9),
        "sgd": SGD,
    }
    assert places(given) == {
        "adam": ("adam", "original"),
        "slow": ("slow", "original"),
        "egop slow": ("slow", "egop"),
        "momentum": ("momentum", "original"),
        "sgd": ("gradient_descent", "original"),
    }


def test_two_bases_of_one_structure_have_the_names_of_their_labels():
    given = {"few": (ADAM, DENSE), "many": (ADAM, {**DENSE, "n_samples": 80}), "adam": ADAM}
    assert places(given) == {
        "adam": ("adam", "original"),
        "few": ("adam", "few"),
        "many": ("adam", "many"),
    }


def test_the_structure_of_given_bases_names_them():
    model = network()
    bases = estimate_block_bases(model, nn.CrossEntropyLoss(), batches(), None, 5)
    given = {"a": (ADAM, bases), "b": (ADAGRAD, lambda model, trial: bases)}
    assert places(given) == {"a": ("adam", "egop"), "b": ("adagrad", "egop")}


@pytest.mark.parametrize(
    ("optimizers", "controls", "wanted"),
    [
        ({"adam": ADAM}, BOTH, {}),
        (
            {"adam": ADAM, "egop adam": (ADAM, DENSE)},
            BOTH,
            {"egop adam (random)": ("adam", "random"), "egop adam (inputs)": ("adam", "inputs")},
        ),
        ({"egop adam": (ADAM, DENSE)}, ("random",), {"egop adam (random)": ("adam", "random")}),
        (
            {"own": (ADAM, DENSE), "r": (ADAM, {"structure": "random", "n_samples": 1})},
            BOTH,
            {"own (inputs)": ("adam", "inputs")},
        ),
        ({"r": (ADAM, {"structure": "random", "n_samples": 1})}, BOTH, {}),
    ],
)
def test_controls_stand_beside_an_egop_basis(optimizers, controls, wanted):
    found = places(optimizers, controls)
    assert {label: found[label] for label in found if label not in optimizers} == wanted


def test_a_control_has_the_blocks_samples_and_hyperparameters_of_its_entry():
    few = {"structure": "partial", "k": 3, "n_samples": 7, "blocks": ["0.weight"]}
    few |= {"precision": torch.float32, "memory_budget": 10**9}  # of its own estimate
    given = {"egop adam": (ADAM, few, {"eps": 1e-6})}
    *_, data, random = read_entries(given, lambda control: True, made)
    shared = {"n_samples": 7, "blocks": ["0.weight"]}
    assert random.bases == {"structure": "random", **shared}
    assert data.bases == {"structure": "data", **shared}
    assert random.hyperparameters == {"eps": 1e-6}
    assert random.beside == "egop adam"


def test_each_control_has_the_blocks_of_its_own_basis():
    """Bases of the same blocks share theirs."""
    whole = {"structure": "dense", "n_samples": 3, "blocks": "global"}
    given = {"a": (ADAM, DENSE), "b": (ADAM, KRONECKER), "c": (ADAM, whole)}

    def blocks(control):
        return control["structure"] == "random" and control.get("blocks", "matrices")

    *_, one, other = read_entries(given, blocks, made)
    assert (one.label, one.beside, one.bases.get("blocks")) == ("a (random)", "a", None)
    assert (other.label, other.bases["blocks"]) == ("c (random)", "global")
    assert (one.basis, other.basis) == ("a (random)", "c (random)")


def test_nothing_is_made_for_controls_that_are_not_wanted():
    (entry,) = read_entries({"a": (ADAM, lambda model, trial: 1 / 0)}, None, made)
    assert entry.label == "a"


class NeedsClosure(torch.optim.SGD):
    def step(self, closure):
        return super().step(closure)


@pytest.mark.parametrize(
    ("optimizers", "words"),
    [
        ({}, r"a dict such as .*, got \{\}"),
        ([ADAM], "a dict such as"),
        ({3: ADAM}, "labels that are names, got 3"),
        ({"a": "adam"}, r"optimizers\['a'\] takes a class such as torch.optim.Adam.*got 'adam'"),
        ({"a": nn.Linear}, "takes a class such as"),
        ({"a": ()}, "takes a class such as"),
        ({"a": SGD([torch.zeros(1)], lr=1)}, "an object of SGD; give the class"),
        ({"a": (ADAM, DENSE, {}, 1)}, "takes a class such as"),
        ({"a": (ADAM, DENSE, [0.9])}, "takes a class such as"),
        ({"a": (ADAM, "kronecker")}, r"bases that are BlockBases, arguments .*got 'kronecker'"),
        ({"a": (ADAM, nn.Linear(2, 2))}, "bases that are BlockBases"),
        ({"a": (ADAM, None, {"lr": 0.1})}, "without lr, which rates says, got lr=0.1"),
        ({"a": NeedsClosure}, "whose step needs no closure, got NeedsClosure"),
        ({"a": ADAM, "b": ADAM}, "entries that differ, got 'a' and 'b'"),
        (
            {"adam": ADAM, "original": (ADAM, DENSE), "c": (ADAM, dict(DENSE))},
            "the label 'original' is also the name of a basis",
        ),
    ],
)
def test_what_is_no_entry_is_one_sentence(optimizers, words):
    with pytest.raises(ValueError, match=words):
        read_entries(optimizers, lambda control: True, made)
