"""Methods made of one's own update: run everywhere, found by name, and refused in one sentence."""

import numpy as np
import pytest

from egop import method_run, methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods.adaptive import Adam
from egop.methods.matrices import polar
from egop.methods.method import Method, Rule
from egop.objectives import from_functions, quadratic
from egop.sweep import Sweep

HESSIAN = np.array([[5.0, 2.0], [2.0, 1.5]])
OBJECTIVE = quadratic(HESSIAN)
IN_NUMPY = from_functions(
    lambda x: 0.5 * np.einsum("...i,ij,...j", x, HESSIAN, x), lambda x: x @ HESSIAN, dim=2
)
BASIS = Eigenbasis.from_matrix(HESSIAN)
START = np.array([2.0, -1.0])


def lion_update(gradient, state, point, powers, h):
    (mean,) = state
    direction = methods.sign(h.beta1 * mean + (1 - h.beta1) * gradient)
    return direction, 1.0, (h.beta2 * mean + (1 - h.beta2) * gradient,)


def lion(name="my_lion", **kwargs):
    given = {"state": ("mean",), "learning_rate": 0.05, "beta1": 0.9, "beta2": 0.99} | kwargs
    return methods.from_update(name, lion_update, **given)


def lion_by_hand(steps, rate=0.05, beta1=0.9, beta2=0.99):
    points, mean = [START], np.zeros(2)
    for _ in range(steps):
        gradient = HESSIAN @ points[-1]
        points.append(points[-1] - rate * np.sign(beta1 * mean + (1 - beta1) * gradient))
        mean = beta2 * mean + (1 - beta2) * gradient
    return np.array(points)


@pytest.mark.parametrize("objective", [OBJECTIVE, IN_NUMPY], ids=["compiled", "general"])
def test_an_own_rule_runs_in_both_loops(objective, monkeypatch):
    other = "run_general" if objective is OBJECTIVE else "run_compiled"
    monkeypatch.delattr(method_run, other)
    np.testing.assert_allclose(run(objective, lion(), START, 40).points, lion_by_hand(40))


def test_an_own_rule_runs_in_a_basis_and_in_a_sweep():
    rates = np.array([0.01, 0.05])
    sweep = Sweep(OBJECTIVE, lion(), [None, BASIS], START, rates, n_steps=30).finish()
    for row, basis in enumerate([None, BASIS]):
        for column, rate in enumerate(rates):
            path = run(OBJECTIVE, lion().with_learning_rate(rate), START, 30, basis=basis)
            assert sweep.final_values[row, column] == path.final_value
    assert sweep.final_values[0, 1] == pytest.approx(OBJECTIVE.value(lion_by_hand(30)[-1]))


def plain_update(gradient, state, point, powers, h):
    return gradient, 1.0, state


def doubled_update(gradient, state, point, powers, h):
    return 2 * gradient, 1.0, state


def test_the_rule_decides_not_the_type_of_the_hyperparameters():
    own = [Method("mine", 0.05, Adam(), Rule(u)) for u in (plain_update, doubled_update)]
    for method, rate in zip(own, (0.05, 0.1), strict=True):
        path = run(OBJECTIVE, method, START, 20)
        expected = run(OBJECTIVE, methods.gradient_descent(rate), START, 20)
        np.testing.assert_allclose(path.points, expected.points, atol=1e-12)


def test_a_rule_by_hand_may_come_with_lists():
    rule = Rule(plain_update, state=[], initial=[])
    path = run(OBJECTIVE, Method("mine", 0.05, Adam(), rule), START, 5)
    assert path.final_value < OBJECTIVE.value(START)


def five_parts_update(gradient, state, point, powers, h):
    a, b, c, d, count = state
    return gradient + 0 * (a + b + c + d), h.scale + 0 * count, (a, b, c, gradient, count + 1)


def test_a_state_of_many_parts_starts_where_it_is_told():
    method = methods.from_update(
        "many", five_parts_update, state=tuple("abcde"), initial=(1, 2, 3, 4, 0), scale=2.0
    )
    assert method.initial_state == (1.0, 2.0, 3.0, 4.0, 0.0)
    path = run(OBJECTIVE, method.with_learning_rate(0.2), START, 20)
    expected = run(OBJECTIVE, methods.gradient_descent(0.1), START, 20)
    np.testing.assert_allclose(path.points, expected.points, atol=1e-12)


def unusual_update(gradient, state, point, powers, h):
    return np.array(np.asarray(gradient).tolist()), 1.0, state


def test_a_rule_that_does_not_compile_runs_and_says_why_once():
    method = methods.from_update("unusual", unusual_update, learning_rate=0.05)
    with pytest.warns(UserWarning, match="unusual_update does not compile.*slower: .*") as caught:
        path = run(OBJECTIVE, method, START, 20)
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    assert caught[0].filename == __file__
    run(OBJECTIVE, method, START, 20)  # an error if it warned again
    expected = run(OBJECTIVE, methods.gradient_descent(0.05), START, 20)
    np.testing.assert_allclose(path.points, expected.points, atol=1e-12)


def list_update(gradient, state, point, powers, h):
    return gradient, 1.0, [state[0] + gradient]


def choosing_update(gradient, state, point, powers, h):
    return np.where(gradient > 0, gradient, 1.0 * gradient), 1.0, state


