"""R_med of the layers in an open run, while it is trained and after."""

import re

import numpy as np
import pytest

from egop.figures.labeled_result import LabeledResult
from egop.lab.views.r_med import matched_words
from tests.experiments.planted_results import described, sweep
from tests.lab.views.watched_runs import digits, drawn, so_far, watching

FINALS = {
    ("adam", "original"): 1e-4,
    ("adam", "egop"): 1e-6,
    ("muon", "original"): 1e-3,
    ("muon", "egop"): 1e-3,
}
NAMES = [f"{m}, {basis} coordinates" for m in ("Adam", "Muon") for basis in ("original", "EGOP")]
LAYERS = {"W1": 3.0, "W2": 50.0, "all": 8.0}
EPOCHS = [0, 2, 10]


def recorded(epochs=EPOCHS):
    """R_med is the layer's number times share^−¼ of the loss, and ten times that when rotated."""
    result = sweep(FINALS, trials=5, epochs=10)
    losses = result["training_loss"].isel(epoch=epochs).rename(epoch="measured_epoch")
    layers = result["trial"].isel(trial=0, drop=True).expand_dims(layer=[*LAYERS]).astype(float)
    layers[:] = [*LAYERS.values()]
    r_med = layers * (losses / losses.isel(measured_epoch=0)) ** -0.25
    r_med = r_med * (1 + 9 * (r_med["basis"] == "egop"))
    result = result.assign(r_med=r_med).assign_coords(measured_epoch=epochs)
    return described(result, "digits", trials=5, epochs=10)


def so_far_recorded(epoch):
    result = so_far(recorded(), epoch)
    return result.assign(r_med=result["r_med"].where(result["measured_epoch"] <= epoch))


def lines(watch, name="r-med-lines"):
    data = drawn(watch, name)
    return {n: (x, 10.0**y) for n, x, y in zip(data["name"], data["xs"], data["ys"], strict=True)}


def test_each_method_has_a_line_by_epoch_in_original_and_rotated_coordinates():
    watch = watching(recorded())
    assert watch.sections["R_med"].visible
    found = lines(watch)
    assert [*found] == NAMES
    loss = recorded()["training_loss"].sel(optimizer="adam").isel(trial=0)
    loss = loss.isel(learning_rate=watch._statistics[0]._best[0, 0]).isel(epoch=EPOCHS)
    for basis, factor in (("original", 1), ("EGOP", 10)):
        x, y = found[f"Adam, {basis} coordinates"]
        share = loss.sel(basis=basis.lower()) / loss.sel(basis=basis.lower())[0]
        assert x.tolist() == EPOCHS
        np.testing.assert_allclose(y, factor * 3.0 * share**-0.25, rtol=0.05)
    dots = drawn(watch, "r-med-dots")
    assert len(dots["x"]) == 4 * len(EPOCHS)


def test_lines_at_the_same_loss_are_of_the_share_of_it():
    found = lines(watching(recorded()), "r-med-by-loss-lines")
    assert [*found] == NAMES
    for name, (x, y) in found.items():
        factor = 30.0 if "EGOP" in name else 3.0
        np.testing.assert_allclose(y, factor * (10.0**x) ** -0.25, rtol=1e-4)
        assert x[0] == 0
    assert (
        lines(watching(recorded()), "r-med-by-loss-lines").keys()
        == lines(watching(recorded())).keys()
    )


def test_it_comes_while_the_run_goes_on():
    watch = watching(so_far_recorded(0))
    assert watch.sections["R_med"].visible
    assert len(drawn(watch, "r-med-dots")["x"]) == 4
    assert len(drawn(watch, "r-med-by-loss-dots")["x"]) == 4  # a line would have one point
    watch.show([LabeledResult("run 1", so_far_recorded(4))])
    assert len(drawn(watch, "r-med-dots")["x"]) == 4 * 2
    assert len(drawn(watch, "r-med-by-loss-dots")["x"]) == 0
    for x, _ in lines(watch, "r-med-by-loss-lines").values():
        assert x[0] > x[-1]


