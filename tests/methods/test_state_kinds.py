"""The table that says how each part of a method's state turns with the coordinates."""

from egop import methods
from egop.methods.rule import Rule
from egop.methods.state_kinds import FIRST, OTHER, OUTER, SECOND, STATE_KINDS, state_kinds


def test_every_part_of_every_built_in_method_has_a_kind():
    parts = {part for rule in methods.RULES.values() for part in rule.state}
    assert parts <= set(STATE_KINDS)


def test_kinds_are_those_of_the_parts_in_their_order():
    assert state_kinds(methods.adam().rule) == (FIRST, SECOND)
    assert state_kinds(methods.full_adagrad().rule) == (OUTER,)
    assert state_kinds(Rule(abs, state=("buffer", "temperature"))) == (FIRST, OTHER)
