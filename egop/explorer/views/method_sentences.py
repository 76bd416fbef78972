"""Sentences about methods as a list in HTML, each behind the color of its method."""

from collections.abc import Iterable
from html import escape

from egop import theme
from egop.explorer.glossary import STYLE as TERM_STYLE
from egop.ui.layout import HINT

SENTENCES = (
    HINT
    + TERM_STYLE
    + """
:host { overflow: auto; font: 12.5px/1.35 system-ui, sans-serif; }
@media (max-width: 900px) { :host { overflow: visible; } }
ul { list-style: none; margin: 2px 0 4px; padding: 0; }
h4 { margin: 0 0 3px; font-size: 13.5px; }
p { margin: 4px 0 0; opacity: 0.85; }
li { position: relative; padding-left: 14px; margin-bottom: 3px; }
li i { position: absolute; left: 0; top: 0.2em; width: 5px; height: 1em; border-radius: 2px; }
dl { display: grid; grid-template-columns: auto auto; gap: 2px 12px; margin: 0; opacity: 0.85; }
dl div { display: flex; gap: 5px; }
dt { order: 2; }
dd { margin: 0; font-weight: 600; }
"""
)


def list_by_method(sentences: Iterable[tuple[str, str]]) -> str:
    """The list of sentences, given as (method, sentence)."""
    items = "".join(
        f'<li><i style="background:{theme.color(method)}"></i>{escape(sentence)}</li>'
        for method, sentence in sentences
    )
    return f"<ul>{items}</ul>"