def array_update(gradient, state, point, powers, h):
    return [gradient, 1.0, state]


@pytest.mark.parametrize(
    ("update", "state"),
    [(list_update, ("sum",)), (choosing_update, ("sum",)), (array_update, ())],
)
def test_a_rule_that_returns_no_numbers_for_numbers_runs_in_numpy(update, state):
    method = methods.from_update("odd", update, state=state, learning_rate=0.05)
    with pytest.warns(UserWarning, match="does not compile.*slower: ") as caught:
        path = run(OBJECTIVE, method, START, 20)
    assert len(str(caught[0].message)) < 250
    expected = run(OBJECTIVE, methods.gradient_descent(0.05), START, 20)
    np.testing.assert_allclose(path.points, expected.points, atol=1e-12)


def coupled_update(gradient, state, point, powers, h):
    return gradient, (gradient * gradient).sum(-1)[..., None] ** 0.5, state


def test_a_rule_that_couples_coordinates_says_so():
    with pytest.raises(ValueError, match="couples coordinates; say so by elementwise=False"):
        methods.from_update("unit", coupled_update)
    method = methods.from_update("unit", coupled_update, elementwise=False, learning_rate=0.25)
    moved = np.linalg.norm(np.diff(run(OBJECTIVE, method, START, 5).points, axis=0), axis=-1)
    np.testing.assert_allclose(moved, 0.25)


def test_its_name_stands_for_it():
    made = lion("named_lion")
    assert methods.method("named_lion").learning_rate == 0.05
    changed = methods.method("named_lion", 0.2, beta1=0.5)
    assert (changed.learning_rate, changed.hyperparameters.beta1) == (0.2, 0.5)
    assert changed.rule == made.rule
    assert "named_lion" in methods.names()
    assert "named_lion" not in methods.METHODS
    lion("named_lion", beta1=0.7)
    assert methods.method("named_lion").hyperparameters.beta1 == 0.7


def branching_update(gradient, state, point, powers, h):
    return (gradient if gradient > 0 else -gradient), 1.0, state


def mixing_update(gradient, state, point, powers, h):
    return gradient / np.linalg.norm(gradient), 1.0, state


def changing_update(gradient, state, point, powers, h):
    gradient *= 2
    return gradient, 1.0, state


@pytest.mark.parametrize(
    ("arguments", "kwargs", "words"),
    [
        (("adam", lion_update), {}, "'adam' is a method of egop"),
        (("my lion", lion_update), {}, "letters, digits and underscores"),
        (("mine", 3), {}, "takes a function update"),
        (("mine", lambda gradient: gradient), {}, r"got update\(gradient\)"),
        (("mine", lambda *_: (1.0, 1.0)), {}, "not enough values"),
        (("mine", branching_update), {}, "maximum, sign and where"),
        (("mine", mixing_update), {"elementwise": False}, "for two runs at once"),
        (("mine", changing_update), {}, "read-only"),
        (("mine", lion_update), {"beta1": 0.9, "beta2": 0.9}, "not enough values to unpack"),
        (("mine", lion_update), {"state": "mean", "beta1": 2}, "beta1 at least 0 and below 1"),
        (("mine", lion_update), {"state": "mean", "beta1": "x"}, "finite numbers as hyperpar"),
        (("mine", plain_update), {"state": "m", "initial": (1, 2)}, "initial numbers: 2"),
        (("mine", plain_update), {"state": "m", "initial": "x"}, "takes initial numbers"),
        (("mine", plain_update), {"learning_rate": -1}, "finite and at least 0"),
    ],
)
def test_bad_updates_are_refused_in_one_sentence(arguments, kwargs, words):
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        methods.from_update(*arguments, **kwargs)
    assert "\n" not in str(caught.value)
    assert methods.registered("mine") is None


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        (methods.muon(), {"momentum": 1.5}),
        (methods.adagrad(), {"eps": -1.0}),
        (methods.soap(), {"refresh": 0}),
        (methods.muon(), {"scale": "large"}),
    ],
)
def test_changes_are_held_to_what_a_method_takes(method, changes):
    with pytest.raises(ValueError, match=rf"{method.name} takes {next(iter(changes))}"):
        method.changed(**changes)


@pytest.mark.parametrize("elementwise", [True, False])
@pytest.mark.parametrize(
    "update",
    [
        lambda g, s, x, step, h: (g @ g.mT @ g, 1.0, s),
        lambda g, s, x, step, h: (polar(s[0] + g) / (1 - 0.9**step), 1.0, (s[0] + g,)),
    ],
)
def test_a_rule_for_matrices_is_told_where_it_belongs(update, elementwise):
    state = ("mean",) if "polar" in update.__code__.co_names else ()
    with pytest.raises(ValueError, match=r"takes matrices .*MatrixRule\(update\)"):
        methods.from_update("of_matrices", update, state=state, elementwise=elementwise)


def test_rules_that_are_none_for_matrices_are_told_something_else():
    rows = {"update": lambda g, s, x, p, h: (g * g.sum(-1)[..., None], 1.0, s)}
    counts = {"update": lambda g, s, x, p, h: (g / (1 - 0.9**p), 1.0, s)}
    for given, words in ((rows, "say so by elementwise=False"), (counts, "failed on arrays")):
        with pytest.raises(ValueError, match=words):
            methods.from_update("of_vectors", **given)
