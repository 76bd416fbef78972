"""Eigenvalues that are estimated anew in every epoch, as the clock moves them."""

import re

import numpy as np

from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import CHOSEN
from egop.lab.views.epoch_spectra import EIGENVALUES, epoch_spectra
from tests.experiments.planted_results import described, sweep
from tests.lab.views.watched_runs import digits, drawn, so_far, watching

BASES = ("original", "egop", "refreshed")
EPOCHS, LEADING = 10, 8
LINES = "epoch-spectra-lines"


def refreshed():
    """Eigenvalues (k+1)^-(1 + epoch/10) of the first layer; the second has three."""
    ends = {(m, b): 1e-3 for m in ("adam", "muon") for b in BASES}
    result = sweep(ends, bases=BASES, epochs=EPOCHS)
    k, epochs = np.arange(LEADING), np.arange(EPOCHS + 1)[:, None]
    values = (k + 1.0) ** -(1 + epochs / 10)
    layers = np.stack([values, np.where(k < 3, values, np.nan)], axis=1)
    shape = (2, result.sizes["learning_rate"], *layers.shape)
    dims = ("optimizer", "learning_rate", "epoch", "rotated_block", "leading")
    planted = {EIGENVALUES: (dims, 5 * np.broadcast_to(layers, shape).copy())}
    planted[EIGENVALUES][1][1, :, 1:] /= 4  # of Muon from the first epoch on
    places = {"rotated_block": ["W1", "W2"], "leading": k + 1}
    result = result.assign(planted).assign_coords(places)
    return described(result, "digits", trials=6, epochs=EPOCHS)


def test_each_layer_of_each_method_has_its_spectrum_at_each_epoch():
    statistics = RunStatistics(LabeledResult("run", refreshed()))
    found = epoch_spectra(statistics, CHOSEN)
    names = [(each.key.method, each.key.basis, each.block) for each in found]
    assert names == [(m, "refreshed", b) for m in ("adam", "muon") for b in ("W1", "W2")]
    assert [each.ratios.shape for each in found] == [(EPOCHS + 1, n) for n in (8, 3)] * 2
    np.testing.assert_allclose(found[0].ratios[10], np.arange(1, 9.0) ** -2)
    np.testing.assert_allclose(found[2].ratios[10], np.arange(1, 9.0) ** -2 / 4)
    assert [each.ratios[0, 0] for each in found] == [1.0] * 4
    assert epoch_spectra(RunStatistics(LabeledResult("run", digits())), CHOSEN) == []


def test_lines_move_with_the_clock():
    watch = watching(refreshed())
    assert watch.sections["moving spectra"].visible
    for step in (0, 4, 10):
        now = drawn(watch, LINES, step)
        np.testing.assert_allclose(
            now["ys"][0], -(1 + step / 10) * np.log10(np.arange(1, 9)), atol=1e-6
        )
    assert now["name"][:2] == [
        "Adam, Kronecker EGOP anew in every epoch, layer 1",
        "Adam, Kronecker EGOP anew in every epoch, layer 2",
    ]
    assert now["dash"][0] != now["dash"][1]
    assert now["color"][0] != now["color"][2]


def test_what_is_not_known_yet_stays_as_it_was():
    watch = watching(so_far(refreshed(), 4))
    both = [drawn(watch, LINES, step)["ys"][0] for step in (4, 9)]
    np.testing.assert_array_equal(*both)
    assert np.isfinite(both[0]).all()


def test_results_without_them_have_no_such_figure():
    watch = watching(digits())
    assert not watch.sections["moving spectra"].visible
    assert "moving spectra" not in watch.figures.cards


def test_one_is_the_largest_eigenvalue_at_the_start_of_all_layers():
    result = refreshed()
    result[EIGENVALUES].loc[{"rotated_block": "W2"}] *= 10
    found = epoch_spectra(RunStatistics(LabeledResult("run", result)), CHOSEN)
    assert [each.ratios[0, 0] for each in found] == [0.1, 1.0, 0.1, 1.0]
    figure = watching(result).figures.moving_spectra.figure
    assert figure.yaxis[0].axis_label == "λₖ / largest λ₁ at the start"


def test_the_figure_is_as_wide_as_the_page_and_high():
    """Three lines of words above it once left 70 of 210 pixels, in half of the width."""
    (grid,) = watching(refreshed()).sections["moving spectra"]
    style = "".join(grid.stylesheets)
    height = re.findall(r"--egop-card: (\d+)px !important", style)[-1]
    assert int(height) >= 220 + 120
    assert style.rindex("grid-template-columns: minmax(0, 1fr);") > style.index("@media")
