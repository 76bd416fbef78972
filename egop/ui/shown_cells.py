"""Frees what the cells of a notebook show when a cell is run again or its output is cleared.

Panel keeps whatever was displayed, and IPython the result of every execution (`Out`), so that each
run of a cell would leave another explorer in the kernel's memory.
"""

import builtins
import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from weakref import WeakSet

import panel as pn
from panel.viewable import Viewable, Viewer

HISTORY = re.compile(r"_+|_\d+|_oh|Out")
"""Names by which IPython itself keeps results."""


class Display(NamedTuple):
    """Something that a cell shows.

    Attributes:
        execution: identifies the run of the cell.
        number: of that run, as in `Out`.
        key: of what is shown in Panel's tables.
        document: to which it belongs.
        comms: the channels to and from the browser.
    """

    execution: str
    number: int
    key: str
    document: Any
    comms: tuple[Any, ...]


_shown: defaultdict[str, list[Display]] = defaultdict(list)
"""The displays of each cell's last run."""


_ended: WeakSet[Any] = WeakSet()
"""Channels of what is not shown any more."""


def has_ended(comm: Any) -> bool:
    """Returns True if a channel belongs to what was freed."""
    return comm in _ended


def note_display(key: str, document: Any, comms: Sequence[Any]) -> None:
    """Notes what a cell displays, and frees what its earlier run did; nothing outside of cells.

    Args:
        key: of what is displayed, the id of its root model.
        document: to which it belongs.
        comms: as in `Display`.
    """
    shell = kernel_shell()
    if shell is None:
        return
    parent = shell.get_parent()
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:
        return
    execution = parent["header"]["msg_id"]
    for each in [each for each in _shown[cell] if each.execution != execution]:
        forget(each.key)
    _shown[cell].append(
        Display(execution, shell.displayhook.prompt_count, key, document, (*comms,))
    )


def forget(key: str) -> None:
    """Frees what was displayed, unless a variable holds it."""
    for cell, displays in list(_shown.items()):
        for each in [each for each in displays if each.key == key]:
            displays.remove(each)
            _end(each)
            _forget_result(kernel_shell(), each.number)
        if not displays:
            del _shown[cell]


def _end(display: Display) -> None:
    """Ends the work for a display, and takes it out of Panel's tables."""
    viewable, root, _, _ = pn.state._views.pop(display.key, (None,) * 4)
    if viewable is not None:
        viewable._cleanup(root)
    for callback in list(display.document.session_destroyed_callbacks):
        callback(None)
    for comm in display.comms:
        _ended.add(comm)
        pn.state._comm_manager._comms.pop(comm.id, None)


def _forget_result(shell: Any, number: int) -> None:
    """Lets IPython forget the result of a run, where it is a component without another name."""
    result = shell.user_ns.get("Out", {}).get(number)
    if not isinstance(result, (Viewable, Viewer)):
        return
    names = [name for name, value in shell.user_ns.items() if value is result]
    if all(HISTORY.fullmatch(name) for name in names):
        with suppress(AttributeError, NameError):
            shell.del_var(f"_{number}")


def kernel_shell() -> Any:
    """Returns the shell of the Jupyter kernel that this process is, or None."""
    if not hasattr(builtins, "__IPYTHON__"):
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None
