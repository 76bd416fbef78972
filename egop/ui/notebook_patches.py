"""Patches of Panel for notebooks with several threads and without a network."""

from collections.abc import Callable, MutableMapping
from contextlib import nullcontext
from functools import cache, wraps
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import panel as pn
from bokeh.models import ImportedStyleSheet, InlineStyleSheet
from panel.io import notebook
from panel.io.resources import CDN_DIST, LOCAL_DIST
from panel.io.state import set_curdoc
from panel.reactive import Reactive, Syncable
from panel.viewable import MimeRenderMixin

from egop.tested_versions import can_patch
from egop.ui.document import LOCK
from egop.ui.shown_cells import forget, has_ended, note_display

_sheets: WeakKeyDictionary[Any, WeakValueDictionary[str, InlineStyleSheet]] = WeakKeyDictionary()
"""The style sheets of each document, so that a text is sent once; held by what has them alone."""


@cache
def patch_panel() -> None:
    """Patches Panel, for the whole process; twice is as good as once.

    - JupyterLab has messages of each component handled in a thread of its own (a subshell), beside
      the thread that runs cells. Panel takes no lock: two threads mix the parts of their messages,
      and the browser understands neither.
    - Told to put style sheets inline, Panel does so for what is displayed first. What comes into it
      later, and each change of a pane, brings addresses of another host.
    - What a cell has shown stays in memory when the cell is run again (`egop.ui.shown_cells`), and
      what no browser has opened is tried to be sent for ever.

    A Panel that the tests do not know is left alone, and one warning says so.
    """
    if can_patch("panel", LOST, *((owner, name) for owner, name, _ in PATCHES)):
        for owner, name, wrapper in PATCHES:
            setattr(owner, name, wrapper(getattr(owner, name)))
        pn.extension.add_delete_action(forget)


def _locked(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def one_at_a_time(*args: Any, **options: Any) -> Any:
        with LOCK:
            return function(*args, **options)

    return one_at_a_time


def _inlining(process: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(process)
    def process_and_inline(*args: Any) -> dict[str, Any]:
        properties = process(*args)
        if pn.config.inline and "stylesheets" in properties:
            properties["stylesheets"] = inlined(properties["stylesheets"])
        return properties

    return process_and_inline


def _in_document(properties_of: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(properties_of)
    def properties_in_document(self: Any, document: Any) -> dict[str, Any]:
        with set_curdoc(document) if document is not None else nullcontext():
            return properties_of(self, document)

    return properties_in_document


def _noting(render: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(render)
    def render_and_note(self: Any, model: Any, document: Any, *args: Any, **options: Any) -> Any:
        rendered = render(self, model, document, *args, **options)
        key = model.ref["id"]
        note_display(key, document, self._comms[key])
        return rendered

    return render_and_note


def _unless_ended(push: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(push)
    def push_unless_ended(document: Any, comm: Any, *args: Any, **options: Any) -> None:
        if not has_ended(comm):
            push(document, comm, *args, **options)

    return push_unless_ended


def inlined(sheets: list[Any]) -> list[Any]:
    """Returns style sheets with the text of each that is a link into the installed packages."""
    none: WeakValueDictionary[str, InlineStyleSheet] = WeakValueDictionary()
    known = none if pn.state.curdoc is None else _sheets.setdefault(pn.state.curdoc, none)
    return [_inlined(sheet, known) for sheet in sheets]


def _inlined(sheet: Any, known: MutableMapping[str, Any]) -> Any:
    if not isinstance(sheet, ImportedStyleSheet):
        return sheet
    url = sheet.url
    if url.startswith(LOCAL_DIST):  # what Panel writes outside of a display, for a server's page
        url = CDN_DIST + url.removeprefix(LOCAL_DIST)
    found = known.get(url)
    if found is None:
        found = known[url] = notebook.replace_inline_css(ImportedStyleSheet(url=url))
    return found


LOST = (
    "A cell of a notebook may not answer, ask another host for styles, or keep what it showed; "
    "the page, egop app, is as good as ever"
)

PATCHES: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (notebook, "send", _locked),
    (notebook, "push", _unless_ended),
    (MimeRenderMixin, "_on_msg", _locked),
    (MimeRenderMixin, "_render_mimebundle", _noting),
    (Reactive, "_get_properties", _in_document),
    (Syncable, "_process_param_change", _inlining),
)
"""Functions of Panel: the module that holds each, its name, and its wrapper."""
