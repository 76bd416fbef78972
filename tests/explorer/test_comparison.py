"""The comparison behind the page: every basis, what fails, and more than two variables."""

import numpy as np
import pytest

from egop import objectives, theme
from egop.explorer import Explorer
from egop.explorer.catalog import BASES, DISTRIBUTIONS
from egop.explorer.comparison import Comparison
from egop.explorer.figure_windows import View
from egop.explorer.own_objects import Own
from egop.explorer.remarks import Remark
from egop.explorer.scene import OBJECTIVES, Scene
from egop.explorer.scene_work import Draft
from egop.explorer.verdict_inputs import verdict_of
from egop.explorer.views.contours import Contours
from egop.ui.packing import Packet, unpack


class Desk:
    """A scene with its comparison."""

    def __init__(self, own=None, **settings):
        self.scene = Scene(**settings)
        self.comparison = Comparison(Own(objective=own), frozenset(settings))

    @property
    def said(self):
        """The sentences by the place that they are about."""
        messages = self.comparison.messages.items()
        return {place: sentence for place, (_, sentence) in messages if sentence}

    def show(self, steady=False):
        shown = self.comparison.show(self.scene.snapshot(), View(steady=steady))
        self.scene.param.update(**self.comparison.defaults)
        return shown


def test_in_figure_1_adagrad_arrives_sooner_when_rotated():
    desk = Desk(objective="log_sum_exp")
    shown = desk.show()
    assert [pair.name for pair in shown.pairs] == ["adagrad", "adam"]
    adagrad = shown.pairs[0]
    gaps = [path.values - shown.target.level for path in (adagrad.original, adagrad.rotated)]
    reached = [int(np.argmax(gap < shown.target.tolerance)) for gap in gaps]
    assert 0 < reached[1] < reached[0]
    assert not desk.said
    assert not desk.comparison.failure
    assert verdict_of(shown).text


@pytest.mark.parametrize("basis", BASES.values())
def test_every_basis_of_a_quadratic(basis):
    shown = Desk(objective="quadratic", basis=basis, dial_angle=20.0).show()
    V = shown.basis.eigenvectors
    np.testing.assert_allclose(V.T @ V, np.eye(2), atol=1e-10)
    for pair in shown.pairs:
        np.testing.assert_allclose(pair.original.points[0], pair.rotated.points[0], atol=1e-9)
    assert verdict_of(shown).text


@pytest.mark.parametrize("distribution", DISTRIBUTIONS.values())
def test_every_distribution(distribution):
    shown = Desk(objective="booth", distribution=distribution, n_steps=50, n_samples=50).show()
    assert shown is not None
    assert shown.estimate.sample.points.shape[1] == 2


def test_what_fails_leaves_a_sentence_and_the_next_thing_works():
    desk = Desk(objective="rosenbrock")
    assert desk.show() is not None
    desk.scene.basis = "hessian"
    assert desk.show() is not None
    desk.scene.basis = "exact"
    assert desk.show() is None
    assert desk.said["basis"].endswith(".")
    assert desk.said["basis"][0].isupper()
    desk.scene.basis = "egop"
    assert desk.show() is not None
    assert "basis" not in desk.said


def test_a_bad_formula_and_a_missing_method_say_so():
    desk = Desk(objective="formula", formula="x^2 + ")
    assert desk.show() is None
    assert desk.said["objective"]
    desk.scene.formula = "x^2 + y^2"
    assert desk.show() is not None
    assert not desk.said
    desk.scene.param.update(distribution="along_path", methods=[])
    assert desk.show() is None
    assert "method" in desk.said["distribution"]


def test_twenty_variables_say_how_much_the_picture_shows():
    desk = Desk(objective="logistic", dim=20, n_steps=100)
    shown = desk.show()
    assert shown.objective.dim == 20
    assert len(shown.pictures) == 2
    assert len(shown.in_planes) == len(shown.pairs)
    assert all("% of movement" in remark.share for remark in shown.remarks)
    assert desk.comparison.start_of(desk.scene)[:2] == pytest.approx(desk.scene.start)


