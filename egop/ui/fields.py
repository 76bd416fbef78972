"""Native inputs, a whole form of them in one component: rows of plain data say what there is.

Thirty widgets of a library are thirty components, which a page takes seconds to build, and a
slider's move passes through Panel's synchronization; one component with the browser's own inputs
is there in a tenth of a second, and a move is one message.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import param

from egop.ui.bundle import bundle
from egop.ui.component import Component
from egop.ui.field_values import takes

Row = dict[str, Any]
Change = Callable[[str, Any], Any]
Messages = Mapping[str, tuple[str, str]]
"""The kind of a sentence, "error" or "hint", and the sentence, by slot."""


class Fields(Component):
    """A form. What a person changes is told by name; what is shown follows `show` and `say`.

    A field that somebody is just moving or typing in keeps what it holds until it is left alone.

    Args:
        rows: from top to bottom, made by the functions of this file.
        values: what the fields hold, by name; where it is None, the field is not there. "NAME:hint"
            is what an empty field of text suggests, and a remark below a slider.
        change: called with a field's name and what it was set to: a number, a text, a key or a
            bool; a text where a number was asked for and none was typed; None for a button.
        **layout: of the Panel component.
    """

    _esm: Any = bundle(Path(__file__).with_name("fields.js"))
    _stylesheets: ClassVar[list[str]] = [
        Path(__file__).with_name("fields.css").read_text(encoding="utf-8")
    ]

    rows: Any = param.List(default=[], doc="What there is, from top to bottom.")
    values: Any = param.Dict(default={}, doc="What each field holds, by name.")
    messages: Any = param.Dict(default={}, doc="Messages by slot: the kind and the sentence.")

    def __init__(
        self, rows: Iterable[Row], values: Mapping[str, Any], change: Change, **layout: Any
    ):
        self._change = change
        layout = {"sizing_mode": "stretch_width", "margin": 0} | layout
        super().__init__(rows=list(rows), values=dict(values), **layout)

    def show(self, **values: Any) -> None:
        """Shows other values in some fields."""
        changed = self.values | values
        if changed != self.values:
            self.values = changed

    def say(self, slot: str, sentence: str, kind: str = "error") -> None:
        """A sentence in a slot, of the kind "error" or "hint"; "" takes it away."""
        messages = {**self.messages, slot: [kind, sentence]}
        if messages != self.messages:
            self.messages = messages

    def sentence(self, slot: str) -> str:
        """The sentence that is shown in a slot."""
        return self.messages.get(slot, ["", ""])[1]

    def set(self, name: str, value: Any = None) -> None:
        """Does what a person does who sets a field or presses a button."""
        self._change(name, value)

    def _handle_msg(self, data: Any) -> None:
        if takes(self.rows, self.values, data):
            self._change(data["name"], data.get("value"))


def choice(name: str, label: str, options: Mapping[str, Any], **more: Any) -> Row:
    """A drop-down.

    Args:
        name: of the field.
        label: of the field.
        options: keys by what they are called, or groups of such by their titles; the value
            "NAME:options" replaces them.
        **more: see `Fields`.
    """
    return {"kind": "choice", "name": name, "label": label, "options": options} | more


def several(name: str, label: str, options: Mapping[str, Any], **more: Any) -> Row:
    """Any number of options, each a button that is in or out; the value is a list of keys.

    Options in groups, by their titles, have a button once they are chosen, and are added from a
    drop-down, which `add` names.

    `docs` says more about the options, by key, under the pointer; `doc` about all of them.
    """
    return {"kind": "several", "name": name, "label": label, "options": options} | more


def switch(name: str, label: str, options: Iterable[str] | Mapping[str, str]) -> Row:
    """A choice between two or three, as buttons side by side: keys by what they are called."""
    options = options if isinstance(options, Mapping) else {each: each for each in options}
    return {"kind": "switch", "name": name, "label": label, "options": options}


def slider(name: str, label: str, low: float, high: float, step: float, **more: Any) -> Row:
    """A slider beside a field in which a number can be typed, also beyond the slider's ends.

    Args:
        name: of the field.
        label: of the field.
        low: the slider's lower end.
        high: its upper end.
        step: between two places; of the exponent of 10 on a logarithmic slider.
        **more: `log`, `whole`, `color` (of the method that it belongs to), `remove` (what its
            button to remove it says).
    """
    row = {"kind": "slider", "name": name, "label": label, "low": low, "high": high, "step": step}
    return row | more


def number(name: str, label: str, low: float | None = None, **more: Any) -> Row:
    """A field for a number; `whole` for an integer, `narrow` beside a wider field in a line."""
    return {"kind": "number", "name": name, "label": label, "low": low} | more


def text(name: str, label: str, **more: Any) -> Row:
    """A field for a text, told on Enter; `typed` is also told at each key as "NAME:typed"."""
    return {"kind": "text", "name": name, "label": label} | more


def check(name: str, label: str, **more: Any) -> Row:
    """A check box."""
    return {"kind": "check", "name": name, "label": label} | more


def button(name: str, **more: Any) -> Row:
    """A button; its value is its label, {"label": …, "disabled": true}, or "" to hide it."""
    return {"kind": "button", "name": name} | more


def rates(name: str, label: str, methods: Mapping[str, Row]) -> Row:
    """A list of methods, each with the slider of its rate, and a drop-down to add another one.

    The value is the list of keys; each slider is a field of its own. "NAME:options" has those that
    can be added: keys by what they are called, or groups of such by their titles; without it, all.
    """
    return {"kind": "rates", "name": name, "label": label, "methods": methods}


def side_by_side(*rows: Row) -> Row:
    """Fields in one line."""
    return {"kind": "line", "rows": list(rows)}


def fold(label: str, *rows: Row) -> Row:
    """Advanced fields, folded away; gone when none of them is there."""
    return {"kind": "fold", "label": label, "rows": list(rows)}


def foot(*rows: Row) -> Row:
    """The last rows, which stay at the lower edge of what scrolls while the others pass below."""
    return {"kind": "foot", "rows": list(rows)}


def heading(words: str) -> Row:
    """A line of its own."""
    return {"kind": "heading", "label": words}


def typeset(name: str, label: str) -> Row:
    """A formula set as mathematics; the value is its LaTeX, `label` what a screen reader calls it.

    The browser asks the server for MathJax, which is 1.8 MB, with the first one. A notebook has it
    through `pn.extension("mathjax")`.
    """
    return {"kind": "typeset", "name": name, "label": label}


def listing(name: str) -> Row:
    """Sentences below each other; the value is a list of them."""
    return {"kind": "listing", "name": name}


def slot(name: str) -> Row:
    """A slot for messages in the form."""
    return {"kind": "slot", "name": name}
