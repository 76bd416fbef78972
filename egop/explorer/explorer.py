"""The explorer: one scene, its controls, its figures and its clock, as a Panel component."""

from itertools import count
from typing import Any

import panel as pn
import param

from egop.explorer.catalog import name_of
from egop.explorer.comparison import Comparison
from egop.explorer.own_objects import NOTHING, Own, scene_with
from egop.explorer.panel_patches import deliver_everything
from egop.explorer.parameters import Choice
from egop.explorer.saved_scene import read_scene, write_scene
from egop.explorer.scene import Scene
from egop.explorer.scene_updates import SceneUpdates
from egop.explorer.tab_panel import TabPanel
from egop.explorer.tabs import ComparisonResult, Tab
from egop.explorer.views.compare import CompareTab
from egop.explorer.views.controls import SceneControls
from egop.explorer.views.dial import DialTab
from egop.explorer.views.map import MapTab
from egop.explorer.views.matrices import MatricesTab
from egop.explorer.views.overview import Overview
from egop.explorer.views.scene_figures import SceneFigures
from egop.explorer.views.steps import pack_clock
from egop.explorer.views.surface import Surface
from egop.explorer.views.why import WhyTab
from egop.sentences import steps
from egop.ui.background import SETTLE
from egop.ui.document import current_page
from egop.ui.layout import GRID, beside, cell
from egop.ui.live_check import LiveCheck
from egop.ui.model_defaults import keep_model_defaults
from egop.ui.packing import Packet
from egop.ui.playback import Channel, Playback
from egop.ui.skip import SkipLinks

_NUMBERS = count()
TAB_CLASSES = (Overview, DialTab, MapTab, WhyTab, MatricesTab, CompareTab, Surface)
TITLES = [tab.title for tab in TAB_CLASSES]
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
        comparison = Comparison(own, given)
        self.controls = SceneControls(self.scene, own, comparison.formula.gradient)
        self.playback = Playback(
            prefix=self._prefix,
            autoplay=self.scene.autoplay,
            stylesheets=cell("5 / 1 / 6 / 3", "44px"),
        )
        self._figures = SceneFigures(self._prefix, self._let_go)
        self.notice, anchor = self._figures.notice, self._figures.contours.left
        self._channel = Channel(self._prefix, anchor)
        makers = [
            lambda: Overview(self._prefix, self._channel.send),
            DialTab,
            MapTab,
            lambda: WhyTab(self._prefix, self._channel.send, self.playback),
            lambda: MatricesTab(self._prefix, self._channel.send),
            CompareTab,
            lambda: Surface(self._prefix, anchor),
        ]
        self._tabs = TabPanel(dict(zip(TITLES, makers, strict=True)), "4 / 1 / 5 / 3")
        self._drawn_tab = -1
        self._lay_out()
        self._listen()
        self.updates = SceneUpdates(
            self.scene,
            comparison,
            self._figures,
            self.playback,
            self._channel,
            show=self._show,
        )
        self.updates.update()

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
        self.updates.restore(read_scene(saved))

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
        tabs = self._tabs.view.param
        tabs.watch(lambda event: self._open(self._tabs.known(event.old)), "active")
        tabs.watch(lambda event: self.param.update(tab=TABS[self._tabs.active]), "active")
        self.param.watch(lambda event: tabs.update(active=TABS.index(event.new)), "tab")

    def _let_go(self) -> None:
        """A handle was let go: the windows may have another size again."""
        self.updates.request()

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
            self.updates.request()
            return
        self._tabs.make(place)
        self.updates.update()
        self._tabs.insert(place)
        page.call(self.updates.request, after=SETTLE)

    def _show(self, shown: ComparisonResult | None) -> None:
        """Shows a comparison, and what is said of the scene; None: the earlier one stays."""
        self.saved = write_scene(self.scene)
        self.controls.follow(shown, self.updates.added.kept, self.updates.messages)
        opened = self._drawn_tab != self._tabs.active  # since the earlier one was drawn
        if shown is None and opened:
            shown = self._shown
        if shown is not None:
            self._draw(shown)

    def _draw(self, shown: ComparisonResult) -> None:
        packet = Packet(len(shown.schedule))
        self._figures.draw(packet, shown)
        self._drawn_tab = self._tabs.active
        packet.say(words="")  # unless the open tab has something to say
        self._tabs[self._drawn_tab].show(shown, packet)
        pack_clock(packet, shown)
        self._channel.send(packet)
