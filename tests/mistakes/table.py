"""The table of mistakes: `python -m tests.mistakes.table` writes it anew."""

import contextlib
import io
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.arguments import take_none

TABLE = Path(__file__).with_name("table.md")
AREAS = (
    "formulas",
    "objectives",
    "bases",
    "methods",
    "networks",
    "optimizer",
    "results",
    "package",
)
"""Files beside this one; each holds SETUP, lines of code that its mistakes share, and MISTAKES."""

HEAD = """# What egop answers to mistakes

Written by `python -m tests.mistakes.table`; `test_table.py` beside it holds it against the code.
"""
COLUMNS = """
| what was typed | the answer |
| --- | --- |
"""


def mistakes() -> list[tuple[str, str, str]]:
    """Returns every mistake after its area and the setup that its area shares."""
    modules = {area: import_module(f"tests.mistakes.{area}") for area in AREAS}
    return [(area, each.SETUP, code) for area, each in modules.items() for code in each.MISTAKES]


def answer(setup: str, mistake: str, folder: Path) -> str:
    """Returns the error that Python code raises, or what a command says on standard error.

    Args:
        setup: lines of code that come first; not for commands.
        mistake: code, or a command line that begins with "egop ".
        folder: for what is written; paths in messages are given relative to it.

    Raises:
        AssertionError: nothing was raised.
    """
    with contextlib.chdir(folder):
        if mistake.startswith("egop "):
            said = _said_by_command(mistake.split()[1:])
        else:
            said = _raised_by_code(setup, mistake)
    return said.replace(f"{folder}{os.sep}", "")


def _raised_by_code(setup: str, mistake: str) -> str:
    names: dict[str, Any] = {}
    exec(setup, names)  # noqa: S102
    try:
        exec(mistake, names)  # noqa: S102
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"{mistake} raises nothing")


def _said_by_command(words: list[str]) -> str:
    from egop.cli import main

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        status = main(words)
        assert status, f"egop {' '.join(words)} says that all is well"
    return said.getvalue().strip().splitlines()[-1]


def rendered(folder: Path) -> str:
    """Returns the table in Markdown, with every mistake made."""
    rows = dict.fromkeys(AREAS, "")
    for area, setup, code in mistakes():
        rows[area] += row(code, answer(setup, code, folder)) + "\n"
    return HEAD + "".join(f"\n## {area.capitalize()}\n{COLUMNS}{rows[area]}" for area in AREAS)


def row(code: str, said: str) -> str:
    """Returns a line of the table."""
    return f"| `{_cell(code)}` | {_cell(said)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "; ")


if __name__ == "__main__":
    take_none(__doc__)
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as temporary:
        written = rendered(Path(temporary))
    TABLE.write_text(written, encoding="utf-8")
