"""Colors by method, line styles by basis, and the format of numbers.

Plain data, the same in the explorer, the figures, the notebooks and the exports. The colors are
Okabe and Ito's palette for color-blind readers, shifted in lightness so that each has a contrast
of 3 or more with both the light and the dark background.
"""

import math
from collections.abc import Iterable
from itertools import cycle
from typing import NamedTuple
from zlib import crc32


class Look(NamedTuple):
    """Name and looks of a method.

    Attributes:
        label: its name in sentences and legends.
        color: of its lines.
        marker: Bokeh's, at the head of its path. Two methods with one marker have colors that are
            told apart also by color-blind readers.
    """

    label: str
    color: str
    marker: str


METHODS = {
    "adagrad": Look("Adagrad", "#d55e00", "circle"),
    "adam": Look("Adam", "#2b7fc4", "square"),
    "gradient_descent": Look("Gradient descent", "#7a7a7a", "diamond"),
    "momentum": Look("Momentum", "#0a9471", "triangle"),
    "adamw": Look("AdamW", "#b5568f", "hex"),
    "adamax": Look("Adamax", "#8a6fd1", "square_pin"),
    "amsgrad": Look("AMSGrad", "#4f9ac2", "plus"),
    "adadelta": Look("Adadelta", "#a67c00", "hex"),
    "rmsprop": Look("RMSprop", "#c9506b", "square"),
    "adagrad_norm": Look("AdaGrad-Norm", "#9a7355", "hex"),
    "full_adagrad": Look("Full-matrix AdaGrad", "#6b8e23", "square"),
    "sign_momentum": Look("Sign descent", "#c0508f", "triangle"),
    "normalized_momentum": Look("Normalized descent", "#5f8f8b", "inverted_triangle"),
    "vector_adam": Look("VectorAdam", "#6f74c4", "inverted_triangle"),
    "muon": Look("Muon", "#4f8f3c", "diamond"),
    "spectral_momentum": Look("Spectral descent", "#9b6a9e", "diamond"),
    "shampoo": Look("Shampoo", "#3d868c", "square_pin"),
    "lion": Look("Lion", "#b8622f", "hex"),
    "agd": Look("AGD", "#3d7f9e", "circle"),
    "pisa": Look("PISA", "#6f7d3a", "inverted_triangle"),
    "adafactor": Look("Adafactor", "#8b5a6e", "circle"),
    "soap": Look("SOAP", "#b45f3a", "square_pin"),
    "one_sided_shampoo": Look("One-sided Shampoo", "#5c7fb0", "square_pin"),
    "kl_shampoo": Look("KL-Shampoo", "#4a7a6a", "hex"),
    "galore": Look("GaLore", "#b5793a", "plus"),
    "conda": Look("Conda", "#8a8f2e", "triangle"),
    "kl_soap": Look("KL-SOAP", "#a8557a", "plus"),
    "aro": Look("ARO", "#4a7ab5", "hex"),
    "cosmos": Look("COSMOS", "#7d6b3f", "square"),
    "asgo": Look("ASGO", "#8f6a3a", "triangle"),
    "accumulating_asgo": Look("ASGO of sums", "#a0764f", "circle"),
    "dasgo": Look("DASGO", "#7d6b8f", "square"),
    "splus": Look("SPlus", "#b0556a", "inverted_triangle"),
}
"""Looks of the methods."""

OTHER_COLORS = ("#3f8f4f", "#b0652b", "#7568b8", "#a85a5a", "#46888f")
OTHER_MARKERS = ("hex", "inverted_triangle", "square_pin", "plus")
"""Looks of methods that are not in the table."""

ORIGINAL_DASH = (6, 4)
"""Line dash in original coordinates, in pixels of arc length."""
ROTATED_DASH = ()
"""Line dash in a rotated basis: solid."""

BASIS_DASHES = {
    "original": ORIGINAL_DASH,
    "egop": ROTATED_DASH,
    "global": (18, 3, 2, 3),
    "block": (8, 3, 2, 3),
    "first": (2, 2),
    "kronecker": (14, 3),
    "rows": (12, 2, 4, 2),
    "partial": (10, 3, 2, 3, 2, 3),
    "sketch": (5, 2),
    "few": (6, 2, 1, 2, 1, 2),
    "refreshed": (16, 2, 2, 2),
    "data": (6, 2, 1, 2),
    "inputs": (4, 1, 1, 1, 1, 1),
    "random": (1, 2),
    "random_global": (3, 2, 1, 2),
}
"""Line dash of each basis of an experiment."""
OTHER_DASHES = ((4, 4), (16, 4, 4, 4), (1, 4), (9, 2, 2, 2, 2, 2), (9, 5), (3, 3, 9, 3))
"""Line dashes of bases that are not in the table, such as those with labels of one's own."""

CONTROL_WIDTHS = {"data": 0.7, "inputs": 0.7, "random": 0.7, "random_global": 0.7}
"""Widths of the lines of the bases that are controls, as shares of those of the others."""

BASIS_LABELS = {
    "original": "original coordinates",
    "egop": "EGOP coordinates",
    "global": "global EGOP",
    "block": "EGOP of each block",
    "first": "EGOP of the first layer",
    "kronecker": "Kronecker EGOP",
    "rows": "EGOP of the rows",
    "partial": "leading EGOP directions",
    "sketch": "sketched EGOP",
    "few": "EGOP of few gradients",
    "refreshed": "Kronecker EGOP anew in every epoch",
    "data": "basis of the first layer's inputs",
    "inputs": "basis of each layer's inputs",
    "random": "random basis",
    "random_global": "random basis of all parameters",
}
"""Names of an experiment's bases in legends."""

