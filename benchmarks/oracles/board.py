"""The oracle board as numbers and as a table."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from benchmarks.oracles.comparison import SHAPES, STEPS, deviation, oracle_path, our_path
from benchmarks.oracles.row import Row
from egop.methods import METHODS, Method

PEERS = ("torch", "pytorch_optimizer", "numpy")
HEAD = """# Methods beside others' code

Written by `python -m benchmarks.oracles` with {versions}.
Both step W in float64 with the same noisy gradients, {steps} steps at each of the shapes {shapes}.
The deviation is the largest distance of the iterates at the same step, as a share of the way from
W₀, at the shape where it is largest. Where the other code does something else, a sentence says
what, and the last column is without that difference. What is written from formulas sums over all
earlier gradients.

| method | beside | deviation | difference | without it |
| --- | --- | --- | --- | --- |
"""


def measured(row: Row, shapes: Iterable[str] = SHAPES, steps: int = STEPS) -> dict[str, Any]:
    """A row's words and its deviations at some of `SHAPES`."""
    oracles = {"deviation": row.oracle, "corrected": row.corrected}
    found: dict[str, dict[str, float]] = {}
    for name in shapes:
        shape = SHAPES[name]
        ours = our_path(row.ours, shape, steps)
        found[name] = {
            key: deviation(ours, oracle_path(oracle, shape, steps))
            for key, oracle in oracles.items()
            if oracle is not None
        }
    return described(row) | {"shapes": found}


def described(row: Row) -> dict[str, str]:
    """The words of a row."""
    return {"method": label(row.ours), "peer": row.peer, "difference": row.difference}


def label(method: Method) -> str:
    """A method's name with the hyperparameters that are not its defaults, such as muon(eps=0)."""
    defaults = METHODS[method.name]().hyperparameters._asdict()
    given = method.hyperparameters._asdict().items()
    other = [f"{key}={x!r}" for key, x in given if x != defaults[key]]
    return f"{method.name}({', '.join(other)})" if other else method.name


def largest(found: dict[str, Any], key: str) -> float | None:
    """The deviation at the shape where it is largest; None where there is none of the kind."""
    return max((each[key] for each in found["shapes"].values() if key in each), default=None)


def content(rows: Iterable[Row]) -> dict[str, Any]:
    """Everything that is measured, ready for JSON."""
    return {
        "steps": STEPS,
        "versions": {name: version(name) for name in PEERS},
        "rows": [measured(row) for row in rows],
    }


def document(board: dict[str, Any]) -> str:
    """The table in Markdown."""
    shapes = ", ".join(f"{m}×{n}" for m, n in SHAPES.values())
    versions = ", ".join(f"{name} {number}" for name, number in board["versions"].items())
    lines = [line(row) for row in board["rows"]]
    return (
        HEAD.format(shapes=shapes, versions=versions, steps=board["steps"])
        + "\n".join(lines)
        + "\n"
    )


def line(found: dict[str, Any]) -> str:
    """A row of the table."""
    numbers = [largest(found, key) for key in ("deviation", "corrected")]
    first, last = ("" if x is None else f"{x:.0e}" for x in numbers)
    name = found["method"].replace("|", "\\|")
    return f"| `{name}` | {found['peer']} | {first} | {found['difference']} | {last} |"
