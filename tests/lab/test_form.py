"""The form: its controls follow the experiment, say what is wrong, and start what is chosen."""

from types import SimpleNamespace

import pytest

from egop.experiments.sizes import SIZES
from egop.lab import data_offer
from egop.lab.form import Form


class Asked:
    """What a form asked for."""

    def __init__(self):
        self.started, self.predicted = [], []

    def start(self, settings, config):
        self.started.append((settings, config))

    def predict(self, name, config, device):
        self.predicted.append((name, config, device))
        return SimpleNamespace(sentence=f"About 2 min for {name}.")


@pytest.fixture
def here(monkeypatch):
    """All data sets are there."""
    monkeypatch.setattr(data_offer, "missing", lambda data: [])


@pytest.fixture
def asked(here):
    return Asked()


@pytest.fixture
def form(asked):
    return Form(asked.start, asked.predict, lambda name, tell: None)


def said(form):
    return {place: m.sentence for place, m in form.messages.items() if m.sentence}


def test_it_opens_with_the_quick_digits_and_says_what_they_take(form, asked):
    assert asked.predicted == [("digits", SIZES["quick"]["digits"], "cpu")]
    assert "About 2 min for digits." in form.prediction.object
    assert not form.button.disabled


@pytest.mark.parametrize("name", SIZES["quick"])
def test_every_experiment_can_be_started_at_every_size(form, asked, name):
    form.experiment.value = name
    for size in SIZES:
        form.size.value = size
        form.press()
        settings, config = asked.started.pop()
        assert config == SIZES[size][name]
        assert settings.experiment == name
        assert asked.predicted[-1] == (name, config, "cpu")


def test_controls_that_an_experiment_does_not_have_are_hidden(form):
    form.experiment.value = "schedule"
    hidden = (form.methods, form.bases, form.rates, form.trials, form.seed, form.device)
    assert not any(widget.visible for widget in hidden)
    form.experiment.value = "linear_blocks"
    assert all(widget.visible for widget in hidden)
    assert form.bases.value == ["global", "matrices", "first"]


def test_what_is_chosen_is_started(form, asked):
    form.methods.value = ["adam"]
    form.bases.value = ["global", "first"]
    form.rates.value = "0.01, 0.02"
    form.trials.value, form.epochs.value, form.seed.value = 2, 7, 3
    form.button.param.trigger("clicks")
    config = asked.started[-1][1]
    assert config.methods == ("adam",)
    assert config.bases == ("global", "first")
    assert config.rates == (("adam", (0.01, 0.02)),)
    assert (config.trials, config.epochs, config.seed) == (2, 7, 3)


def test_what_is_wrong_is_said_beside_its_control_and_nothing_is_lost(form, asked):
    form.trials.value = 4
    form.rates.value = "fast"
    assert set(said(form)) == {"rates"}
    assert form.button.disabled
    form.press()
    assert not asked.started
    assert form.rates.value == "fast"
    assert form.trials.value == 4
    form.rates.value = ""
    assert not said(form)
    assert not form.button.disabled
    assert asked.predicted[-1][1].trials == 4


def test_a_prediction_that_fails_is_said(here):
    def predict(name, config, device):
        raise ValueError("this machine has no clock")

    made = Form(lambda settings, config: None, predict, lambda name, tell: None)
    assert "this machine has no clock" in made.prediction.object


def test_a_gpu_can_be_chosen_where_there_is_one(asked):
    made = Form(asked.start, asked.predict, lambda name, tell: None, ("cpu", "cuda"))
    assert made.device.value == "auto"
    assert list(made.device.options.values()) == ["auto", "cpu", "cuda"]
    made.device.value = "cuda"
    assert asked.predicted[-1][2] == "cuda"
    made.experiment.value = "convex"
    assert made.settings.device == "cpu"


def test_every_control_has_a_name(form):
    for widget in (form.experiment, form.size, form.methods, form.bases, form.rates, form.trials,
                   form.epochs, form.seed, form.device, form.button):  # fmt: skip
        assert widget.label


def test_what_the_paper_reports_is_there_for_the_networks(form):
    assert "Figure" in form._reported.object


def test_missing_data_that_nothing_replaces_keep_it_from_starting(monkeypatch, asked):
    absent = {"fashion"}
    monkeypatch.setattr(data_offer, "missing", lambda data: ["x"] if data.name in absent else [])
    form = Form(asked.start, asked.predict, lambda name, tell: None)
    assert not form.button.disabled
    form.experiment.value = "fashion"
    assert form.button.disabled
    form.press()
    assert not asked.started
    absent.clear()
    form.offer.show(("fashion",))
    form._changed()
    assert not form.button.disabled
