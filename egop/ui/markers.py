"""Outlines of the markers as Bokeh draws them in figures, for legends and canvases."""

SIZE = 12
"""The size of the outlines, which lie around (0, 0)."""
OUTLINES = {
    "circle": "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z",
    "square": "M-6-6 6-6 6 6-6 6z",
    "diamond": "M0-6 4 0 0 6-4 0z",
    "triangle": "M-6 3.46 6 3.46 0-6.93z",
    "inverted_triangle": "M-6-3.46 6-3.46 0 6.93z",
    "plus": (
        "M2.25 6 2.25 2.25 6 2.25 6-2.25 2.25-2.25 2.25-6-2.25-6-2.25-2.25-6-2.25-6 2.25-2.25 2.25"
        "-2.25 6z"
    ),
    "square_pin": "M-6-6Q0-2.25 6-6 2.25 0 6 6 0 2.25-6 6-2.25 0-6-6z",
    "hex": "M6 0 3-5.2-3-5.2-6 0-3 5.2 3 5.2z",
    "star": (
        "M0-6 1.35-1.85 5.71-1.85 2.18.71 3.53 4.85 0 2.29-3.53 4.85-2.18.71-5.71-1.85-1.35-1.85z"
    ),
}
"""Path data of SVG by the name that Bokeh has for a marker: those of methods and runs, and the star
of a minimum."""


def marker_path(marker: str, x: float, y: float, size: float, looks: str = "") -> str:
    """SVG of a marker around a point; `looks` are attributes such as its fill."""
    place = f"translate({x} {y}) scale({size / SIZE:.3g})"
    return f'<path d="{OUTLINES[marker]}" transform="{place}" {looks}/>'
