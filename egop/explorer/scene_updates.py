"""Updates of the page: from a scene that has changed to the comparison that is shown."""

from collections.abc import Callable
from weakref import WeakMethod

from egop.explorer.added_methods import AddedMethods
from egop.explorer.comparison import Comparison
from egop.explorer.compute import Estimate
from egop.explorer.figure_windows import View
from egop.explorer.scene import Scene, SceneValues
from egop.explorer.scene_work import Draft, SceneWork
from egop.explorer.tabs import ComparisonResult
from egop.explorer.update_cost import FRAME, OPENING
from egop.explorer.verdict_inputs import seconds_of_verdict
from egop.explorer.views.scene_figures import SceneFigures
from egop.ui.background import Background
from egop.ui.document import current_page, hold
from egop.ui.fields import Messages
from egop.ui.playback import Channel, Playback


class SceneUpdates:
    """Keeps the comparison on the page that of a scene.

    Args:
        scene: that visitors set.
        comparison: of the scene; nothing of it is shown yet.
        figures: whose notice says why there is no picture, or none yet.
        playback: of the page, which tells how wide the figures are.
        channel: by which comparisons reach the browser.
        show: shows a comparison, and what is said of the scene; None: the earlier one stays.

    Attributes:
        comparison: the one that is shown.
        added: the methods that were added to the scene.
    """

    def __init__(
        self,
        scene: Scene,
        comparison: Comparison,
        figures: SceneFigures,
        playback: Playback,
        channel: Channel,
        *,
        show: Callable[[ComparisonResult | None], None],
    ):
        self._scene, self.comparison, self._show = scene, comparison, show
        self._figures, self._playback, self._channel = figures, playback, channel
        self.added = AddedMethods(scene, self.request)
        self._work = SceneWork(self._take, self._refuse, self.request, self._tell_computing)
        self._completion: Background[Estimate] = Background(self._complete, lambda sentence: None)
        self._rest: object = None
        self._waiting, self._requested = False, SceneValues()
        names = [name for name in scene.param if name not in {"name", "autoplay"}]
        follow = WeakMethod(self._follow)  # a scene may outlive one of its displays
        scene.param.watch(lambda *events: call_living(follow), names)
        playback.param.watch(lambda event: channel.confirm(event.new), "drawn")
        playback.param.watch(lambda event: self.request(), "wide")

    @property
    def messages(self) -> Messages:
        """Sentences on the scene, to be said beside its controls."""
        return {"methods": self.added.message, **self.comparison.messages}

    @property
    def is_settled(self) -> bool:
        """True if the scene is shown or refused; rates of added methods may still be looked for."""
        if self._waiting or self._work.is_busy or self._completion.is_running:
            return False
        return bool(self.comparison.failure) or self._draft().seconds == 0

    def request(self) -> None:
        """Asks for an update after the events at hand: of many, the last one is drawn."""
        page = current_page()
        if page.document is None:
            self.update()
        elif not self._waiting:
            self._waiting = True
            page.call(lambda: self._channel.when_drawn(self.update))

    def restore(self, settings: dict) -> None:
        """Shows a scene with these settings, which no default replaces."""
        self._work.cancel()
        self.comparison.keep(settings)
        self._scene.param.update(**settings)

    def update(self) -> None:
        """Brings the scene to the page, at once where that is quick."""
        self._waiting, self._requested = False, self._scene.snapshot()
        page, draft = current_page(), self._draft()
        allowed = OPENING if self._figures.shown is None else FRAME
        if page.document is not None and page.waits and draft.seconds > allowed:
            self._work.start(draft, draft.seconds)
            self._show(None)
            return
        self._work.cancel()
        draft.compute()
        remaining = 0.0 if draft.shown is None else seconds_of_verdict(draft.shown)
        if page.waits and remaining > FRAME:
            self._work.start(draft, remaining)
        else:
            self._take(draft)

    def _draft(self) -> Draft:
        """The comparison of the scene as it is now, to be computed."""
        view = View(self._figures.is_dragged, self._playback.wide)
        return Draft(self.comparison, self._scene.snapshot(), view)

    def _follow(self) -> None:
        """Asks for an update, unless the scene was set to the defaults of an update."""
        if self._scene.snapshot() != self._requested:
            self.request()

    def _take(self, draft: Draft) -> None:
        """Shows what was computed; what is wrong becomes a sentence over the earlier picture."""
        with hold():
            self._requested = self._scene.snapshot().with_values(draft.comparison.defaults)
            draft.take_over(self._scene)
            self.comparison = draft.comparison
            self._tell_failure(draft.shown)
        self._follow_samples()
        self.added.follow(self.comparison.untuned(self._scene))

    def _refuse(self, sentence: str) -> None:
        """Says that a scene would take too long, over the earlier picture."""
        self.comparison.refuse(sentence)
        self._tell_failure(None)

    def _tell_failure(self, shown: ComparisonResult | None) -> None:
        """Shows a comparison, or says over the figures why there is none, and whose they are."""
        self._figures.report(self.comparison.failure)
        self._show(shown)

    def _tell_computing(self, sentence: str) -> None:
        """Says over the earlier picture that another one is computed."""
        self._figures.report(sentence, wrong=False)

    def _follow_samples(self) -> None:
        """Lets the samples that one update has no time for follow in the background."""
        rest = self.comparison.estimates.rest
        if rest is not self._rest:
            self._rest = rest
            if rest is None:
                self._completion.cancel()
            else:
                self._completion.start(rest)

    def _complete(self, estimate: Estimate) -> None:
        self._work.cancel()  # it began with the first samples
        self.comparison.estimates.complete(estimate)
        self.request()


def call_living(method: WeakMethod) -> None:
    """Calls a method whose object is still there."""
    call = method()
    if call is not None:
        call()
