"""The line above the list of runs and above open runs that says what was done or went wrong."""

from typing import Any

import panel as pn

from egop.lab.run_rows import Act
from egop.ui.fields import Fields, button, side_by_side, slot


class MessageBar(pn.viewable.Viewer):
    """One sentence at a time, with a button where something follows from it.

    Args:
        act: called with "restore" and what was deleted, or with "open" and a run.

    Attributes:
        deleted: the token of the deletion that can be undone here, "" for none.
    """

    def __init__(self, act: Act):
        super().__init__()
        self._act = act
        self.deleted = self._added = ""
        row = side_by_side(slot("message"), button("undo"), button("open"))
        self.fields = Fields([row], {"undo": "", "open": ""}, self._press)

    def __panel__(self):
        return self.fields

    @property
    def message(self) -> str:
        """The sentence that stands there, "" for none."""
        return self.fields.sentence("message")

    def announce(
        self, sentence: str, deleted: str = "", added: str = "", kind: str = "hint"
    ) -> None:
        """Says what was done or is being done.

        Args:
            sentence: the sentence.
            deleted: the token of a deletion, which a button undoes.
            added: the name of a run, which a button opens.
            kind: "hint" or "error".
        """
        self.deleted, self._added = deleted, added
        self.fields.say("message", sentence, kind)
        self.fields.show(undo="Undo" if deleted else "", open="Open" if added else "")

    def error(self, sentence: str) -> None:
        """Says what went wrong."""
        self.announce(sentence, kind="error")

    def announce_progress(self, sentence: str) -> None:
        """Says what is being done, unless that would take a button away."""
        if not self.deleted and not self._added:
            self.announce(sentence)

    def clear(self, sentence: str | None = None) -> None:
        """Takes the sentence away, but never the way to undo a deletion.

        Args:
            sentence: only if it is this one; None: any.
        """
        if not self.deleted and sentence in {None, self.message}:
            self.announce("")

    def _press(self, name: str, value: Any) -> None:
        pressed = {"undo": ("restore", self.deleted), "open": ("open", self._added)}[name]
        self.announce("")
        self._act(*pressed, "")
