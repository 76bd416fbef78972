"""The lab's form: what to run, how large, and what it will take; a sentence says what is wrong."""

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop.experiments import EXPERIMENTS
from egop.experiments.claims.paper import reported
from egop.explorer.views.widgets import WIDE, Message, fold, present
from egop.lab import settings
from egop.lab.data_offer import DataOffer
from egop.lab.refresh import Work
from egop.lab.settings import BASIS_WORDS, GROUPS, SIZE_WORDS, SettingError, Settings

PLACES = ("experiment", "methods", "bases", "rates", "trials", "epochs", "seed", "device", "start")
PREDICTING = '<div class="facts">Working out the memory and time it will take …</div>'
_STYLE = """
.facts { font: 12px/1.4 system-ui, sans-serif; opacity: 0.85; }
.facts b { font-size: 13px; }
ul { margin: 0; padding-left: 18px; font: 12px/1.45 system-ui, sans-serif; }
li { margin-bottom: 6px; }
"""


class Form(pn.viewable.Viewer):
    """Everything that is chosen before a run is started.

    Args:
        start: called with the settings and the Config they stand for.
        predict: `(name, config, device) -> Prediction`, called in a thread.
        fetch: downloads a data set, as `DataOffer` takes it.
        devices: "cpu", and "cuda" where there is a GPU.
    """

    def __init__(
        self,
        start: Callable[[Settings, Any], Any],
        predict: Callable[[str, Any, str], Any],
        fetch: Callable[..., Any],
        devices: tuple[str, ...] = ("cpu",),
    ):
        super().__init__()
        self._start, self._predict = start, predict
        self._filling = False
        self.messages = {place: Message() for place in PLACES}
        self._work = Work(lambda sentence: self._show_prediction(None, sentence))
        self.offer = DataOffer(fetch, self._changed)
        self._make_widgets(devices)
        self._layout = self._lay_out()
        self._fill(None)
        self._listen()

    def __panel__(self):
        return self._layout

    @property
    def settings(self) -> Settings:
        """What is chosen now."""
        return Settings(
            self.experiment.value,
            self.size.value,
            methods=tuple(self.methods.value) if self.methods.visible else None,
            bases=tuple(self.bases.value) if self.bases.visible else None,
            rates=self.rates.value if self.rates.visible else None,
            trials=self.trials.value if self.trials.visible else None,
            epochs=self.epochs.value if self.epochs.visible else None,
            seed=self.seed.value if self.seed.visible else None,
            device=self.device.value if self.device.visible else "cpu",
        )

    def say(self, place: str, sentence: str, kind: str = "error") -> None:
        """A sentence beside a control; "" takes it away."""
        self.messages[place].say(sentence, kind)

    def set_busy(self, busy: bool) -> None:
        """While a run is being begun, the button says so and takes no second click."""
        self.button.param.update(loading=busy, disabled=busy or self.offer.blocks)

    def press(self) -> None:
        """Starts what is chosen, or says what is wrong."""
        config = self._checked()
        if config is not None and not self.offer.blocks:
            self.say("start", "")
            self._start(self.settings, config)

    def _make_widgets(self, devices: tuple[str, ...]) -> None:
        groups = {
            group: {settings.title(name): name for name in names} for group, names in GROUPS.items()
        }
        self.experiment = pmui.Select(label="Experiment", groups=groups, value="digits", **WIDE)
        sizes = {words: name for name, words in SIZE_WORDS.items()}
        self.size = pmui.RadioButtonGroup(
            label="Size", options=sizes, value="quick", color="primary", variant="outlined", **WIDE
        )
        wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (5, 0, 3, 0)}
        self.methods = pmui.MultiChoice(label="Methods", options=[], **wide)
        self.bases = pmui.MultiChoice(
            label="Bases beside the original",
            options={v: k for k, v in BASIS_WORDS.items()},
            **wide,
        )
        self.rates = pmui.TextInput(label="Learning rates", **WIDE)
        # The buttons of a number's field have no names for screen readers; arrow keys do the same.
        plain = {"& .MuiIconButton-root": {"display": "none"}}
        half: dict[str, Any] = {**WIDE, "margin": (5, 6, 3, 0), "sx": plain}
        self.trials = pmui.IntInput(label="Trials", start=1, value=1, **half)
        self.epochs = pmui.IntInput(label="Epochs", start=1, value=1, **half)
        self.seed = pmui.IntInput(label="Seed", start=0, value=0, sx=plain, **WIDE)
        names = {"cpu": "CPU", "cuda": "GPU"}
        choices = {names[name]: name for name in devices}
        if len(devices) > 1:
            choices = {"Automatic (GPU)": "auto", **choices}
        value = next(iter(choices.values()))
        self.device = pmui.Select(label="Device", options=choices, value=value, **WIDE)
        self.button = pmui.Button(
            label="Start", color="primary", variant="contained", size="large",
            sizing_mode="stretch_width", margin=(8, 0, 4, 0),
        )  # fmt: skip
        pane: dict[str, Any] = {"sizing_mode": "stretch_width", "stylesheets": [_STYLE]}
        self._caption = pn.pane.HTML("", margin=(0, 0, 2, 0), **pane)
        self.prediction = pn.pane.HTML(PREDICTING, margin=(6, 0, 0, 0), min_height=36, **pane)
        self._reported = pn.pane.HTML("", margin=0, **pane)

    def _lay_out(self) -> pn.Column:
        said = self.messages
        sizes = pn.Row(
            present(self.trials), present(self.epochs), sizing_mode="stretch_width", margin=0
        )
        return pn.Column(
            self.experiment,
            self._caption,
            said["experiment"],
            self.size,
            present(self.methods, self.bases),
            said["methods"],
            said["bases"],
            present(self.rates),
            said["rates"],
            sizes,
            said["trials"],
            said["epochs"],
            fold("More", self.seed, said["seed"], self.device, said["device"]),
            fold("What the paper reports", self._reported),
            self.offer,
            self.prediction,
            self.button,
            said["start"],
            sizing_mode="stretch_width",
            margin=(8, 14, 16, 14),
        )

    def _listen(self) -> None:
        for widget in (self.experiment, self.size):
            widget.param.watch(self._fill, "value")
        for widget in (
            self.methods, self.bases, self.rates, self.trials, self.epochs, self.seed, self.device,
        ):  # fmt: skip
            widget.param.watch(lambda event: self._changed(), "value")
        self.button.on_click(lambda event: self.press())

    def _fill(self, event: Any) -> None:
        """Shows the sizes of the experiment that was chosen."""
        name = self.experiment.value
        chosen = settings.defaults(name, self.size.value)
        self._filling = True
        try:
            with pn.io.hold():
                self._fill_widgets(chosen)
        finally:
            self._filling = False
        self._caption.object = (
            f'<div class="facts">{settings.figures(name)}: {escape(EXPERIMENTS[name].title)}</div>'
        )
        rows = "".join(f"<li>{escape(sentence)}</li>" for sentence in reported(name))
        self._reported.object = f"<ul>{rows}</ul>" if rows else "<p>Nothing in numbers.</p>"
        for place in PLACES:
            self.say(place, "")
        self._changed()

    def _fill_widgets(self, chosen: Settings) -> None:
        name = chosen.experiment
        if chosen.methods is not None:
            options = settings.methods_of(name)
            self.methods.param.update(options=options, value=list(chosen.methods))
        if chosen.bases is not None:
            self.bases.value = list(chosen.bases)
        searches = settings.searches(name)
        words = "empty: the search of App. D.2" if searches else "such as 30"
        self.rates.param.update(value=chosen.rates or "", placeholder=words)
        for place in ("trials", "epochs", "seed"):
            if (value := getattr(chosen, place)) is not None:
                getattr(self, place).value = value
        for place in ("methods", "bases", "rates", "trials", "epochs", "seed"):
            getattr(self, place).visible = getattr(chosen, place) is not None
        self.device.visible = EXPERIMENTS[name].network

    def _changed(self) -> None:
        """Checks what is chosen, and predicts what it takes."""
        if self._filling:
            return
        self.offer.show(settings.data_of(self.experiment.value))
        config = self._checked()
        self.button.disabled = config is None or self.offer.blocks
        if config is None:
            return
        chosen = self.settings
        self._work.do(
            lambda: self._predict(chosen.experiment, config, chosen.device),
            self._show_prediction,
            key="prediction",
        )

    def _checked(self) -> Any:
        """The Config; None when a sentence now says what is wrong."""
        place, sentence, config = "", "", None
        try:
            config = settings.config_of(self.settings)
        except SettingError as error:
            place, sentence = error.place, str(error)
        for each in ("methods", "bases", "rates", "trials", "epochs", "seed"):
            self.say(each, sentence if each == place else "")
        return config

    def _show_prediction(self, found: Any, sentence: str = "") -> None:
        words = escape(sentence or found.sentence)
        self.prediction.object = f'<div class="facts" role="status">{words}</div>'
