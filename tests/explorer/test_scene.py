"""The scene's values: points that are typed, settings that are given, rates and schedules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop.explorer.scene import Scene
from egop.explorer.scene_settings import check_settings
from egop.explorer.typed_values import read_point

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite, st.sampled_from(["{}, {}", "({}; {})", "{} {}", " {},{} "]))
def test_points_are_read_as_people_write_them(x, y, form):
    assert read_point(form.format(x, y)) == (x, y)


def test_a_minus_sign_is_a_minus():
    assert read_point("−3, 4") == (-3.0, 4.0)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "1, a", "nan, 1", "inf, 0", "1,,2"])
def test_what_is_no_point_is_said_in_one_sentence(text):
    with pytest.raises(ValueError, match=r"^A point takes 2 numbers such as 60, 80; got “.*”\.$"):
        read_point(text)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_step": 3}, "no setting 'n_step'.*n_steps"),
        ({"objective": "rosenbrok"}, "no 'rosenbrok'.*rosenbrock"),
        ({"methods": ["adam", "adagrd"]}, "no 'adagrd'.*adagrad"),
        ({"basis": "egopp"}, "no 'egopp'.*egop"),
        ({"distribution": "gausian"}, "no 'gausian'.*gaussian"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_settings(settings)


def test_known_settings_pass():
    check_settings({"objective": "booth", "methods": ["adam"], "n_steps": 3, "start": (1, 2)})


def test_rates_apart_in_the_basis():
    scene = Scene(methods=["adam", "adamax"], rates={"adam": 2.0}, rotated_rates={"adam": 5.0})
    assert scene.rates_of_methods() == {"adam": 2.0}
    assert scene.rates_of_methods(rotated=True) == {"adam": 5.0}


def test_the_schedule_changes_the_rates_at_the_step():
    for unchanged in (Scene(n_steps=10), Scene(n_steps=10, change_step=10)):
        np.testing.assert_array_equal(unchanged.schedule(), np.ones(10))
    factors = Scene(n_steps=10, change_step=4, change_factor=0.5).schedule()
    np.testing.assert_array_equal(factors, [1.0] * 4 + [0.5] * 6)


def test_the_formula_counts_only_where_it_is_the_objective():
    assert Scene(formula="x^2+y^2").problem() == Scene().problem()
    assert Scene(objective="formula", formula="x^2+y^2").problem() != (
        Scene(objective="formula").problem()
    )
