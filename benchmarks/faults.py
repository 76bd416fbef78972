"""`python -m benchmarks.faults`: what happens when something breaks, and the tests that show it.

Writes `benchmarks/results/faults.md` from the rows of `fault_rows.py`.
`tests/benchmarks/test_faults.py` checks that every test named there exists, that every sentence
stands in the code, and that the stored table is this one.
"""

from pathlib import Path

from benchmarks.arguments import take_none
from benchmarks.fault_rows import FAULTS, Fault

RESULT = Path(__file__).parent / "results" / "faults.md"
OPENING = """# Faults

Written by `python -m benchmarks.faults`. Each row was made to happen by the tests beside it.

| What breaks | What people see | What is kept | Shown by |
|---|---|---|---|
"""


def table() -> str:
    """The faults as Markdown."""
    return OPENING + "".join(map(row, FAULTS))


def row(fault: Fault) -> str:
    """One fault as a row of the table."""
    said = f": “{fault.sentence}”" if fault.sentence else ""
    tests = "<br>".join(f"`{each}`" for each in fault.tests)
    return f"| {fault.what} | {fault.seen}{said} | {fault.kept} | {tests} |\n"


if __name__ == "__main__":
    take_none(__doc__)
    RESULT.write_text(table(), encoding="utf-8")
