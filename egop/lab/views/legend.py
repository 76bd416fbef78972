"""The legend of all figures: what a color, a dash and a marker mean; a press highlights it."""

from collections.abc import Callable, Iterable, Sequence
from itertools import starmap
from pathlib import Path
from typing import Any, ClassVar

import param

from egop import theme
from egop.figures.series import basis_label
from egop.lab.views.selection import Selection, mark_of, share_of
from egop.ui.bundle import bundle
from egop.ui.component import Component
from egop.ui.markers import OUTLINES

STYLE = """
:host { display: block; }
.key { font: 13px/1.3 system-ui, sans-serif; }
.group { padding-bottom: 2px; }
button { display: inline-flex; align-items: center; gap: 6px; height: 30px; padding: 0 8px;
  vertical-align: top; margin-right: 2px; text-align: left;
  border: 1px solid transparent; border-radius: 15px; background: none; font: inherit;
  color: var(--panel-on-background-color, inherit); cursor: pointer; }
button:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
button:focus-visible { outline: 2px solid #2b7fc4; outline-offset: 1px; }
button[aria-pressed=true] { border-color: currentColor;
  background: color-mix(in srgb, currentColor 10%, transparent); font-weight: 600; }
svg { flex: none; }
@media (pointer: coarse), (max-width: 900px) { button { height: 44px; border-radius: 22px; } }
"""


class LegendButtons(Component):
    """Buttons for methods, bases and, where several are compared, runs."""

    _esm: Any = bundle(Path(__file__).with_name("legend.js"))
    _stylesheets: ClassVar[list[str]] = [STYLE]

    groups: Any = param.List(doc="Of each: name and items with value, label, color, dash, …")
    pressed: Any = param.Dict({}, doc="The highlighted value of each group.")

    def __init__(self, press: Callable[[str, Any], None], **params: Any):
        super().__init__(**params)
        self._press = press

    def _handle_msg(self, data: Any) -> None:
        shown = [[g["group"], item["value"]] for g in self.groups for item in g["items"]]
        if data in shown:
            self._press(*data)

    def draw(
        self,
        methods: Sequence[str],
        bases: Sequence[str],
        runs: Sequence[str],
        selection: Selection,
    ) -> None:
        """Names what the figures show, and what of it is highlighted."""
        groups = [
            _group("method", "Methods", starmap(_method_item, theme.method_looks(methods).items())),
            _group("basis", "Bases", starmap(_basis_item, theme.basis_dashes(bases).items())),
        ]
        if len(runs) > 1:
            groups.append(_group("run", "Runs", map(_run_item, range(len(runs)), runs)))
        pressed = {"method": selection.method, "basis": selection.basis, "run": selection.run}
        self.param.update(groups=groups, pressed=pressed)  # which tells only what is another one


def _group(name: str, label: str, items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"group": name, "label": label, "items": list(items)}


def _item(value: Any, label: str, dash: Sequence[int] = (), **look: Any) -> dict[str, Any]:
    return {"value": value, "label": label, "color": "", "dash": list(dash)} | look


def _method_item(name: str, look: theme.Look) -> dict[str, Any]:
    marker = OUTLINES[look.marker]
    return _item(name, theme.label(name), color=look.color, marker=marker, filled=True)


def _basis_item(name: str, dash: Sequence[int]) -> dict[str, Any]:
    return _item(name, basis_label(name), dash)


def _run_item(place: int, label: str) -> dict[str, Any]:
    marker = OUTLINES.get(mark_of(place), "")
    return _item(place, label, marker=marker, opacity=share_of(place))
