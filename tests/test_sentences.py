"""Templates are plain data that any engine can fill, and each of them is in use."""

import json
import re
from pathlib import Path

import pytest

import egop
from egop.sentences import TEMPLATES, as_sentence, fill, steps

SOURCES = Path(egop.__file__).parent


def test_templates_are_words_and_names_in_braces_only():
    assert json.loads(json.dumps(TEMPLATES)) == TEMPLATES
    for name, template in TEMPLATES.items():
        rest = re.sub(r"\{[a-z_]+\}", "", template)
        assert "{" not in rest, name
        assert "}" not in rest, name


def test_every_template_is_used():
    text = "".join(
        path.read_text()
        for pattern in (
            "*.py",
            "analysis/**/*.py",
            "distributions/**/*.py",
            "explorer/**/*.py",
            "networks/*.py",
            "lab/**/*.py",
        )
        for path in SOURCES.glob(pattern)
        if path.name != "sentences.py"
    )
    text += (SOURCES / "sentences.py").read_text().partition("def fill")[2]
    composed = re.findall(r"""fill\(f"([^"]*)\"""", text)  # fill(f"times {nearer}", …)
    patterns = [re.sub(r"\\\{.*?\\\}", ".+", re.escape(name)) for name in composed]
    unused = [
        name
        for name in TEMPLATES
        if not re.search(f"[\"']{re.escape(name)}[\"']", text)
        and not any(re.fullmatch(pattern, name) for pattern in patterns)
    ]
    assert unused == []


def test_values_are_written_by_one_rule():
    said = fill("above", gap=1.23456e-5, level="the minimum")
    assert said == "1.2×10⁻⁵ above the minimum"
    assert (steps(1), steps(12345)) == ("1 step", "12,345 steps")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("f is not defined at the start", "f is not defined at the start."),
        ("x*log(y) or its gradient is not finite.", "x*log(y) or its gradient is not finite."),
        ("log(x) is not finite", "log(x) is not finite."),
        ("a number is missing", "A number is missing."),
        ("rate takes a number", "Rate takes a number."),
        ("Adam's rate takes a number", "Adam's rate takes a number."),
        ("only a quadratic has one", "Only a quadratic has one."),
    ],
)
def test_a_sentence_starts_with_a_capital_letter_but_for_formulas(error, sentence):
    assert as_sentence(error) == sentence