LIGHT = {
    "background": "#ffffff",
    "surface": "#f6f7f9",
    "text": "#1c2430",
    "muted": "#5b6675",
    "grid": "#e3e7ec",
    "border": "#d5dae1",
    "landscape": ("#ffffff", "#cfd6df"),
    "contour": "#b4bec9",
    "undefined": ("#ffffff", "#a3aebb"),
    "accent": "#2b5f9e",
    "warning": "#9a5b00",
    "error": "#b3261e",
}
DARK = {
    "background": "#12161c",
    "surface": "#1a2029",
    "text": "#e8ecf1",
    "muted": "#9aa6b4",
    "grid": "#2a323d",
    "border": "#333d4a",
    "landscape": ("#151a21", "#39434f"),
    "contour": "#4c5866",
    "undefined": ("#0d1014", "#56616f"),
    "accent": "#8ab4e8",
    "warning": "#e0a848",
    "error": "#f2857c",
}
"""Colors of the page in each theme; `landscape` runs from the lowest to the highest level,
`undefined` is the ground and the hatching where f is not defined."""

MINIMUM = {"fill": "#f0c419", "line": "#5a4a00"}
"""Colors of the star of a minimum."""
SPECTRUM = "#5f7f9f"
SAMPLE = "#8292a4"
EIGENVECTORS = ("#1f9e89", "#8f6bb3")
"""Colors of v_1 and v_2."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def number(value: float, digits: int = 2) -> str:
    """A number as people write it: 0.25, 148, 1.2×10⁻⁵; "∞" and "undefined" for the others."""
    value = float(value)
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "−∞" if value < 0 else "∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -3 <= exponent < max(4, digits):
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        scale = f"10{str(int(power)).translate(_SUPERSCRIPTS)}"
        text = scale if mantissa == "1" else f"{mantissa}×{scale}"
    return text.replace("-", "−")


def indexed(letter: str, index: int) -> str:
    """A letter with an index: "v₁", "z₁₂"."""
    return f"{letter}{str(index).translate(_SUBSCRIPTS)}"


def size_words(n_bytes: int) -> str:
    """A number of bytes in the unit that suits it: "31 MB", "0.41 GB", "12.3 TB"."""
    for unit, size, least in (("TB", 1e12, 1), ("GB", 1e9, 0.1), ("MB", 1e6, 0.1)):
        if n_bytes >= least * size:
            return f"{number(n_bytes / size, 3)} {unit}"
    return f"{number(n_bytes / 1e3, 3)} kB"


def count_words(count: int, noun: str) -> str:
    """A count with its noun: "1 run", "1,200 runs"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def color(method: str) -> str:
    """The method's color; for a name that is not in the table one of the others, always the same.

    A second Adam, "adam_2", has another one than the first.
    """
    return _look(method).color


def dash(rotated: bool) -> list[int]:
    """The dashes of a run in original coordinates or in a basis."""
    return list(ROTATED_DASH if rotated else ORIGINAL_DASH)


def basis_dashes(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The dash of each basis of a picture: two that are not in the table have different ones."""
    known = list(dict.fromkeys(names))
    others = zip([name for name in known if name not in BASIS_DASHES], cycle(OTHER_DASHES))
    found = BASIS_DASHES | dict(others)
    return {name: found[name] for name in known}


def marker(method: str) -> str:
    """The method's marker; for a name that is not in the table one of the others, as its color."""
    return _look(method).marker


def method_looks(names: Iterable[str]) -> dict[str, Look]:
    """The look of each method of a picture: two that are not in the table have different ones.

    Each has that of `color` and `marker`, unless one before it has taken that.
    """
    known = dict.fromkeys(names)
    found = {name: METHODS[name] for name in known if name in METHODS}
    for name in known:
        if name not in found:
            taken = {(each.color, each.marker) for each in found.values()}
            ways = (_look(name, step) for step in range(len(OTHER_COLORS) * len(OTHER_MARKERS)))
            free = (look for look in ways if (look.color, look.marker) not in taken)
            found[name] = next(free, _look(name))
    return {name: found[name] for name in known}


def _look(method: str, step: int = 0) -> Look:
    """The look of the table, or one of the others, always the same for a name and a step."""
    if method in METHODS:
        return METHODS[method]
    place, at = divmod(crc32(method.encode()) + step, len(OTHER_COLORS))
    return Look(method, OTHER_COLORS[at], OTHER_MARKERS[place % len(OTHER_MARKERS)])


VECTORS, MATRICES = "For any variables", "For matrices"
"""Titles of the groups in which methods are offered."""


def label(method: str) -> str:
    """The method's name for people; that of a second Adam, "adam_2", is "Adam 2".

    Options follow it: "galore(rank=4)" is "GaLore, rank 4".
    """
    method, _, options = method.partition("(")
    if options:
        return f"{label(method)}, {options.rstrip(')').replace('=', ' ').replace('_', ' ')}"
    first, _, number = method.rpartition("_")
    if number.isdigit() and first in METHODS:
        return f"{METHODS[first].label} {number}"
    return METHODS[method].label if method in METHODS else method.replace("_", " ")


def landscape_palette(colors: dict, n: int = 64) -> list[str]:
    """Returns n colors of a landscape from low to high, interpolated."""
    low, high = ([int(end[i : i + 2], 16) for i in (1, 3, 5)] for end in colors["landscape"])
    shares = [k / (n - 1) for k in range(n)]
    rows = [[a + share * (b - a) for a, b in zip(low, high, strict=True)] for share in shares]
    return ["#" + "".join(f"{round(c):02x}" for c in row) for row in rows]
