"""Sentences beside the controls: why a scene cannot be shown, and a remark on its samples."""

from collections.abc import Callable
from copy import copy

Say = Callable[[str, str, str], None]
"""Called with a slot among the controls, a sentence ("" for all is well) and its kind, "error" or
"hint"."""


class ControlMessages:
    """Says what is wrong with a scene beside its control, and takes it away when it is right again.

    Args:
        say: shows a sentence.

    Attributes:
        slot: of the control to which an error belongs that comes next.
        failure: why the last scene could not be shown; empty when it was.
    """

    def __init__(self, say: Say):
        self.say = say
        self.failure = self.slot = self._failed = ""
        self._remarked = False

    def copy(self, say: Say) -> "ControlMessages":
        """One that goes on from here apart from this one."""
        made = copy(self)
        made.say = say
        return made

    def begin(self) -> None:
        """Another scene is computed."""
        self.slot, self._remarked = "objective", False

    def remark(self, sentence: str) -> None:
        """Says what there is to be said of the distribution."""
        self.say("distribution", sentence, "hint")
        self._remarked = True

    def fail(self, sentence: str) -> None:
        """Says what is wrong beside its control, and takes away what was wrong before."""
        if self._failed != self.slot:
            self.clear()
        if not self._remarked:
            self.say("distribution", "", "hint")
        self.failure, self._failed = sentence, self.slot
        self.say(self.slot, sentence, "error")

    def clear(self) -> None:
        """Takes away the sentence of a scene that failed."""
        if self._failed and not (self._failed == "distribution" and self._remarked):
            self.say(self._failed, "", "error")
        self.failure = self._failed = ""
