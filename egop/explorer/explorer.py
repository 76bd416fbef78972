"""The explorer: one scene, its controls, its figures and its clock, as a Panel component."""

from collections.abc import Callable
from itertools import count
from math import inf
from typing import Any
from weakref import WeakMethod

import panel as pn
import param

from egop.explorer.added_methods import AddedMethods
from egop.explorer.catalog import made_before, make_objective, name_of
from egop.explorer.comparison import Comparison
from egop.explorer.compute import Estimate
from egop.explorer.own_objects import NOTHING, Own, scene_with
from egop.explorer.panel_patches import deliver_everything
from egop.explorer.parameters import Choice
from egop.explorer.saved_scene import read_scene, write_scene
from egop.explorer.scene import Scene, SceneValues
from egop.explorer.scene_work import Draft, SceneWork
from egop.explorer.tab_panel import TabPanel
from egop.explorer.tabs import ComparisonResult, Tab
from egop.explorer.typed_formula import PendingError, TypedFormula
from egop.explorer.update_cost import FRAME, OPENING
from egop.explorer.verdict_inputs import seconds_of_verdict
from egop.explorer.views.compare import CompareTab
from egop.explorer.views.controls import SceneControls
from egop.explorer.views.dial import DialTab
from egop.explorer.views.map import MapTab
from egop.explorer.views.overview import Overview
from egop.explorer.views.scene_figures import SceneFigures
from egop.explorer.views.steps import pack_clock
from egop.explorer.views.surface import Surface
from egop.explorer.views.why import WhyTab
from egop.objectives import Objective
from egop.sentences import steps
from egop.ui.background import SETTLE, Background
from egop.ui.document import current_page, hold
from egop.ui.layout import GRID, beside, cell
from egop.ui.live_check import LiveCheck
from egop.ui.model_defaults import keep_model_defaults
from egop.ui.packing import Packet
from egop.ui.playback import Channel, Playback
from egop.ui.skip import SkipLinks

_NUMBERS = count()
PATIENCE = 0.3
"""Seconds after which a formula that is not there yet is spoken of."""
TITLES = [tab.title for tab in (Overview, DialTab, MapTab, WhyTab, CompareTab, Surface)]
TABS = [title.lower().replace(" ", "-") for title in TITLES]
"""The tabs' names in an address."""


