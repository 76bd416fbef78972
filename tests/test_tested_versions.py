"""Versions of patched packages: tested ones are patched, others left alone and named once."""

import logging
from types import SimpleNamespace

import pytest

from egop import compilation, tested_versions
from egop.objectives import quadratic

WITHOUT = "Nothing is lost here"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    """A function that sets which version of every package is found."""
    tested_versions._warn.cache_clear()
    yield lambda found: monkeypatch.setattr(tested_versions, "version", lambda _: found)
    tested_versions._warn.cache_clear()


@pytest.mark.parametrize("found", ["1.9.0", "1.9.4", "1.10.0", "1.10.7rc1"])
def test_tested_versions_are_patched(installed, found: str, caplog: pytest.LogCaptureFixture):
    installed(found)
    assert tested_versions.can_patch("panel", WITHOUT, (str, "upper"))
    assert not caplog.records


@pytest.mark.parametrize("found", ["1.8.10", "1.11.0", "2.0.0"])
def test_others_are_left_alone_and_named_once(installed, found, caplog):
    installed(found)
    with caplog.at_level(logging.WARNING):
        assert not tested_versions.can_patch("panel", WITHOUT)
        assert not tested_versions.can_patch("panel", WITHOUT)
    (record,) = caplog.records
    assert record.getMessage() == (
        f"egop was tested with panel from 1.9 to below 1.11; this is {found}. {WITHOUT}. "
        'To mend it: pip install "panel>=1.9,<1.11".'
    )


def test_insides_that_have_moved_are_named(installed, caplog):
    installed("1.9.9")
    with caplog.at_level(logging.WARNING):
        assert not tested_versions.can_patch("panel", WITHOUT, (SimpleNamespace(), "send"))
    assert "this is 1.9.9, without send." in caplog.text


def test_another_numba_compiles_without_a_cache_on_disk(installed, monkeypatch, caplog):
    installed("0.99.0")
    with caplog.at_level(logging.WARNING):
        assert compilation.disk_cache.__wrapped__() is None
    assert "this is 0.99.0" in caplog.text
    monkeypatch.setattr(compilation, "disk_cache", lambda: None)
    function = quadratic(condition_number=4.0, angle=0.0).kernel.function
    kernel = compilation.FunctionKernel(function)
    assert kernel.address
    double = compilation.compiled(lambda x: 2.0 * x)
    assert double(1.5) == 3.0
