"""From what is chosen in the form to the experiment's Config, and the sentence for what is not."""

import dataclasses

import pytest

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.experiments.experiment import PRESETS
from egop.lab import settings
from egop.lab.settings import SettingError, config_of, defaults
from egop.methods import MATRIX_METHODS, NETWORK_METHODS


@pytest.mark.parametrize("size", PRESETS)
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_untouched_settings_are_the_size_itself(name, size):
    assert config_of(defaults(name, size)) == EXPERIMENTS[name].presets[size]


def test_every_experiment_has_a_title_and_a_group():
    grouped = [name for group in settings.groups().values() for name in group]
    assert sorted(grouped) == sorted(EXPERIMENTS)
    assert len({settings.title(name) for name in EXPERIMENTS} - {*EXPERIMENTS}) == len(EXPERIMENTS)


@pytest.mark.parametrize(
    ("typed", "rates"),
    [
        ("", None),
        ("0.01, 0.02", [0.01, 0.02]),
        ("1e-3", [0.001]),
        ("adam=0.01,0.02 momentum=0.1", (("adam", [0.01, 0.02]), ("momentum", [0.1]))),
        ("Adam = 0.01 , 0.02; Momentum = 0.1", (("adam", [0.01, 0.02]), ("momentum", [0.1]))),
    ],
)
def test_typed_rates_are_read(typed, rates):
    assert settings.read_rates(typed) == rates


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"methods": ()}, "methods", "at least one method"),
        ({"bases": ()}, "bases", "at least one basis"),
        ({"rates": "fast"}, "rates", "'fast'"),
        ({"rates": "adam=-1"}, "rates", "positive"),
        ({"rates": "sgd=0.1"}, "rates", "sgd"),
        ({"rates": "Adam=0.1 adam=0.2"}, "rates", "rates names 'adam' more than once"),
        ({"trials": 0}, "trials", "from 1 to 100,000, got 0"),
        ({"epochs": None}, "epochs", "got nothing"),
        ({"seed": -1}, "seed", "from 0 to"),
    ],
)
def test_what_it_cannot_take_is_said_at_its_control(change, place, words):
    with pytest.raises(SettingError, match=words) as caught:
        config_of(dataclasses.replace(defaults("digits", "quick"), **change))
    assert caught.value.setting == place


def test_an_experiment_without_a_search_asks_for_rates():
    chosen = dataclasses.replace(defaults("two_dimensions", "quick"), rates="")
    assert defaults("two_dimensions", "quick").rates == "adagrad=30,60,90"
    with pytest.raises(SettingError, match="no search"):
        config_of(chosen)


def test_networks_offer_the_methods_that_can_be_trained_together():
    offered = settings.methods_of("digits")
    own = list(EXPERIMENTS["digits"].config().methods)
    vectors, matrices = (offered.pop(title).values() for title in (theme.VECTORS, theme.MATRICES))
    assert list(offered.values()) == own
    assert {*own, *vectors, *matrices} >= {*NETWORK_METHODS}
    assert "adagrad_norm" in vectors
    assert "full_adagrad" not in vectors
    assert {*matrices} == {*MATRIX_METHODS}
    others = settings.methods_of("convex")
    assert "full_adagrad" in others[theme.VECTORS].values()
    assert theme.MATRICES not in others


def test_the_sizes_of_a_run_in_words():
    assert settings.describe({"trials": 1, "epochs": 40, "seed": 0}) == "1 trial, 40 epochs"
    words = settings.describe({"trials": 5, "rates": [["adam", [0.1]]], "seed": 3})
    assert words == "5 trials, given rates, seed 3"
    assert settings.describe({"trials": "<b>", "seed": "x" * 1000}) == ""


def test_the_data_of_an_experiment():
    assert settings.data_of("fashion") == ("fashion",)
    assert settings.data_of("block_spectra") == ("digits", "fashion")
    assert settings.data_of("linear") == ()


def test_a_basis_is_offered_as_what_its_results_call_it():
    for name, words in settings.BASIS_WORDS.items():
        if "Kronecker" in theme.BASIS_LABELS.get(name, ""):
            assert "Kronecker" in " ".join(words), name
