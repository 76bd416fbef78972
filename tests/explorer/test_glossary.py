"""The legend, the explanations behind its words, and what a screen reader says of figures."""

import re

import pytest
from bokeh.plotting import figure

from egop import theme
from egop.explorer import Explorer
from egop.explorer.glossary import TERMS, explained
from egop.explorer.scene import Scene
from egop.ui.figure_text import describe, make_readable, plain, text_of
from egop.ui.figures import plain_figure

ASKED = [
    "ρ", "c", "M", "v₁", "λ", "sr", "β", "light", "star", "squares", "tolerance", "A1", "EGOP",
    "dashed", "solid", "R_med",
]  # fmt: skip


def explained_in(html: str) -> set[str]:
    return set(re.findall(r'data-explanation="([^"]*)"', html))


@pytest.mark.parametrize("term", ASKED)
def test_every_term_and_mark_is_explained_in_a_sentence(term: str):
    assert len(TERMS[term].split()) >= 6
    assert TERMS[term].endswith((".", "…", ")"))


def test_egop_is_spelled_out():
    assert "expected gradient outer product" in TERMS["EGOP"]
    assert "expected gradient outer product" in TERMS["basis"]
    assert "expected gradient outer product" in Explorer(methods=["adam"])._figures.legend.html


def test_a_term_can_be_reached_by_keys_and_says_its_explanation():
    html = explained("a < b", 'x "y"')
    assert 'tabindex="0"' in html
    assert 'aria-label="a &lt; b"' in html
    assert 'aria-description="x &quot;y&quot;"' in html
    assert html.endswith(">a &lt; b</span>")


def test_the_legend_shows_color_marker_and_dash_and_follows_the_scene():
    explorer = Explorer(methods=["adagrad", "adam", "momentum"])
    html = explorer._figures.legend.html
    for name in ("adagrad", "adam", "momentum"):
        assert theme.color(name) in html
        assert theme.label(name) in html
    dashes = " ".join(map(str, theme.ORIGINAL_DASH))
    assert f'stroke-dasharray="{dashes}"' in html
    assert "EGOP axes" in plain(html)
    told = " ".join(explained_in(html))
    for term in ("start", "star", "squares", "ρ", "v₁", "v₂", "arrived", "best", "tolerance"):
        assert TERMS[term] in told
    explorer.scene.param.update(methods=["adam"], basis="hessian")
    assert "Adagrad" not in explorer._figures.legend.html
    assert "Hessian axes" in plain(explorer._figures.legend.html)


def test_the_legend_names_no_mark_that_is_not_drawn():
    explorer = Explorer(basis="random")
    assert "z₁, z₂" in plain(explorer._figures.legend.html)
    assert "v₁" not in plain(explorer._figures.legend.html)
    explorer.scene.param.update(basis="egop", objective="saddle")
    assert "v₁" in plain(explorer._figures.legend.html)
    assert "z₁, z₂" not in plain(explorer._figures.legend.html)
    assert "minimum" not in plain(explorer._figures.legend.html)


def test_the_numbers_of_the_overview_and_of_why_are_explained():
    explorer = Explorer()
    told = explained_in(explorer._tabs.built[0]._sentences.html)
    assert {TERMS["sr"], TERMS["β"], TERMS["gap"]} <= told
    line = explorer._tabs.built[0].spectrum._line.object
    assert TERMS["λ"] in explained_in(line)
    assert any(TERMS["light"] in each for each in explained_in(line))


@pytest.mark.parametrize("name", ["distribution", "scale", "n_samples", "basis", "start"])
def test_the_controls_explain_what_their_labels_only_name(name: str):
    assert Scene.param[name].doc in TERMS.values()


def test_a_figure_says_its_name_and_what_it_shows():
    fig = plain_figure()
    make_readable(fig, "Curves")
    describe(fig, "Adam ends at 0.")
    assert text_of(fig).tags == ["Curves", "Adam ends at 0."]
    assert not fig.tags  # a change of the figure itself would paint all of it anew
    assert len(text_of(fig).js_property_callbacks["change:tags"]) == 1


def test_the_contours_follow_the_scene_in_words():
    explorer = Explorer(objective="rosenbrock")
    left, right = explorer._figures.contours.left, explorer._figures.contours.right
    assert "Start at x₁ = " in text_of(left).tags[1]
    assert "Start at z₁ = " in text_of(right).tags[1]
    assert "Minimum at x₁ = 1, x₂ = 1." in text_of(left).tags[1]
    before = text_of(left).tags[1]
    explorer.scene.start = (0.5, 1.5)
    assert "Start at x₁ = 0.5, x₂ = 1.5." in text_of(left).tags[1] != before
    assert "λ1 = " in text_of(explorer._tabs.built[0].spectrum.bars.figure).tags[1]


def test_every_figure_of_every_tab_has_a_name():
    explorer = Explorer()
    figures = [
        explorer._figures.contours.left, explorer._figures.contours.right,
        *(model for tab in explorer.tabs for model in tab.view.get_root().select({"type": figure})),
    ]  # fmt: skip
    assert len(figures) >= 10
    assert all(text_of(fig).tags[0] for fig in figures)
