"""The text of an ES module together with the modules it imports.

Panel takes the script of a component as one text, Bokeh's callbacks take the body of a function,
and the server has no route for files of ours, so a module cannot be imported by its address. In the
source tree the scripts are ordinary modules that import each other by name; eslint, the TypeScript
compiler and node read them as they are.
"""

import re
from pathlib import Path

IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[^"]+)";\n', re.M)
"""Names are imported as they are, from files of this package, at the beginning of a line."""
OTHER_IMPORT = re.compile(r"^(import\b|export \{|export \*).*", re.M)
EXPORT = re.compile(r"^export ", re.M)
COMMENT = re.compile(r"^[ \t]*(//[^\n]*|/\*\*.*?\*/)\n", re.M | re.DOTALL)
"""Comments of whole lines: a page carries the text once for each component."""


def bundle(path: Path) -> str:
    """Returns the text of a module below those that it imports, each once, without comments.

    All of them share one scope, so that no two may declare the same name.

    Args:
        path: of the module; what it exports is what the whole exports.

    Raises:
        ValueError: a module is imported in another form than `IMPORT`.
    """
    *imported, last = _modules(path, [])
    return "\n".join([*(EXPORT.sub("", _body(each)) for each in imported), _body(last)])


def function_body(path: Path, value: str) -> str:
    """Returns the body of a function that evaluates an expression of what a module exports.

    Args:
        path: of the module.
        value: what the function returns, for instance "formatNumber(value, 3)".

    Raises:
        ValueError: as `bundle`.
    """
    return f"{EXPORT.sub('', bundle(path))}\nreturn {value};"


def _modules(path: Path, found: list[Path]) -> list[Path]:
    """A module and those that it needs, in the order in which they can be evaluated."""
    path = path.resolve()
    if path not in found:
        for name in IMPORT.findall(path.read_text(encoding="utf-8")):
            _modules(path.parent / name, found)
        found.append(path)
    return found


def _body(path: Path) -> str:
    """The text of a module without its imports and comments."""
    text = COMMENT.sub("", IMPORT.sub("", path.read_text(encoding="utf-8")))
    other = OTHER_IMPORT.search(text)
    if other:
        raise ValueError(f"{path.name} can only import names from a file of ours: {other[0]}")
    return text
