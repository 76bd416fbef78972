"""The table that says how each part of a method's state turns with the coordinates."""

from egop import methods
from egop.methods.rule import MatrixRule, Rule
from egop.methods.state_kinds import (
    FIRST,
    LEFT,
    OF_ENTRIES,
    OTHER,
    OUTER,
    RIGHT,
    SECOND,
    SHORTER,
    STATE_KINDS,
    loses_state,
    state_kinds,
)


def test_every_part_of_every_built_in_method_has_a_kind():
    parts = {part for rule in methods.RULES.values() for part in rule.state}
    assert parts <= set(STATE_KINDS)


def test_kinds_are_those_of_the_parts_in_their_order():
    assert state_kinds(methods.adam()) == (FIRST, SECOND)
    assert state_kinds(methods.full_adagrad()) == (OUTER,)
    assert kinds_of(Rule(abs, state=("buffer", "temperature"))) == (FIRST, OTHER)


def kinds_of(rule):
    return state_kinds(methods.Method("own", 0.1, methods.adam().hyperparameters, rule))


def sides(shape, h):
    """The shapes of sums over rows and over columns."""
    return tuple((n, n) for n in shape)


def products(shape, h):
    """The shape of a sum of outer products."""
    return ((*shape, *shape),)


def test_a_name_has_its_kind_where_the_part_has_a_shape_of_it():
    assert kinds_of(MatrixRule(abs, state=("left", "right"), shapes=sides)) == (LEFT, RIGHT)
    assert kinds_of(MatrixRule(abs, state=("gram", "mean"), shapes=sides)) == (SHORTER, OTHER)
    assert kinds_of(MatrixRule(abs, state=("right", "left"), shapes=sides)) == (OTHER, OTHER)
    assert kinds_of(Rule(abs, state=("outer_products",), shapes=products)) == (OUTER,)
    assert kinds_of(MatrixRule(abs, state=("outer_products",), shapes=products)) == (OTHER,)
    for kind in (Rule, MatrixRule):
        names = [name for name, known in STATE_KINDS.items() if known not in OF_ENTRIES]
        assert {*kinds_of(kind(abs, state=names))} == {OTHER}


NEVER_TURNED = {"adafactor", "aro", "conda", "cosmos", "dasgo", "galore", "vector_adam"}
OF_SIDES = {
    "accumulating_asgo", "asgo", "kl_shampoo", "kl_soap", "one_sided_shampoo", "shampoo", "soap",
    "splus",
}  # fmt: skip


def test_it_is_told_which_methods_begin_anew():
    made = {name: methods.method(name) for name in methods.METHODS}
    assert {name for name, each in made.items() if loses_state(each)} == NEVER_TURNED | OF_SIDES
    assert {name for name, each in made.items() if loses_state(each, True)} == NEVER_TURNED
    assert loses_state(methods.soap(sides="shorter"), kronecker=True)
    own = methods.from_update("own", lambda g, s, x, p, h: (g, 1.0, s), state=("temperature",))
    assert loses_state(own)
