"""The lab's form: what to run, how large, and what it will take; a sentence says what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from typing import Any

import panel as pn

from egop.experiments import EXPERIMENTS
from egop.experiments.claims.table import reported
from egop.experiments.data_shapes import gradient_ranks
from egop.experiments.sweep.basis_names import BASES
from egop.lab import settings
from egop.lab.dataset_download import DatasetDownload
from egop.lab.polling import BackgroundTasks
from egop.lab.same_paths import same_path_words
from egop.lab.settings import (
    BASES_DOC,
    BASIS_WORDS,
    CHECKED,
    R_MED_DOC,
    SIZE_WORDS,
    STEPS_MATRICES,
    SettingError,
    Settings,
)
from egop.methods import MATRIX_METHODS
from egop.sentences import as_sentence
from egop.ui.document import hold
from egop.ui.fields import (
    Fields,
    Row,
    button,
    choice,
    fold,
    foot,
    listing,
    number,
    several,
    side_by_side,
    slot,
    switch,
    text,
)

PREDICTING = "Working out the memory and time it will take …"


class Form(pn.viewable.Viewer):
    """Everything that is chosen before a run is started.

    Args:
        start: called with the settings and the Config they stand for.
        estimate: `(name, config, device) -> CostEstimate`, called in a thread.
        fetch: downloads a data set, as `DatasetDownload` takes it.
        devices: "cpu", and "cuda" where there is a GPU.
    """

    def __init__(
        self,
        start: Callable[[Settings, Any], Any],
        estimate: Callable[[str, Any, str], Any],
        fetch: Callable[..., Any],
        devices: tuple[str, ...] = ("cpu",),
    ):
        super().__init__()
        self._start, self._estimate = start, estimate
        self._busy = False
        self._fits = True
        self._devices = options_of(devices)
        self._device = next(iter(self._devices.values()))
        self._tasks = BackgroundTasks(lambda sentence: self.fields.say("prediction", sentence))
        self.download = DatasetDownload(fetch, self._changed)
        self.fields = Fields(rows_of(self._devices), {"start": {"label": "Start"}}, self.set)
        self.fields.say("prediction", PREDICTING, "hint")
        self._view = pn.Column(
            self.fields, self.download, sizing_mode="stretch_width", margin=(4, 14, 8, 14)
        )
        self._fill("digits", "quick")

    def __panel__(self):
        return self._view

    @property
    def settings(self) -> Settings:
        """The settings that are chosen now."""
        chosen = {field.name: self.fields.values[field.name] for field in fields_of(Settings)}
        return Settings(**{**chosen, "device": chosen["device"] or "cpu"})

    @property
    def startable(self) -> bool:
        """True if the button takes a press."""
        return not self.fields.values["start"]["disabled"]

    def set(self, name: str, value: Any) -> None:
        """Takes what was chosen or typed; another experiment or size brings its own settings."""
        if name == "start":
            self.press()
        elif name in {"experiment", "size"}:
            chosen = {key: self.fields.values[key] for key in ("experiment", "size")}
            self._fill(**{**chosen, name: value})
        else:
            if name == "device":
                self._device = value
            self.fields.show(**{name: value})
            self._changed()

    def set_busy(self, busy: bool) -> None:
        """While a run is being begun, the button says so and takes no second click."""
        self._busy = busy
        self._show_button(self._checked() is not None)

    def press(self) -> None:
        """Starts what is chosen, or says what is wrong."""
        config = self._checked()
        if config is not None and self._fits and not self.download.blocks:
            self.fields.say("start", "")
            self._start(self.settings, config)

    def _fill(self, experiment: str, size: str) -> None:
        """Shows the sizes of the experiment that was chosen."""
        chosen = settings.defaults(experiment, size)
        values = asdict(chosen)
        values["device"] = self._device if EXPERIMENTS[experiment].network else None
        searches = settings.searches(experiment)
        values["methods:options"] = settings.methods_of(experiment) if chosen.methods else {}
        values["rates:hint"] = "empty: the search of App. D.2" if searches else "such as 30"
        values["paper"] = reported(experiment) or ["Nothing in numbers."]
        with hold():
            self.fields.show(**values)
            words = (settings.figures(experiment), EXPERIMENTS[experiment].title)
            caption = ": ".join(filter(None, words))
            self.fields.say("caption", caption, "hint")
            self.fields.say("start", "")
            self._changed()

    def _changed(self) -> None:
        """Checks what is chosen, and estimates its cost."""
        chosen = self.settings
        self.download.show(settings.data_of(chosen.experiment))
        config = self._checked()
        self._say_same_paths(config)
        self._fits = True
        self._show_button(config is not None)
        if config is not None:
            self._tasks.submit(
                lambda: self._estimate(chosen.experiment, config, chosen.device),
                self._show_estimate,
                key="prediction",
            )

    def _say_same_paths(self, config: Any) -> None:
        """Says which of the chosen bases change nothing for which method."""
        bases = {BASIS_WORDS[each][0]: BASES[each] for each in getattr(config, "bases", ())}
        methods = getattr(config, "methods", ())
        words = same_path_words(methods, bases, gradient_ranks(config)) if bases else ""
        self.fields.say("same paths", words, "hint")

    def _show_estimate(self, found: Any) -> None:
        """Shows the cost of a run; one for which something is missing cannot be started."""
        self._fits = found.fits
        self.fields.say("prediction", found.sentence, "hint" if found.fits else "error")
        self._show_button(self._checked() is not None)

    def _show_button(self, valid: bool) -> None:
        off = not valid or not self._fits or self.download.blocks or self._busy
        self.fields.show(start={"label": "Starting …" if self._busy else "Start", "disabled": off})

    def _checked(self) -> Any:
        """The Config; None when a sentence now says what is wrong."""
        about, sentence, config = "", "", None
        try:
            config = settings.config_of(self.settings)
        except SettingError as error:
            about, sentence = error.setting, as_sentence(str(error))
        for each in CHECKED:
            self.fields.say(each, sentence if each == about else "")
        return config


def rows_of(devices: Mapping[str, str]) -> list[Row]:
    """The fields of the form; those that an experiment does not have are hidden."""
    groups = {
        group: {settings.title(name): name for name in names}
        for group, names in settings.groups().items()
    }
    return [
        choice("experiment", "Experiment", groups),
        slot("caption"),
        switch("size", "Size", {words: name for name, words in SIZE_WORDS.items()}),
        several(
            "methods",
            "Methods",
            {},
            docs=dict.fromkeys(MATRIX_METHODS, STEPS_MATRICES),
            add="Add a method",
        ),
        slot("methods"),
        several(
            "bases",
            "Bases beside the original",
            {label: name for name, (label, _) in BASIS_WORDS.items()},
            docs={name: said for name, (_, said) in BASIS_WORDS.items()},
            doc=BASES_DOC,
        ),
        slot("bases"),
        slot("same paths"),
        text("rates", "Learning rates"),
        slot("rates"),
        side_by_side(
            number("trials", "Trials", 1, whole=True), number("epochs", "Epochs", 1, whole=True)
        ),
        slot("trials"),
        slot("epochs"),
        fold(
            "More",
            number("seed", "Seed", 0, whole=True),
            slot("seed"),
            number("r_med_epochs", "Record R_med at so many epochs", 0, whole=True, doc=R_MED_DOC),
            slot("r_med_epochs"),
            choice("device", "Device", devices),
        ),
        fold("What the paper reports", listing("paper")),
        foot(slot("prediction"), button("start", look="main"), slot("start")),
    ]


def options_of(devices: tuple[str, ...]) -> dict[str, str]:
    """The devices by what they are called; where there are several, one is found by itself."""
    names = {"cpu": "CPU", "cuda": "GPU"}
    options = {names[name]: name for name in devices}
    return {"Automatic (GPU)": "auto", **options} if len(devices) > 1 else options
