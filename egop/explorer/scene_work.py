"""The comparison of a scene, computed on the event loop when that is quick, else in a thread.

A thread works on copies: the scene's values and the comparison as they were when it began. The
event loop takes the copies over when they are done, so that no lock is needed. While the thread
works the earlier picture stays; it is dimmed, with a sentence, after `UNNOTICED` seconds.

A drag asks for more pictures than can be computed: each is finished and drawn before the newest one
begins, unless it takes longer than `PATIENCE` or is of another objective.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from egop.explorer.comparison import Comparison
from egop.explorer.figure_windows import View
from egop.explorer.scene import Scene, SceneValues
from egop.explorer.typed_formula import MAKING
from egop.explorer.verdict_inputs import can_be_thorough, verdict_of
from egop.explorer.views.steps import clock_of
from egop.theme import count_words
from egop.ui import allowance
from egop.ui.background import Background
from egop.ui.document import current_page

if TYPE_CHECKING:
    from egop.explorer.tabs import ComparisonResult

UNNOTICED = 0.3
"""Seconds after which a computation is spoken of."""
PATIENCE = 1.0
"""Seconds after which the computation of an outdated picture is given up for a newer one."""
FAR_TOO_LONG = (
    "This scene would take about {seconds:,.0f} seconds of the server's time, of which one visitor "
    "gets {allowed:.0f} within a minute; choose fewer steps than {steps:,}, or fewer methods or "
    "variables."
)
ROUGHLY = 1.5
"""Estimates of the time may be wrong by this factor: what is beyond it is not tried."""


class Draft:
    """The next comparison, on copies of what it begins with.

    Args:
        comparison: that is shown.
        scene: what is to be shown.
        view: of the page.

    Attributes:
        comparison: the copy that replaces the one that is shown.
        shown: what it comes to; None before `compute`, and where a sentence says why not.
        n_steps: of the runs.
        seconds: that `compute` takes; ∞: unknown.
    """

    def __init__(self, comparison: Comparison, scene: SceneValues, view: View):
        self._scene, self._view = scene, view
        self.comparison = comparison.copy()
        self.n_steps, self.seconds = scene.n_steps, comparison.seconds_to_show(scene, view)
        self.shown: ComparisonResult | None = None

    def is_like(self, other: "Draft") -> bool:
        """Returns True if another draft is of the same scene in the same view."""
        return (self._scene, self._view) == (other._scene, other._view)

    def has_problem_of(self, other: "Draft") -> bool:
        """Returns True if another draft is of the same objective."""
        return self._scene.problem() == other._scene.problem()

    @property
    def description(self) -> str:
        """The sentence that says what is computed."""
        scene = self._scene
        if scene.objective == "formula" and not self.comparison.objective_made_before(scene):
            return MAKING
        runs = count_words(2 * len(scene.methods), "run")
        return f"Computing {runs} of {count_words(scene.n_steps, 'step')}…"

    def work(self) -> Iterator["Draft"]:
        """Computes the draft where it is not yet, and what is drawn of it, and yields itself."""
        if self.shown is None:
            self.compute()
        self.prepare()
        yield self

    def compute(self) -> None:
        """Computes the comparison; touches nothing but the copies."""
        self.shown = self.comparison.show(self._scene, self._view)

    def prepare(self) -> None:
        """Computes ahead what is drawn: the verdict, the paths in the figures, their pace."""
        shown = self.shown
        if shown is None:
            return
        clock_of(shown)
        verdict_of(shown, can_be_thorough(shown))
        for run in shown.runs:
            for side in (0, 1) if run.rotated else (0,):
                shown.coordinates(run, side)

    def take_over(self, scene: Scene) -> None:
        """Sets the scene, which visitors set, to what was chosen for it."""
        scene.param.update(**self.comparison.defaults)
        if self.shown is not None:
            self.shown = replace(self.shown, scene=scene)


class SceneWork:
    """Computes one draft at a time in a thread.

    Args:
        take: called on the event loop with a draft that was computed.
        fail: called there with the sentence of what takes more than is allowed.
        again: called there when a newer scene waits.
        tell: called there, once a computation is noticed, with the sentence of what is done.
    """

    def __init__(
        self,
        take: Callable[[Draft], None],
        fail: Callable[[str], None],
        again: Callable[[], None],
        tell: Callable[[str], None],
    ):
        self._take, self._fail, self._again, self._tell = take, fail, again, tell
        self._work: Background[Draft] = Background(
            self._receive, self._refuse, wait=self._say_waiting
        )
        self._running: Draft | None = None
        self._begun, self._doing = 0.0, ""
        self._outdated = False

    @property
    def is_busy(self) -> bool:
        """True if a draft is being computed."""
        return self._running is not None

    def cancel(self) -> None:
        """Gives up what is computed."""
        if self._running is not None:
            self._running, self._outdated = None, False
            self._work.cancel()

    def start(self, draft: Draft, seconds: float) -> None:
        """Computes a draft, now or when the one that is computed is done.

        Args:
            draft: on a server it may take no longer than is allowed.
            seconds: that it will take; ∞: unknown.
        """
        if self._waits(draft):
            return
        most = allowance.allowed()
        if current_page().served and ROUGHLY * most < seconds < float("inf"):
            self.cancel()
            told = {"seconds": seconds, "allowed": most, "steps": draft.n_steps}
            self._fail(FAR_TOO_LONG.format(**told))
            return
        self._running, self._begun, self._outdated = draft, time.monotonic(), False
        self._doing = draft.description
        self._work.start(draft.work)
        current_page().call(
            lambda: self._tell(self._doing) if self._running is draft else None, after=UNNOTICED
        )

    def _waits(self, draft: Draft) -> bool:
        """Returns True if a draft is to wait for the one that is computed; asks again then."""
        running = self._running
        if running is None or not running.has_problem_of(draft):
            return False
        if running.is_like(draft):
            return True
        left = self._begun + PATIENCE - time.monotonic()
        if left <= 0:
            return False
        if not self._outdated:
            self._outdated = True
            current_page().call(lambda: self._ask_again(running), after=left)
        return True

    def _say_waiting(self, sentence: str) -> None:
        """Says that a draft is to wait, unless it was the last result that used time up."""
        if self._running is not None:
            self._doing = sentence
            self._tell(sentence)

    def _ask_again(self, running: Draft) -> None:
        if self._running is running and self._outdated:
            self._again()

    def _receive(self, draft: Draft) -> None:
        outdated, self._running, self._outdated = self._outdated, None, False
        self._take(draft)
        if outdated:
            self._again()

    def _refuse(self, sentence: str) -> None:
        self._running = None
        self._fail(sentence)
