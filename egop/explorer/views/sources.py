"""Sources that the browser fills: it finds them by name and tells the server nothing."""

from bokeh.models import ColumnDataSource


def source(prefix: str, name: str, *columns: str) -> ColumnDataSource:
    """An empty source that playback.js finds as "prefix:name" and whose changes stay there."""
    return ColumnDataSource(
        data={column: [] for column in columns}, name=f"{prefix}:{name}", syncable=False
    )