def test_two_variables_draw_one_landscape_and_turn_it():
    desk = Desk(objective="rosenbrock")
    shown = desk.show()
    assert len(shown.pictures) == 1
    np.testing.assert_allclose(shown.planes[1].axes, shown.basis.eigenvectors, atol=1e-12)
    assert shown.remarks == [Remark(), Remark()]
    assert desk.show().pictures == []


def test_a_basis_chosen_while_another_objective_is_computed_stays():
    desk = Desk()
    desk.show()
    desk.scene.objective = "rosenbrock_4d"
    draft = Draft(desk.comparison, desk.scene.snapshot(), View())
    draft.compute()
    desk.scene.param.update(basis="leading", leading=3)
    draft.take_over(desk.scene)
    assert (desk.scene.basis, desk.scene.leading) == ("leading", 3)
    desk.scene.param.update(basis="dial", objective="tiny_network")
    desk.show()
    assert desk.scene.basis == "egop"  # which has no dial


def test_defaults_give_way_to_what_was_given_but_only_at_first():
    desk = Desk(objective="rosenbrock", start=(1.5, 1.5), scale=0.7)
    desk.show()
    assert desk.scene.start == (1.5, 1.5)
    assert desk.scene.scale == 0.7
    assert desk.scene.rates != Scene().rates
    desk.scene.objective = "booth"
    desk.show()
    assert desk.scene.start != (1.5, 1.5)
    assert desk.scene.scale != 0.7


def test_turning_a_quadratic_keeps_the_start():
    desk = Desk(objective="quadratic")
    desk.show()
    desk.scene.start = (1.0, 2.0)
    desk.scene.angle = 10.0
    desk.show()
    assert desk.scene.start == (1.0, 2.0)


def test_a_given_objective_replaces_the_choice():
    own = objectives.from_expression("x^4 + y^4", name="quartic")
    desk = Desk(own)
    shown = desk.show()
    assert shown.objective is own
    assert np.isfinite(shown.start).all()


def test_a_diverging_run_is_told_with_a_rate_that_would_not():
    shown = Desk(objective="booth", methods=["gradient_descent"],
                 rates={"gradient_descent": 100.0}).show()  # fmt: skip
    assert shown.pairs[0].original.diverged_at >= 0
    assert "diverge" in verdict_of(shown).text


def test_gradients_that_are_not_finite_are_counted_and_said():
    desk = Desk(objective="formula", formula="sqrt(x) + y^2", start=(1.0, 1.0))
    assert desk.show() is not None
    assert "points of ρ are left out" in desk.said["distribution"]


def test_the_windows_stay_under_the_hand_that_drags_in_them():
    desk = Desk(objective="rosenbrock", start=(-1.0, 1.0))
    desk.show()
    before = desk.comparison.figures.windows[0].half
    desk.scene.start = (-30.0, 1.0)
    shown = desk.show(steady=True)
    assert shown.windows[0].half == before
    assert shown.pictures == []
    shown = desk.show()
    assert shown.windows[0].half > 30
    assert len(shown.pictures) == 1
    desk.scene.objective = "booth"
    desk.show(steady=True)
    assert desk.comparison.figures.windows[0].half < 30


def fresh_basis(name):
    return Desk(objective=name, n_samples=200, n_steps=5).show().estimate.basis