class Explorer(pn.viewable.Viewer):
    """The opening scene or any other; `controls` and `view` can be laid out apart.

    Args:
        own: objects that were made elsewhere, as `read_objects` reads them.
        scene: what is shown, for an explorer that follows another one's; None: one of its own.
        **settings: values of `Scene`.
    """

    tab: Any = Choice(default=TABS[0], objects=TABS, doc="The open tab.")
    saved: Any = param.String(doc="The scene as `write_scene` writes it, after each update.")

    def __init__(self, own: Own = NOTHING, scene: Scene | None = None, **settings: Any):
        super().__init__()
        deliver_everything()
        keep_model_defaults()
        self.scene = scene_with(own, settings) if scene is None else scene
        given = frozenset(settings if scene is None else scene.param)
        self._own, self._is_displayed = own, False
        self._prefix = f"egop{next(_NUMBERS)}"
        self._figures = SceneFigures(self._prefix, self._request)
        self.notice, anchor = self._figures.notice, self._figures.contours.left
        self._channel = Channel(self._prefix, anchor)
        self._formula = TypedFormula(self._request)
        self.controls = SceneControls(self.scene, own, self._formula.gradient)
        self._comparison = Comparison(own, given, self.controls.say)
        self._added = AddedMethods(self.scene, self.controls.say)
        self._work = SceneWork(self._take, self._refuse, self._request, self._tell_computing)
        self._completion: Background[Estimate] = Background(self._complete, lambda sentence: None)
        self._rest: object = None
        makers = [
            lambda: Overview(self._prefix),
            DialTab,
            MapTab,
            lambda: WhyTab(self._prefix, self._channel.send),
            CompareTab,
            lambda: Surface(self._prefix, anchor),
        ]
        self._tabs = TabPanel(dict(zip(TITLES, makers, strict=True)), "4 / 1 / 5 / 3")
        self.playback = Playback(
            prefix=self._prefix,
            autoplay=self.scene.autoplay,
            stylesheets=cell("5 / 1 / 6 / 3", "44px"),
        )
        self._waiting, self._requested = False, SceneValues()
        self._drawn_tab = -1
        self._lay_out()
        self._listen()
        self._update()

    def __repr__(self):
        objective, methods = self._own.objective, ", ".join(self.scene.methods)
        name = name_of(self.scene.objective) if objective is None else objective.name
        return f"<Explorer of {name!r}: {methods}; {steps(self.scene.n_steps)}>"

    def __panel__(self):
        explorer = self._another() if self._is_displayed else self
        self._is_displayed = True
        parts = SkipLinks(), LiveCheck(), beside(explorer.controls, 690, explorer.view)
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def _another(self) -> "Explorer":
        """An explorer of the same objects and the same scene, for a further display of this one.

        Bokeh's figures belong to one document: a second one would take them from the first. Pages
        of a server are of different people, so that each has a scene of its own.
        """
        if current_page().served:
            settings = self.scene.param.values()
            return Explorer(self._own, **{k: v for k, v in settings.items() if k != "name"})
        return Explorer(self._own, self.scene)

    def set_dark(self, dark: bool) -> None:
        """Draws the landscapes in the colors of the dark or the light theme."""
        self._figures.contours.set_dark(dark)

    def restore(self, saved: str) -> None:
        """Shows a scene that was `saved`; what is wrong in it stays as it is."""
        settings = read_scene(saved)
        self._work.cancel()
        self._comparison.keep(settings)
        self.scene.param.update(**settings)

    def _lay_out(self) -> None:
        self._figures.dimmed.append(self._tabs.view)
        self.view = pn.Column(
            *self._figures.parts,
            self.playback,
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[GRID],
        )

    def _listen(self) -> None:
        names = [name for name in self.scene.param if name not in {"name", "autoplay"}]
        follow = WeakMethod(self._follow_scene)  # a scene may outlive one of its displays
        self.scene.param.watch(lambda *events: call_living(follow), names)
        tabs = self._tabs.view.param
        tabs.watch(lambda event: self._open(self._tabs.known(event.old)), "active")
        tabs.watch(lambda event: self.param.update(tab=TABS[self._tabs.active]), "active")
        self.param.watch(lambda event: tabs.update(active=TABS.index(event.new)), "tab")
        self.playback.param.watch(lambda event: self._channel.confirm(event.new), "drawn")
        self.playback.param.watch(lambda event: self._widen(event.new), "wide")

    def _widen(self, wide: float) -> None:
        """A figure is wider than the landscapes: they are drawn farther out."""
        self._comparison.figures.wide = wide
        self._request()

    @property
    def _shown(self) -> ComparisonResult | None:
        """The comparison on the page; None before the first one."""
        return self._figures.shown

    @property
    def tabs(self) -> list[Tab]:
        """Every tab, built where it was not opened yet."""
        return [self._tabs[place] for place in range(len(self._tabs))]

    def _open(self, left: int) -> None:
        """Shows the tab that was opened; its figures are made at the first time.

        They reach the browser with what they show: a change while it builds them would fail there.
        The second update brings what the browser's clock moves, which takes the built sources.
        """
        self._tabs[left].hide()
        place, page = self._tabs.active, current_page()
        if place in self._tabs.built or page.document is None:
            self._request()
            return
        self._tabs.make(place)
        self._update()
        self._tabs.insert(place)
        page.call(self._request, after=SETTLE)

    def _follow_scene(self) -> None:
        """Asks for an update, unless the scene was set to the defaults of an update."""
        if self.scene.snapshot() != self._requested:
            self._request()

    def _request(self) -> None:
        """Asks for an update after the events at hand: of many, the last one is drawn."""
        page = current_page()
        if page.document is None:
            self._update()
        elif not self._waiting:
            self._waiting = True
            page.call(lambda: self._channel.when_drawn(self._update))

    def _update(self) -> None:
        """From the scene to the page, at once where that is quick."""
        self._waiting = False
        page, scene = current_page(), self.scene
        steady = self._figures.is_dragged
        self._requested = values = scene.snapshot()
        make, seconds = self._find_objective(values, steady)
        draft = Draft(self._comparison, values, steady, make)
        allowed = OPENING if self._shown is None else FRAME
        if page.document is not None and page.waits and seconds > allowed:
            if not self._work.waits(scene):
                self._work.start(draft, scene.n_steps, seconds)
            self.controls.follow(None, self._added.kept)
            self._draw_opened_tab()
            return
        self._work.cancel()
        draft.compute()
        remaining = 0.0 if draft.shown is None else seconds_of_verdict(draft.shown)
        if page.waits and remaining > FRAME:
            self._work.start(draft, scene.n_steps, remaining)
        else:
            self._take(draft)

    def _find_objective(self, scene: Any, steady: bool) -> tuple[Callable[..., Objective], float]:
        """Returns a maker of the scene's objective for any thread, and the scene's seconds."""
        try:
            known = self._known_objective(scene)
        except (PendingError, ValueError) as error:
            return raising(error), 0.0
        if known is None:
            return make_objective, inf
        return lambda *problem: known, self._comparison.seconds_to_show(scene, known, steady)

    def _known_objective(self, scene: Any) -> Objective | None:
        """The scene's objective where it is at hand; a formula's is being made otherwise.

        Raises:
            PendingError: it is.
            ValueError: the formula is refused.
        """
        if self._own.objective is None and scene.objective == "formula":
            return self._formula.objective(scene.formula, scene.window)
        self._formula.forget()
        return self._own.objective or made_before(scene.problem())

    def _take(self, draft: Draft) -> None:
        """Shows what was computed; what is wrong becomes a sentence over the earlier picture."""
        with hold():
            self._requested = self.scene.snapshot().with_values(draft.comparison.defaults)
            draft.take_over(self.scene, self.controls.say, self._comparison.figures.wide)
            self._comparison, shown = draft.comparison, draft.shown
            self.saved = write_scene(self.scene)
            self.controls.follow(shown, self._added.kept)
            self._tell_failure()
            if shown is not None:
                self._draw(shown)
            else:
                self._draw_opened_tab()
        if shown is not None:
            self._follow_samples()
        self._added.follow(self._comparison.untuned(self.scene))

    def _draw_opened_tab(self) -> None:
        """Draws the earlier scene in a tab that was opened since."""
        if self._shown is not None and self._drawn_tab != self._tabs.active:
            self._draw(self._shown)

    def _refuse(self, sentence: str) -> None:
        """Says that a scene would take too long, over the earlier picture."""
        self._comparison.refuse(sentence)
        self._tell_failure()

    def _tell_computing(self, sentence: str) -> None:
        """Says over the earlier picture that another one is computed."""
        self._figures.report(sentence, wrong=False)

    def _tell_failure(self) -> None:
        """Says over the figures why a scene cannot be shown, and whose they are instead."""
        self._figures.report(self._comparison.messages.failure)
        if self._comparison.pending:
            current_page().call(self._tell_pending, after=PATIENCE)

    def _tell_pending(self) -> None:
        """Says over the figures that a formula is being made, unless it was made meanwhile."""
        if self._comparison.pending:
            self._figures.report(self._comparison.pending, wrong=False, dimmed=False)

    def _follow_samples(self) -> None:
        """Lets the samples that one update has no time for follow in the background."""
        rest = self._comparison.estimates.rest
        if rest is not self._rest:
            self._rest = rest
            if rest is None:
                self._completion.cancel()
            else:
                self._completion.start(rest)

    def _complete(self, estimate: Estimate) -> None:
        self._work.cancel()  # it began with the first samples
        self._comparison.estimates.complete(estimate)
        self._request()

    def _draw(self, shown: ComparisonResult) -> None:
        packet = Packet(len(shown.schedule))
        self._figures.draw(packet, shown, self._comparison.figures, self._comparison.remarks)
        self._drawn_tab = self._tabs.active
        self._tabs[self._drawn_tab].show(shown, packet)
        pack_clock(packet, shown)
        self._channel.send(packet)


def call_living(method: WeakMethod) -> None:
    """Calls a method whose object is still there."""
    call = method()
    if call is not None:
        call()


def raising(error: Exception) -> Callable[..., Objective]:
    """A function that raises an error."""

    def fail(*problem: Any) -> Objective:
        raise error

    return fail
