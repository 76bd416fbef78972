"""The table of the paper's figures, and those of one's own results."""

from collections.abc import Callable

import holoviews as hv
import xarray as xr

from egop.experiments import EXPERIMENTS
from egop.figures import curves, descent, r_med, rates, spectra
from egop.figures.captions import counted, notes, rates_words
from egop.figures.elements import figure
from egop.figures.r_med_series import R_MED
from egop.runs.completion import completed
from egop.runs.validation import check_result

BY_LOSS = "R_med"
"""The name of the figure that is not the paper's."""
FIGURES: dict[str, Callable[[xr.Dataset], hv.Layout]] = {
    "1 left": descent.two_dimensions,
    "1 right": curves.losses,
    "2": spectra.spectrum,
    "3": rates.linear,
    "4": curves.losses,
    "5": curves.convex,
    "6": spectra.sampling,
    "7": spectra.blocks,
    "8": spectra.density,
    "9": curves.losses,
    "10": rates.digits,
    "11": rates.fashion,
    "12": curves.convex_tuned,
    "13": descent.schedule,
}
"""Every figure of the paper: a function of the result that it is drawn from."""


def title_of(number: str) -> str:
    """The title of a figure."""
    return "R_med by training loss" if number == BY_LOSS else f"Figure {number} of the paper"


def draw(result: xr.Dataset) -> dict[str, hv.Layout]:
    """The figures that a result holds, by their number, or the one of one's own network.

    Where R_med was measured, `BY_LOSS` is one more.

    Raises:
        ValueError: a result of another form, or a variable of it is missing.
    """
    name = str(result.attrs.get("experiment", ""))
    if not name and not {"training_loss", "eigenvalues"}.isdisjoint(result.data_vars):
        check_result(result)
        return draw_own(result, "Own network")
    if name not in EXPERIMENTS:
        got = f"one of {name!r}" if name else "a dataset that names none"
        raise ValueError(
            f"figures are drawn from results of {', '.join(EXPERIMENTS)}, and from datasets with "
            f"training_loss or eigenvalues, got {got}"
        )
    figures = {}
    makers = {number: FIGURES[number] for number in EXPERIMENTS[name].figures}
    if R_MED in result:
        makers[BY_LOSS] = r_med.by_loss
    for number, make in makers.items():
        try:
            figures[number] = make(result)
        except KeyError as missing:
            said = str(missing.args[0]).partition(". ")[0]
            raise ValueError(
                f"figure {number} cannot be drawn, the result of {name} is incomplete: {said}"
            ) from None
    return figures


def draw_own(result: xr.Dataset, label: str) -> dict[str, hv.Layout]:
    """The losses by epoch and by rate of one's own network, or the spectra of its layers.

    Args:
        result: with training_loss, or eigenvalues.
        label: what the caption calls it.
    """
    if "training_loss" not in result:
        if "data" not in result["eigenvalues"].dims:
            known = [
                name for name in ("eigenvalues", "n_samples", "n_parameters") if name in result
            ]
            result = result[known].expand_dims(data=[label])
        return {"spectra": spectra.blocks(result, f"{label}.")}
    statistics = curves.statistics_of(completed(result))
    shown = ["training_loss"]
    shown += [name for name in ("validation_loss", "validation_accuracy") if name in result][:1]
    shown += [name for name in ("test_loss", "test_accuracy") if name in result]
    panels = [curves.by_epoch(statistics, "training_loss", "training loss")]
    panels += [rates.by_rate(statistics, name, f"final {name.replace('_', ' ')}") for name in shown]
    words = counted(result, curves.diverged(statistics))
    rates_of = rates_words(statistics, " of the losses by epoch")
    return {"losses": figure(panels, f"{label}.", words, rates_of, notes(result))}
