"""The drawing of the table of methods and rotations."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from egop import theme
from egop.figures.equivariance import conditions_of, equivariance_svg
from egop.methods import METHODS, equivariance_table

DRAWING = Path(__file__).resolve().parents[2] / "docs/equivariance.svg"


def texts(svg):
    return [each.text for each in ET.fromstring(svg).iter() if each.tag.endswith("text")]


def test_the_drawing_of_the_documents_is_of_the_methods_there_are():
    assert DRAWING.read_text(encoding="utf-8") == equivariance_svg(equivariance_table())


def test_every_method_stands_in_it_by_its_name_with_four_cells():
    svg = equivariance_svg(equivariance_table())
    assert {theme.label(name) for name in METHODS} <= {*texts(svg)}
    assert len(re.findall(r'class="cell', svg)) == 4 * len(METHODS)


def test_methods_of_this_package_have_a_name_and_a_color_of_their_own():
    assert [name for name in METHODS if name not in theme.METHODS] == []


def test_settings_of_one_method_are_rows_of_different_colors():
    settings = [f"galore(rank={rank})" for rank in range(1, 7)]
    svg = equivariance_svg(equivariance_table(["adam", *settings]))
    assert [f"GaLore, rank {rank}" in texts(svg) for rank in range(1, 7)] == [True] * 6
    assert len(set(re.findall(r'width="5".*?fill="(#\w+)"', svg))) == 6  # Adam's, and five others


def test_a_condition_is_numbered_and_told_once():
    rows = {
        "one": dict.fromkeys(("left", "right", "kronecker"), "once L < R") | {"whole": "changed"},
        "two": dict.fromkeys(("left", "right", "kronecker", "whole"), "unchanged"),
    }
    assert conditions_of(rows) == ["once L < R"]
    said = texts(equivariance_svg(rows))
    assert said.count("same path if ¹") == 3
    assert said.count("¹ once L < R") == 1
