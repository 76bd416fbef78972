"""The tab "Matrices": the figures show the singular values of the runs, frame by frame."""

import numpy as np
import pytest

import egop
from egop import theme
from egop.analysis.singular_values import matrix_blocks
from egop.explorer import Explorer
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.matrices import LEAST, NO_METHOD, MatricesTab
from egop.theme import number
from egop.ui.figure_text import plain
from egop.ui.packing import Packet, unpack


def shown_by(**settings) -> ComparisonResult:
    shown = Explorer(**settings)._shown
    assert shown is not None
    return shown


def drawn(shown: ComparisonResult, matrix: str = "") -> tuple[MatricesTab, dict]:
    """The tab after one update, and what it packed by source: each line's values (F, k)."""
    tab = MatricesTab("test", lambda packet: None)
    tab.show(shown, Packet(len(shown.schedule)))
    packet = Packet(len(shown.schedule))
    if matrix:
        tab.fields.set("choice", matrix)
    tab.show(shown, packet)
    header, numbers = unpack(packet.to_bytes())
    arrays = {}
    for name, entry in header["sources"].items():
        arrays[name] = {
            column: [
                numbers[each["at"] : each["at"] + each["size"]].reshape(entry["n_frames"], -1)
                for each in rows
            ]
            for column, rows in entry["lines"].items()
        } | entry["columns"]
    return tab, arrays


@pytest.fixture(scope="module")
def shown() -> ComparisonResult:
    return shown_by(objective="two_layer_linear", n_steps=40)


@pytest.mark.parametrize("place", [0, 1])
def test_values_are_those_of_the_chosen_matrix_of_each_run(shown, place):
    block = matrix_blocks(shown.objective)[place]
    tab, arrays = drawn(shown, block.name)
    assert tab.chosen == block.name
    for row, run in enumerate(shown.runs):
        points = run.path.points
        for name, matrices in (("matrix", points), ("step", np.diff(points, axis=0))):
            sigma = np.linalg.svd(block.of(matrices), compute_uv=False)
            values = arrays[f"singular-{name}"]["ys"][row]
            if name == "step":
                sigma = np.log10(np.maximum(sigma / sigma[:, :1], LEAST))
            assert values.shape == (41, 6)
            np.testing.assert_allclose(values[: len(sigma)], sigma, atol=1e-3)


def test_color_is_the_method_and_dash_the_basis(shown):
    _, arrays = drawn(shown)
    looks = arrays["singular-gradient"]
    assert looks["color"] == [theme.color(each.method) for each in shown.runs]
    assert looks["dash"] == [theme.dash(False), theme.dash(True)] * 2


def test_directions_of_step_and_gradient_are_told_of_each_method(shown):
    tab, _ = drawn(shown)
    text = plain(tab.message.object)
    assert tab.message.object.count("<dd>") == 4
    median = np.median(shared(tab._work.result.values[0].step))
    assert "medians over the run of directions , of 6 there are" in text.lower()
    assert f"Adagrad, step {number(median, 2)} →" in text


def test_names_are_in_the_page_s_color_beside_the_marks_of_the_methods(shown):
    tab, _ = drawn(shown)
    assert "color:" not in tab.message.object
    assert tab.message.object.count(f'fill="{theme.color("adam")}"') == 2


def shared(values: np.ndarray) -> np.ndarray:
    """Σσₖ/σ₁ of (F, k)."""
    with np.errstate(invalid="ignore"):
        ratios = values.sum(axis=1) / values[:, 0]
    return ratios[np.isfinite(ratios)]


def test_an_objective_of_a_vector_is_told_in_words_and_nothing_is_drawn():
    tab = MatricesTab("test", lambda packet: None)
    tab.show(shown_by(), Packet(10))
    assert "one vector" in tab.message.object
    assert [each.css_classes for each in tab.view[:-1]] == [["earlier"]] * 3
    tab.show(shown_by(objective="matrix_factorization", methods=[]), Packet(10))
    assert NO_METHOD in tab.message.object


@pytest.mark.parametrize("refused", [{}, {"objective": "two_layer_linear", "methods": []}])
def test_what_cannot_be_shown_leaves_no_curves(shown, refused):
    tab, arrays = drawn(shown)
    packet = Packet(10)
    tab.show(shown_by(**refused), packet)
    sources = unpack(packet.to_bytes())[0]["sources"]
    assert sources.keys() == arrays.keys()
    assert tab.fields.values["choice:options"] == {}
    assert all(column == [] for each in sources.values() for column in each["columns"].values())


def test_after_a_vector_a_matrix_is_drawn(shown):
    tab = MatricesTab("test", lambda packet: None)
    tab.show(shown_by(), Packet(10))
    tab.show(shown, Packet(40))
    assert "one vector" not in tab.message.object
    assert tab.chosen == "W₁"
    tab.show(shown_by(objective="associative_memory", n_steps=10), Packet(10))
    assert tab.chosen == "W"


def test_diverged_runs_and_matrices_of_one_column_are_drawn():
    gone = shown_by(objective="matrix_factorization", methods=["momentum"], rates={"momentum": 1e6})
    _, arrays = drawn(gone)
    assert np.isnan(arrays["singular-matrix"]["ys"][0][-1]).all()
    assert np.isfinite(arrays["singular-matrix"]["ys"][0][0]).all()


def told(shown: ComparisonResult) -> MatricesTab:
    """The tab after one update."""
    tab = MatricesTab("test", lambda packet: None)
    tab.show(shown, Packet(len(shown.schedule)))
    return tab


def test_of_one_vector_it_says_what_can_be_done_where_it_is_seen():
    tab = told(shown_by(objective="least_squares", n_steps=10))
    assert "group Matrices" in tab.message.object
    assert "shapes=" not in tab.message.object
    assert tab.fields.values["choice"] is None  # so that there is no empty field
    own = egop.explore(egop.objectives.landscape("booth"), n_steps=10)._shown
    tab = told(own)
    assert "shapes=(rows, columns)" in tab.message.object
    assert "group Matrices" not in tab.message.object
    tab, _ = drawn(shown_by(objective="two_layer_linear", n_steps=10))
    assert tab.fields.values["choice"] == tab.chosen != ""
