"""The figure of R_med shows planted numbers by the share of the loss at the start."""

import numpy as np
import pytest

from egop.figures.paper import BY_LOSS, draw, title_of
from tests.experiments.planted_results import sweep
from tests.figures.read_back import BACKENDS, panels

FINALS = {("adam", "original"): 1e-4, ("adam", "egop"): 1e-6}
LAYERS = {"W1": 3.0, "W2": 50.0, "all": 8.0}
EPOCHS = [0, 2, 10]


def planted():
    """R_med is the layer's number times share^−¼ of the loss, and trials have other losses."""
    result = sweep(FINALS, trials=5, epochs=10)
    scale = 10.0 ** np.arange(5)[:, None]
    result["training_loss"] = result["training_loss"] * scale
    shares = result["training_loss"] / result["training_loss"].isel(epoch=0)
    shares = shares.isel(epoch=EPOCHS).rename(epoch="measured_epoch")
    layers = result["trial"].isel(trial=0, drop=True).expand_dims(layer=[*LAYERS]).astype(float)
    layers[:] = [*LAYERS.values()]
    result["r_med"] = layers * shares**-0.25
    result.attrs["experiment"] = "linear"
    return result.assign_coords(measured_epoch=EPOCHS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_lines_are_medians_at_the_same_share_of_the_loss(backend):
    drawn = panels(draw(planted())[BY_LOSS], backend)
    assert [each.title for each in drawn] == ["W1", "W2", "all parameters"]
    for panel, number in zip(drawn, LAYERS.values(), strict=True):
        assert panel.scales == ("log", "log")
        assert len(panel.lines) == 2
        for (_, basis), line in panel.lines.items():
            end = FINALS["adam", "original" if "original" in basis else "egop"]
            assert line.x.max() == pytest.approx(1)
            assert line.x.min() == pytest.approx(end, rel=0.2)
            np.testing.assert_allclose(line.y, number * line.x**-0.25, rtol=1e-6)


def test_a_layer_that_a_basis_mixes_has_no_line_there():
    result = planted()
    result["r_med"] = result["r_med"].where(
        (result["basis"] != "egop") | (result["layer"] == "all")
    )
    counts = [len(each.lines) for each in panels(draw(result)[BY_LOSS], "bokeh")]
    assert counts == [1, 1, 2]


def test_losses_that_do_not_fall_are_a_point():
    result = planted()
    result["training_loss"] = 1.0 + 0 * result["training_loss"]
    drawn = panels(draw(result)[BY_LOSS], "bokeh")
    assert all(line.x.tolist() == [1.0] for line in drawn[0].lines.values())


def test_it_has_a_title_of_its_own():
    assert title_of(BY_LOSS) == "R_med by training loss"
    assert title_of("3") == "Figure 3 of the paper"
    assert BY_LOSS not in draw(planted().drop_vars("r_med"))
