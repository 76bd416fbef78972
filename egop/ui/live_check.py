"""A sentence that stands in a notebook's cell where no Python answers it."""

from pathlib import Path
from typing import Any, ClassVar

import param

from egop.ui.bundle import bundle
from egop.ui.component import Component

STYLE = """
:host { width: 100%; height: auto !important; margin: 0 !important; }
p { margin: 4px 12px; font: 14px/1.4 system-ui, sans-serif; }
p:not([hidden]) { padding: 8px 12px; border-left: 4px solid #b5651d; }
"""


class LiveCheck(Component):
    """Says that controls do nothing where no Python answers within some seconds.

    That is so in a notebook that was opened without running it, in one whose kernel has ended, and
    in one that was saved as a page. The browser asks, Python answers, and an answer takes the
    sentence away again.
    """

    _esm: Any = bundle(Path(__file__).with_name("live_check.js"))
    _stylesheets: ClassVar[list[str]] = [STYLE]
    _told: ClassVar[tuple[str, ...]] = ("asked",)
    _busy__ignore: ClassVar[list[str]] = ["asked"]

    asked: Any = param.Integer(default=0, doc="How often the browser has asked.")
    answers: Any = param.Boolean(default=False, doc="Whether Python has answered.")

    def __init__(self, **settings: Any):
        super().__init__(**settings)
        self.param.watch(lambda event: self.param.update(answers=True), "asked")
