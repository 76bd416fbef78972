"""The connection to the server: its loss is said, and the page goes on with what was set."""

from pathlib import Path
from typing import Any, ClassVar

import param

from egop.page import NO_ROOM
from egop.ui.bundle import bundle
from egop.ui.component import Component


class ConnectionMonitor(Component):
    """Tells the loss of the connection, and keeps the scene for a page that is loaded again.

    When the connection is lost (the server was restarted, the session has expired, the network was
    away), a sentence says so, and the page is loaded again as soon as the server answers. Bokeh
    could reconnect to a session that is still there, but not to a new one.

    Reloading gives `restored` what `kept` held last; a page opened in another way begins anew.
    Each tab of the browser keeps its own.
    """

    _esm: Any = bundle(Path(__file__).with_name("connection.js"))
    _stylesheets: ClassVar[list[str]] = [NO_ROOM]
    _told: ClassVar[tuple[str, ...]] = ("restored",)

    kept: Any = param.String(doc="What the browser keeps.")
    restored: Any = param.String(doc="What it had kept, told once when the page was loaded again.")
