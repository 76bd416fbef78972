"""Limits as text, and as a table."""

import pytest

from egop.limits import FIELDS, Limit, Limits, limits, read_limit, table, variable


@pytest.fixture(autouse=True)
def fresh():
    limits.cache_clear()
    yield
    limits.cache_clear()


def test_the_environment_replaces_defaults(monkeypatch):
    monkeypatch.setenv("EGOP_MAX_UNFINISHED_RUNS", "1, 2,3")
    monkeypatch.setenv(variable("result_megabytes"), "50")
    assert limits() == Limits(unfinished_runs=Limit(1, 2, 3), result_megabytes=50)


@pytest.mark.parametrize(
    "text", ["", "1", "1,2", "1,2,3,4", "a,b,c", "-1,2,3", "²,2,3", "9" * 9999]
)
def test_what_is_no_limit_is_one_short_sentence(text):
    with pytest.raises(ValueError, match="EGOP_MAX_PAGES takes whole numbers") as caught:
        read_limit("pages", text)
    assert len(str(caught.value)) < 250


def test_a_session_may_less_than_an_address_and_that_less_than_all():
    for name in FIELDS:
        limit = getattr(Limits(), name)
        if isinstance(limit, Limit):
            assert limit.session <= limit.address <= limit.total, name
            assert limit.address >= 50 or name == "uploads", name  # a class behind one address


def test_every_limit_is_in_the_table():
    for name in FIELDS:
        assert f"| `{name}` |" in table()
