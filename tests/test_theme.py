"""Line styles by basis, also of bases whose names are labels of one's own."""

from itertools import combinations

import numpy as np
import pytest

from egop import theme

SEEN_BY = {
    "most people": np.eye(3),
    "deuteranopes": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopes": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}  # fmt: skip
"""Linear RGB as people see it, after Machado, Oliveira and Fernandes (2009)."""
TO_XYZ = [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]


def linear(color: str) -> np.ndarray:
    """Linear RGB, (3,) from 0 to 1."""
    share = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(color: str, seen_by: str = "most people") -> np.ndarray:
    """CIELAB, in which a distance of 2 is just seen where colors touch."""
    seen = np.clip(np.array(SEEN_BY[seen_by]) @ linear(color), 0, 1)
    x, y, z = np.cbrt(np.maximum(np.array(TO_XYZ) @ seen / [0.9505, 1.0, 1.0888], 0.0089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2."""
    low, high = sorted(linear(each) @ [0.2126, 0.7152, 0.0722] for each in (first, second))
    return float((high + 0.05) / (low + 0.05))


def over(color: str, ground: str, alpha: float) -> str:
    """A color with an opacity over a ground."""
    pairs = zip(
        *([int(c[at : at + 2], 16) for at in (1, 3, 5)] for c in (color, ground)), strict=True
    )
    return "#" + "".join(f"{round(alpha * a + (1 - alpha) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize(
    ("seen_by", "least"), [("most people", 25), ("deuteranopes", 12), ("protanopes", 12)]
)
def test_methods_with_one_marker_have_colors_that_are_told_apart(seen_by, least):
    for first, second in combinations(theme.METHODS.values(), 2):
        if first.marker == second.marker:
            apart = np.linalg.norm(lab(first.color, seen_by) - lab(second.color, seen_by))
            assert apart >= least, (first.label, second.label)


def test_no_two_methods_have_one_color_or_one_name():
    looks = [*theme.METHODS.values()]
    assert len({each.color for each in looks} | {*theme.OTHER_COLORS}) == len(looks) + 5
    assert len({each.label for each in looks}) == len(looks)


def test_names_that_are_not_in_the_table_have_many_looks():
    names = [f"mine_{k}" for k in range(400)]
    looks = {(theme.color(name), theme.marker(name)) for name in names}
    assert looks == {(c, m) for c in theme.OTHER_COLORS for m in theme.OTHER_MARKERS}


def test_methods_of_one_picture_have_looks_of_their_own():
    """GaLore of rank 4 and SOAP after three gradients once looked the same."""
    names = ["adam", "galore(rank=4)", "soap(warm_up=3)", *(f"mine_{k}" for k in range(18))]
    looks = theme.method_looks(names)
    assert [*looks] == names
    assert len({(each.color, each.marker) for each in looks.values()}) == len(names)
    assert looks["adam"] == theme.METHODS["adam"]
    first = looks["galore(rank=4)"]
    assert (first.color, first.marker) == (theme.color(names[1]), theme.marker(names[1]))
    assert len(theme.method_looks([f"mine_{k}" for k in range(30)])) == 30


@pytest.mark.parametrize("page", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_the_page(page):
    for ground in (page["background"], page["surface"]):
        for name in ("text", "muted", "accent", "warning", "error"):
            assert contrast(page[name], ground) >= 4.5
        assert contrast(over(page["text"], ground, 0.8), ground) >= 4.5  # as facts are written
    for look in theme.METHODS.values():
        assert contrast(look.color, page["background"]) >= 3


def test_bases_with_labels_of_ones_own_have_dashes_of_their_own():
    names = ["original", "mine", "egop", "yours", "third", "mine"]
    found = theme.basis_dashes(names)
    assert list(found) == ["original", "mine", "egop", "yours", "third"]
    assert len({*found.values()}) == 5
    assert found["egop"] == theme.BASIS_DASHES["egop"]


def test_no_two_bases_of_the_table_look_the_same():
    dashes = [*theme.BASIS_DASHES.values(), *theme.OTHER_DASHES]
    assert len({*dashes}) == len(dashes)
    assert theme.BASIS_LABELS.keys() == theme.BASIS_DASHES.keys()
    assert len({*theme.BASIS_LABELS.values()}) == len(theme.BASIS_LABELS)
