"""Settings of the lab's form as plain values, and the experiment's Config they stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from egop import theme
from egop.bounds import shown
from egop.execution.rate_options import read_rates as typed_rates
from egop.experiments import EXPERIMENTS, configure
from egop.experiments.compared_methods import fits
from egop.experiments.experiment import SPECTRA, TRAINING, WITHOUT_NETWORK
from egop.experiments.extent import check_extent
from egop.experiments.trial_numbers import trials_words
from egop.limits import limits
from egop.methods import MATRIX_METHODS, names

SIZE_WORDS = {"quick": "Quick", "laptop": "Laptop", "paper": "Paper"}
STEPS_MATRICES = "Steps each weight matrix as one, and biases by another rule"
"""Explanation of a method of matrices."""
BASIS_WORDS = {
    "matrices": ("Each matrix", "The eigenbasis of each weight matrix's EGOP"),
    "global": ("Global", "The eigenbasis of the EGOP of all parameters together"),
    "first": ("First layer", "The eigenbasis of the first layer's EGOP; other layers stay"),
    "kronecker": ("Kronecker", "V_out ⊗ V_in of each weight matrix, from the same gradients"),
    "rows": ("Rows", "V_in of each weight matrix: every row of a gradient is one sample"),
    "partial": ("Leading 64", "The 64 leading eigenvectors of each weight matrix's EGOP"),
    "sketch": ("Sketch", "Nearly these 64, from gradients that are seen once and not kept"),
    "few": ("Few gradients", "The eigenbasis of each weight matrix from a tenth of the gradients"),
    "refreshed": (
        "Every epoch",
        "Kronecker, V_out ⊗ V_in, anew in each epoch, around the weights of each run",
    ),
    "data": ("Layer 1 inputs", "The eigenbasis of their second moment, for that layer"),
    "random": ("Random", "A random orthogonal matrix for each weight matrix: a control"),
    "random_global": ("Random, all", "One for all parameters together: the control of that EGOP"),
}
"""Labels and explanations of bases beside the original coordinates."""
BASES_DOC = (
    "Each method runs in original coordinates, too. They are eigenbases of the EGOP, but for "
    "“Layer 1 inputs”, which needs no gradients, and random ones, which are controls."
)


R_MED_DOC = (
    "How uneven the Hessian's diagonal is, layer by layer, in original and rotated coordinates. It "
    "is drawn while the runs are trained; 0: it is not recorded, 8 are enough for a curve."
)
"""Explanation of the number of epochs at which it is recorded."""
LISTS = {"methods": "method", "bases": "basis"}
"""Settings that name several, and what one of these is called."""
NUMBERS = ("trials", "epochs", "seed", "r_med_epochs")
CHECKED = (*LISTS, "rates", *NUMBERS)
"""Settings beside which an error may stand."""
LONGEST_TEXT = 10_000
"""Characters of typed learning rates."""


class SettingError(ValueError):
    """An error of one setting.

    Attributes:
        setting: its name.
    """

    def __init__(self, setting: str, sentence: str):
        super().__init__(sentence)
        self.setting = setting


@dataclass(frozen=True)
class Settings:
    """Every control's value; None where the experiment does not have it.

    Attributes:
        experiment: a name in `egop.experiments.EXPERIMENTS`.
        size: "quick", "laptop" or "paper": what the others began with.
        methods: names in `egop.methods`.
        bases: names in `BASIS_WORDS`.
        rates: as typed: "0.01, 0.02" for all methods, "adam=0.01,0.02 momentum=0.1", or nothing for
            the search of App. D.2.
        trials: repetitions.
        epochs: passes over the data.
        seed: of everything that is random.
        r_med_epochs: at how many epochs R_med of the layers is measured.
        device: "auto", "cpu" or "cuda".
    """

    experiment: str = "digits"
    size: str = "quick"
    methods: Sequence[str] | None = None
    bases: Sequence[str] | None = None
    rates: str | None = None
    trials: int | None = None
    epochs: int | None = None
    seed: int | None = None
    r_med_epochs: int | None = None
    device: str = "auto"


def groups() -> dict[str, list[str]]:
    """The names of all experiments by the group under which they stand."""
    found: dict[str, list[str]] = {group: [] for group in (TRAINING, SPECTRA, WITHOUT_NETWORK)}
    for name, experiment in EXPERIMENTS.items():
        found.setdefault(experiment.group, []).append(name)
    return found


def defaults(experiment: str, size: str, device: str = "auto") -> Settings:
    """The settings of an experiment at one of its sizes."""
    config = EXPERIMENTS[experiment].presets[size]
    held = {name: getattr(config, name, None) for name in NUMBERS}
    held |= {name: [*getattr(config, name)] for name in LISTS if hasattr(config, name)}
    rates = None
    if hasattr(config, "rates"):
        rates = " ".join(f"{m}={','.join(f'{x:g}' for x in row)}" for m, row in config.rates or ())
    return Settings(experiment, size, rates=rates, device=device, **held)


def methods_of(experiment: str) -> dict[str, Any]:
    """The methods that an experiment can compare, by what they are called.

    Those of the experiment itself come first, then groups of the others by their titles.
    """
    config = EXPERIMENTS[experiment].config()
    named = getattr(config, "methods", ())
    groups: dict[str, dict[str, str]] = {theme.VECTORS: {}, theme.MATRICES: {}}
    for name in names():
        if name not in named and fits(name, EXPERIMENTS[experiment].network):
            title = theme.MATRICES if name in MATRIX_METHODS else theme.VECTORS
            groups[title][theme.label(name)] = name
    found: dict[str, Any] = {theme.label(name): name for name in named}
    return found | {title: some for title, some in groups.items() if some}


def searches(experiment: str) -> bool:
    """True if the experiment can search for its learning rates."""
    config = EXPERIMENTS[experiment].config()
    return hasattr(config, "rates") and config.rates is None


def data_of(experiment: str) -> tuple[str, ...]:
    """The data sets that an experiment uses."""
    found = EXPERIMENTS[experiment]
    return found.data(found.config())


def config_of(settings: Settings) -> Any:
    """The experiment's frozen Config.

    Raises:
        SettingError: a value that the experiment cannot take, with the control's name.
    """
    name = settings.experiment
    config = EXPERIMENTS[name].presets[settings.size]
    changes = {each: getattr(settings, each) for each in CHECKED if hasattr(config, each)}
    for setting in LISTS:
        if setting in changes:
            changes[setting] = _names(setting, changes[setting])
    if "rates" in changes:
        changes["rates"] = read_rates(changes["rates"] or "")
        if changes["rates"] is None and not searches(name):
            raise SettingError("rates", "this experiment has no search; type rates, such as 30")
    try:
        found = configure(name, changes=changes, config=config)
        check_extent(found, limits().runs_of_a_result, limits().result_megabytes * 10**6)
    except ValueError as error:
        sentence = str(error).replace("an integer", "a whole number")
        about = sentence.split()[0].rstrip(":")
        setting = about if about in CHECKED else "trials"
        raise SettingError(setting, sentence.replace("got None", "got nothing")) from None
    return found


def read_rates(text: str) -> Any:
    """Typed learning rates: a list for all methods, pairs of a method and its own, or None.

    Raises:
        SettingError: words that are neither.
    """
    if len(text) > LONGEST_TEXT:
        raise SettingError("rates", f"rates take at most {LONGEST_TEXT:,} characters")
    words = re.sub(r"\s*([,=])\s*", r"\1", text.replace(";", " ").strip(" ,;")).split()
    try:
        rates = typed_rates(words or None)
    except ValueError:
        raise SettingError(
            "rates",
            "rates are numbers for all methods, such as 0.01, 0.02, or of each method, such as "
            f"adam=0.01,0.02 momentum=0.1, got {shown(text.strip())}",
        ) from None
    if not isinstance(rates, tuple):
        return rates
    called = {look.label.lower(): name for name, look in theme.METHODS.items()}
    return tuple((called.get(name.lower(), name), row) for name, row in rates)


def describe(config: dict[str, Any]) -> str:
    """The sizes of a stored config in words, such as "10 trials: 10–19, 40 epochs, seed 1"."""
    words = [trials_words(config)] if isinstance(config.get("trials"), int) else []
    if isinstance(epochs := config.get("epochs"), int):
        words.append(theme.count_words(epochs, "epoch"))
    if config.get("rates"):
        words.append("given rates")
    if isinstance(seed := config.get("seed"), int) and seed:
        words.append(f"seed {seed}")
    if isinstance(count := config.get("r_med_epochs"), int) and count:
        words.append(f"R_med at {theme.count_words(count, 'epoch')}")
    return ", ".join(words)


def title(experiment: str) -> str:
    """The name of an experiment in the lab; its own name if this egop does not have it."""
    known = EXPERIMENTS.get(experiment)
    return experiment if known is None else known.label or experiment


def figures(experiment: str) -> str:
    """The paper's figures that it makes, such as "Figures 4, 11"; "" where it makes none."""
    made = EXPERIMENTS[experiment].figures
    if not made:
        return ""
    return f"Figure{'s' if len(made) > 1 else ''} {', '.join(made)}"


def _names(setting: str, chosen: Any) -> tuple[str, ...]:
    """The names of methods or of bases that were chosen."""
    if not chosen:
        raise SettingError(
            setting, f"an experiment takes at least one {LISTS[setting]}; choose one"
        )
    if not all(isinstance(each, str) for each in chosen):
        raise SettingError(setting, f"{setting} takes names, got {shown(chosen)}")
    return tuple(chosen)
