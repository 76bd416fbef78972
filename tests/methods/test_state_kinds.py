"""The table that says how each part of a method's state turns with the coordinates."""

from egop import methods
from egop.methods.rule import Rule
from egop.methods.state_kinds import (
    FIRST,
    OTHER,
    OUTER,
    SECOND,
    STATE_KINDS,
    loses_state,
    state_kinds,
)


def test_every_part_of_every_built_in_method_has_a_kind():
    parts = {part for rule in methods.RULES.values() for part in rule.state}
    assert parts <= set(STATE_KINDS)


def test_kinds_are_those_of_the_parts_in_their_order():
    assert state_kinds(methods.adam().rule) == (FIRST, SECOND)
    assert state_kinds(methods.full_adagrad().rule) == (OUTER,)
    assert state_kinds(Rule(abs, state=("buffer", "temperature"))) == (FIRST, OTHER)


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
