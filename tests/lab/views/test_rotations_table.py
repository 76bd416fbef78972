"""The table of rotations in an open run."""

import re

import pytest

import egop.lab
from egop.methods import equivariance_table
from tests.lab.fakes import result

pytestmark = pytest.mark.filterwarnings("ignore")


def cells(html, label):
    (row,) = (row for row in re.findall("<tr>.*?</tr>", html) if f"</i>{label}<" in row)
    return re.findall(r'<td class="\w+ path">([^<]*)</td>', row)


def opened(**names):
    return egop.lab.open(result().assign_coords(names)).dashboard


def test_an_open_run_tells_which_rotations_matter_to_its_methods():
    dashboard = opened(optimizer=["muon", "adam"], basis=["original", "kronecker"])
    html = dashboard.rotations.html
    assert cells(html, "Muon") == ["same path"] * 3 + ["another path"]
    assert cells(html, "Adam") == ["another path"] * 4
    assert "Muon takes the same path in Kronecker EGOP as in original coordinates." in html


def test_a_condition_is_told_below_the_table():
    html = opened(optimizer=["soap", "adam"], basis=["original", "kronecker"]).rotations.html
    assert cells(html, "SOAP") == [*(f"same path if {mark}" for mark in "¹²³"), "another path"]
    for mark, kind in zip("¹²³", ("left", "right", "kronecker"), strict=True):
        assert f"<p>{mark} {equivariance_table()['soap'][kind]}</p>" in html


def test_methods_that_are_not_known_have_no_row():
    dashboard = opened(optimizer=["one of mine", "another of mine"])
    assert dashboard.rotations.html == ""


def test_a_method_with_options_has_its_row():
    html = opened(
        optimizer=["galore(rank=4)", "galore(rank=nothing)"], basis=["original", "rows"]
    ).rotations.html
    assert cells(html, "GaLore, rank 4")[2:] == ["another path"] * 2
    assert html.count("</i>") == 1
    assert "GaLore, rank 4 takes the same path in EGOP of the rows as" in html
