"""Sources that the browser fills: it finds them by name and tells the server nothing."""

from weakref import WeakValueDictionary

from bokeh.models import ColumnDataSource, UnionRenderers

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
