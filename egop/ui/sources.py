"""Sources that the browser fills: it finds them by name and tells the server nothing."""

from collections.abc import Iterable, Iterator
from weakref import WeakValueDictionary

from bokeh.models import ColumnDataSource, GlyphRenderer, UnionRenderers
from bokeh.plotting import figure

from egop.ui.packing import Packet

_policies: WeakValueDictionary[str, UnionRenderers] = WeakValueDictionary()
"""The one model by prefix that says how selections are made, which nothing here has; Bokeh would
make one for each source."""


def source(prefix: str, name: str, *columns: str) -> ColumnDataSource:
    """An empty source that playback.js finds as "prefix:name" and whose changes stay there.

    Args:
        prefix: of the page's sources.
        name: of this one.
        *columns: their names, one or several in a text.
    """
    policy = _policies.setdefault(prefix, UnionRenderers())
    return ColumnDataSource(
        data={column: [] for several in columns for column in several.split()},
        name=f"{prefix}:{name}",
        syncable=False,
        selection_policy=policy,
    )


def sources_of(fig: figure) -> Iterator[ColumnDataSource]:
    """Yields the sources of a figure's glyphs that have columns."""
    for renderer in fig.renderers:
        held = renderer.data_source if isinstance(renderer, GlyphRenderer) else None
        if isinstance(held, ColumnDataSource) and held.column_names:
            yield held


def clear(packet: Packet, figures: Iterable[figure]) -> None:
    """Empties figures whose sources, made by `source`, the browser fills from packets."""
    for fig in figures:
        for held in sources_of(fig):
            columns: dict[str, list] = {name: [] for name in held.column_names}
            packet.fixed(str(held.name).partition(":")[2], **columns)


def empty(*figures: figure) -> None:
    """Empties figures whose sources are filled here."""
    for fig in figures:
        for held in sources_of(fig):
            held.data = {name: [] for name in held.column_names}