def test_another_layer_can_be_chosen():
    watch = watching(recorded())
    field = watch.layers.view
    assert field.values["layer"] == "W1"
    assert field.values["layer:options"] == {"W1": "W1", "W2": "W2", "all parameters": "all"}
    watch.layers.set("layer", "all")
    _, y = lines(watch)["Adam, original coordinates"]
    assert y[0] == pytest.approx(8.0)
    assert "R_med of all parameters by epoch" in watch.figures.cards["R_med"]._head.html


def test_the_loss_falls_from_the_left_to_the_right():
    watch = watching(recorded())
    across = watch.figures.r_med.by_loss.figure.x_range
    assert across.start > 0 > across.end


def test_numbers_at_the_lowest_loss_that_all_have_passed_are_spoken():
    watch = watching(recorded())
    heard = watch.figures.cards["R_med by loss"]._head.html
    number = pytest.approx(3.0 * 1e-3**-0.25, rel=0.2)
    said = dict(each.split(": ") for each in heard.split("start: ")[1].split(".<")[0].split("; "))
    assert float(said["Adam, original coordinates"]) == number
    assert float(said["Muon, original coordinates"]) == number
    assert float(said["Adam, EGOP coordinates"]) / 10 == number
    assert matched_words([]) == ""


def test_results_without_it_have_no_such_figures():
    watch = watching(digits())
    assert not watch.sections["R_med"].visible
    assert "R_med" not in watch.figures.cards


def test_a_basis_that_mixes_layers_has_no_line_of_one():
    result = recorded()
    rotated = (result["basis"] == "egop") & (result["layer"] != "all")
    watch = watching(result.assign(r_med=result["r_med"].where(~rotated)))
    assert len(lines(watch)) == 2
    watch.layers.set("layer", "all")
    assert len(lines(watch)) == 4


def test_an_infinite_one_is_left_out():
    """As of a layer most of whose units are dead."""
    result = recorded()
    dead = (result["measured_epoch"] == 10) & (result["optimizer"] == "muon")
    watch = watching(result.assign(r_med=result["r_med"].where(~dead, np.inf)))
    assert len(drawn(watch, "r-med-dots")["x"]) == 4 * len(EPOCHS) - 2
    assert np.isfinite(watch.figures.r_med.by_epoch.figure.y_range.end)


def test_looks_are_those_of_the_picture():
    """A basis of another run takes a dash, and a method with options the look of another one."""
    alike = ["galore(rank=4)", "soap(warm_up=3)"]
    result = recorded().assign_coords(optimizer=alike, basis=["original", "mine"])
    watch = watching(result)
    looks = drawn(watch, "r-med-lines")
    dots = drawn(watch, "r-med-dots")
    items = watch.controls.legend.groups[0]["items"]
    assert len({(each["color"], each["marker"]) for each in items}) == 2
    assert {*looks["color"]} == {each["color"] for each in items}
    assert len({*zip(dots["color"], dots["marker"], strict=True)}) == 2
    (run,) = watch.runs
    other = LabeledResult("other", digits().assign_coords(basis=["original", "theirs"]))
    watch.show([other, run])
    assert {*map(tuple, drawn(watch, "r-med-lines")["dash"])} == {
        tuple(each.dashes[name]) for each in watch._statistics[1:] for name in each.bases
    }


def test_it_is_said_beside_both_figures_that_bases_cannot_be_compared():
    """A random basis, in which R_med is least, was taken for the best one."""
    cards = watching(recorded()).figures.cards
    for name in ("R_med", "R_med by loss"):
        (seen,) = re.findall(r'<p class="more">(.*?)</p>', cards[name]._head.html)
        assert "compares runs in one basis, and is no reason why a basis helps" in seen
