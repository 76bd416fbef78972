"""Patches of Panel 1.9 for notebooks with several threads and without a network."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.models import ImportedStyleSheet, InlineStyleSheet, UIElement
from panel.io import notebook
from panel.io.model import diff
from panel.viewable import MimeRenderMixin, Renderable

from egop.ui.document import LOCK

_sheets: WeakKeyDictionary[Any, dict[str, InlineStyleSheet]] = WeakKeyDictionary()
"""The style sheets of each document, so that a text is sent once."""


def patch_panel() -> None:
    """Patches Panel, for the whole process; twice is as good as once.

    - JupyterLab has messages of each component handled in a thread of its own (a subshell), beside
      the thread that runs cells. Panel takes no lock: two threads mix the parts of their messages,
      and the browser understands neither.
    - Told to put style sheets inline, Panel does so for what is displayed first. What comes into it
      later, and each change of a pane, brings addresses of another host.
    """
    if getattr(notebook.send, "__wrapped__", None) is None:
        notebook.send = _locked(notebook.send)
        notebook.diff = _inlining_changes(diff)  # pyright: ignore[reportPrivateImportUsage]
        MimeRenderMixin._on_msg = _locked(MimeRenderMixin._on_msg)
        Renderable._preprocess = _inlining(Renderable._preprocess)


def _locked(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def one_at_a_time(*args: Any) -> Any:
        with LOCK:
            return function(*args)

    return one_at_a_time


def _inlining(preprocess: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(preprocess)
    def preprocess_and_inline(
        self: Any, root: Any, changed: Any = None, old_models: Any = None
    ) -> None:
        preprocess(self, root, changed, old_models)
        if pn.config.inline:
            models = {} if changed is None else changed._models
            model, _ = models.get(root.ref["id"], (root, None))
            inline_stylesheets(model.select({"type": UIElement}), root.document)

    return preprocess_and_inline


def _inlining_changes(diff: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(diff)
    def inline_and_diff(document: Any, *args: Any, **options: Any) -> Any:
        events = document.callbacks._held_events if pn.config.inline else ()
        changed = [each.model for each in events if getattr(each, "attr", "") == "stylesheets"]
        inline_stylesheets(changed, document)
        return diff(document, *args, **options)

    return inline_and_diff


def inline_stylesheets(models: Any, document: Any) -> None:
    """Replaces links to style sheets of the installed packages by their text."""
    known = {} if document is None else _sheets.setdefault(document, {})
    for model in models:
        sheets = [_inlined(sheet, known) for sheet in model.stylesheets]
        if sheets != model.stylesheets:
            model.stylesheets = sheets


def _inlined(sheet: Any, known: dict[str, Any]) -> Any:
    if not isinstance(sheet, ImportedStyleSheet):
        return sheet
    if sheet.url not in known:
        known[sheet.url] = notebook.replace_inline_css(sheet)
    return known[sheet.url]
