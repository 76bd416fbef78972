"""The form: its controls follow the experiment, say what is wrong, and start what is chosen."""

from types import SimpleNamespace

import pytest

from egop.experiments import EXPERIMENTS
from egop.experiments.experiment import PRESETS
from egop.lab import dataset_download
from egop.lab.form import CHECKED, Form
from egop.ui.field_values import flat


class Asked:
    """Remembers the calls of a form."""

    def __init__(self):
        self.started, self.predicted, self.fits = [], [], True

    def start(self, settings, config):
        self.started.append((settings, config))

    def predict(self, name, config, device):
        self.predicted.append((name, config, device))
        return SimpleNamespace(sentence=f"About 2 min for {name}.", fits=self.fits)


@pytest.fixture
def here(monkeypatch):
    """All data sets are there."""
    monkeypatch.setattr(dataset_download, "missing", lambda data: [])


@pytest.fixture
def asked(here):
    return Asked()


@pytest.fixture
def form(asked):
    return Form(asked.start, asked.predict, lambda name, tell: None)


def said(form):
    return {place for place in (*CHECKED, "start") if form.fields.sentence(place)}


def test_it_opens_with_the_quick_digits_and_says_what_they_take(form, asked):
    assert asked.predicted == [("digits", EXPERIMENTS["digits"].quick, "cpu")]
    assert "About 2 min for digits." in form.fields.sentence("prediction")
    assert form.startable


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_started_at_every_size(form, asked, name):
    form.set("experiment", name)
    for size in PRESETS:
        form.set("size", size)
        form.press()
        settings, config = asked.started.pop()
        assert config == EXPERIMENTS[name].presets[size]
        assert settings.experiment == name
        assert asked.predicted[-1] == (name, config, "cpu")


def test_controls_that_an_experiment_does_not_have_are_hidden(form):
    form.set("experiment", "schedule")
    hidden = ("methods", "bases", "rates", "trials", "seed", "device")
    assert not any(form.fields.values[name] is not None for name in hidden)
    form.set("experiment", "linear_blocks")
    assert all(form.fields.values[name] is not None for name in hidden)
    assert form.fields.values["bases"] == list(EXPERIMENTS["linear_blocks"].presets["quick"].bases)


def test_what_is_chosen_is_started(form, asked):
    form.set("methods", ["adam"])
    form.set("bases", ["global", "first"])
    form.set("rates", "0.01, 0.02")
    for name, value in (("trials", 2), ("epochs", 7), ("seed", 3)):
        form.set(name, value)
    form.set("start", None)
    config = asked.started[-1][1]
    assert config.methods == ("adam",)
    assert config.bases == ("global", "first")
    assert config.rates == (("adam", (0.01, 0.02)),)
    assert (config.trials, config.epochs, config.seed) == (2, 7, 3)


def test_what_is_wrong_is_said_beside_its_control_and_nothing_is_lost(form, asked):
    form.set("trials", 4)
    form.set("rates", "fast")
    assert said(form) == {"rates"}
    assert not form.startable
    form.press()
    assert not asked.started
    assert form.fields.values["rates"] == "fast"
    assert form.fields.values["trials"] == 4
    form.set("rates", "")
    assert not said(form)
    assert form.startable
    assert asked.predicted[-1][1].trials == 4


def test_a_prediction_that_fails_is_said(here):
    def predict(name, config, device):
        raise ValueError("this machine has no clock")

    made = Form(lambda settings, config: None, predict, lambda name, tell: None)
    assert "this machine has no clock" in made.fields.sentence("prediction")


def test_a_gpu_can_be_chosen_where_there_is_one(asked):
    made = Form(asked.start, asked.predict, lambda name, tell: None, ("cpu", "cuda"))
    assert made.fields.values["device"] == "auto"
    assert list(made._devices.values()) == ["auto", "cpu", "cuda"]
    made.set("device", "cuda")
    assert asked.predicted[-1][2] == "cuda"
    made.set("experiment", "convex")
    assert made.settings.device == "cpu"


def test_every_control_has_a_name_and_a_value(form):
    rows = [
        row
        for row in flat(form.fields.rows)
        if row["kind"] not in {"slot", "fold", "foot", "line", "button"}
    ]
    assert all(row["label"] for row in rows if row["kind"] != "listing")
    assert {row["name"] for row in rows} <= form.fields.values.keys()


@pytest.mark.parametrize("typed", ["", "many", 0, 2.5])
def test_a_count_that_is_none_is_said_and_kept(form, asked, typed):
    form.set("trials", typed)
    assert said(form) == {"trials"}
    assert form.fields.sentence("trials").startswith(
        "Trials takes a whole number from 1 to 100,000, got "
    )
    assert not form.startable
    assert form.fields.values["trials"] == typed
    form.set("trials", 3)
    assert not said(form)
    assert form.startable


def test_what_the_paper_reports_is_there_for_the_networks(form):
    assert "Figure" in " ".join(form.fields.values["paper"])


def test_missing_data_that_nothing_replaces_keep_it_from_starting(monkeypatch, asked):
    absent = {"fashion"}
    monkeypatch.setattr(
        dataset_download, "missing", lambda data: ["x"] if data.name in absent else []
    )
    form = Form(asked.start, asked.predict, lambda name, tell: None)
    assert form.startable
    form.set("experiment", "fashion")
    assert not form.startable
    form.press()
    assert not asked.started
    absent.clear()
    form.download.show(("fashion",))
    form._changed()
    assert form.startable


def test_a_run_for_which_memory_is_missing_cannot_be_started(form, asked):
    """The page once said that memory is missing, and Start took the press."""
    asked.fits = False
    form.set("trials", 20)
    assert not form.startable
    assert form.fields.messages["prediction"][0] == "error"
    form.press()
    assert not asked.started
    asked.fits = True
    form.set("trials", 2)
    assert form.startable


def test_it_says_which_bases_change_nothing_for_which_method(form):
    form.set("methods", ["adam", "muon"])
    form.set("bases", ["matrices", "kronecker"])
    words = "Muon takes the same path in Kronecker as in original coordinates."
    assert form.fields.sentence("same paths") == words
    form.set("bases", ["matrices"])
    assert not form.fields.sentence("same paths")
    form.set("bases", ["kronecker"])
    form.set("experiment", "spectrum")
    assert not form.fields.sentence("same paths")
