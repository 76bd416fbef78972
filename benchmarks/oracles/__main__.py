"""Measures every row and writes the board: `python -m benchmarks.oracles`."""

import json
from pathlib import Path

from benchmarks.arguments import take_none
from benchmarks.oracles.board import content, document
from benchmarks.oracles.rows import ROWS

RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Writes `oracles.json` and `oracles.md`."""
    board = content(ROWS)
    text = json.dumps(board, indent=1, ensure_ascii=False)
    (RESULTS / "oracles.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "oracles.md").write_text(document(board), encoding="utf-8")


if __name__ == "__main__":
    take_none(__doc__)
    main()