@pytest.fixture(scope="module")
def bases():
    return {name: fresh_basis(name) for name in OBJECTIVES}


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_v1_belongs_to_the_largest_eigenvalue_whatever_was_visited_before(order, bases):
    desk = Desk(n_samples=200, n_steps=5)
    for name in OBJECTIVES[order]:
        desk.scene.objective = name
        shown = desk.show()
        V = shown.basis.eigenvectors
        gradients = shown.estimate.sample.gradients
        moments = V.T @ (gradients.T @ gradients / len(gradients)) @ V
        eigenvalues = shown.basis.eigenvalues
        np.testing.assert_allclose(moments, np.diag(eigenvalues), atol=1e-9 * eigenvalues[0])
        assert (np.diff(eigenvalues) <= 0).all()
        assert np.linalg.det(V) == pytest.approx(1.0)
        np.testing.assert_array_equal(V, bases[name].eigenvectors)  # as if it were opened first


def test_v1_of_the_ravine_lies_across_the_valley_and_is_the_right_figures_first_axis():
    desk = Desk()
    desk.show()
    desk.scene.objective = "ravine"
    shown = desk.show()
    objective, (across, along) = shown.objective, shown.basis.eigenvectors.T
    (bottom,) = objective.minimizer
    rises = [objective.value(bottom + 0.1 * axis) - objective.minimum for axis in (across, along)]
    assert rises[0] > 100 * rises[1]
    np.testing.assert_array_equal(shown.planes[1].axes, shown.basis.eigenvectors)


def test_a_slider_keeps_the_signs_of_the_basis_and_v1_jumps_where_the_eigenvalues_cross():
    desk = Desk(objective="quadratic", angle=0.0, n_steps=5)
    before = desk.show().basis.eigenvectors
    for angle in range(5, 361, 5):  # more than a turn of the axes
        desk.scene.angle = float((angle + 180) % 360 - 180)
        after = desk.show().basis.eigenvectors
        assert (before * after).sum(axis=0).min() > 0.9
        before = after
    desk.scene.param.update(condition_number=1.0, angle=0.0, elongation=2.0, tilt=0.0)
    along = desk.show().basis.eigenvectors[:, 0]
    desk.scene.tilt = 90.0
    assert abs(along @ desk.show().basis.eigenvectors[:, 0]) < 0.1


@pytest.mark.parametrize("seed", range(6))
def test_a_random_basis_turns_the_picture_and_never_mirrors_it(seed):
    shown = Desk(objective="booth", basis="random", seed=seed, n_steps=5).show()
    assert np.linalg.det(shown.basis.eigenvectors) == pytest.approx(1.0)


@pytest.mark.parametrize("basis", BASES.values())
def test_the_axes_are_called_v_only_where_they_are_eigenvectors_of_the_egop(basis):
    shown = Desk(objective="quadratic", basis=basis, n_steps=5).show()
    packet = Packet(5)
    contours = Contours("test")
    contours.pack_scene(packet, shown)
    sources = unpack(packet.to_bytes())[0]["sources"]
    expected = ["v₁", "v₂"] if basis in {"egop", "exact", "refreshed", "leading"} else ["z₁", "z₂"]
    for side in ("left", "right"):
        assert sources[f"{side}-axis-names"]["columns"]["text"] == expected
        colors = sources[f"{side}-axes"]["columns"]["color"]
        assert (colors == list(theme.EIGENVECTORS)) == (expected[0] == "v₁")


def test_a_scene_is_not_changed_by_its_comparison():
    desk = Desk()
    desk.show()
    desk.scene.objective = "rosenbrock"
    values = desk.scene.snapshot()
    before = vars(values).copy()
    shown = desk.comparison.show(values)
    assert vars(values) == before
    assert shown.scene.start == desk.comparison.defaults["start"] != values.start


def test_the_defaults_of_another_objective_are_drawn_once(monkeypatch):
    drawn = []
    draw = Explorer._draw
    monkeypatch.setattr(Explorer, "_draw", lambda self, shown: drawn.append(draw(self, shown)))
    explorer = Explorer()
    explorer.scene.objective = "rosenbrock"
    assert explorer.scene.start == (-1.2, 1.0)
    assert len(drawn) == 2
    explorer.scene.start = (0.5, 0.5)
    explorer.scene.start = (-1.2, 1.0)
    assert len(drawn) == 4
