"""Panel in a notebook: loaded by what needs it, from the installed packages, without a network."""

import sys
from pathlib import Path
from typing import Any

import panel as pn
from panel.io.notebook import LOAD_MIME, load_notebook

from egop.ui.document import current_page
from egop.ui.notebook_patches import patch_panel
from egop.ui.shown_cells import kernel_shell

COMM_MANAGER = Path(__file__).with_name("comm_manager.js")
_loaded: dict[str, Any] = {"extensions": frozenset(), "cell": None}
"""The extensions that this kernel's notebook holds already, and the cell whose output has them."""


def load_panel(*extensions: str) -> None:
    """Loads Panel where it is not loaded yet; in a notebook its scripts are in the cell's output.

    They are written once, and again when the cell that holds them is run again.

    Args:
        *extensions: of Panel, such as "mathjax".
    """
    if current_page().served:
        return  # the page was served with what it needs
    shell = kernel_shell()
    if shell is not None or runs_in_marimo():
        patch_panel()
        pn.config.inline = True  # pyright: ignore[reportAttributeAccessIssue]
    if shell is None:
        pn.extension(*extensions)
        return
    cell = shell.get_parent().get("metadata", {}).get("cellId")
    wanted = _loaded["extensions"] | {"panel", *extensions}
    if wanted == _loaded["extensions"] and cell != _loaded["cell"]:
        return
    from IPython.display import publish_display_data
    from IPython.utils.capture import capture_output

    # HoloViews, where it was loaded before, makes Panel trust that the scripts are there already.
    with capture_output(stdout=False, stderr=False):
        pn.extension(*extensions)
    load_notebook(inline=True)
    script = COMM_MANAGER.read_text(encoding="utf-8")
    publish_display_data({"application/javascript": script, LOAD_MIME: script})
    _loaded.update(extensions=wanted, cell=cell)


def runs_in_marimo() -> bool:
    """Returns True if a cell of marimo is running, which shows Panel's components by itself."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and marimo.running_in_notebook()
