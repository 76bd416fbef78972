"""Products of a tall matrix W (p, k) and a vector, in the ways in which they can be made.

A partial basis takes each of Wᵀg and W w twice a step. They take as long as reading W, where the
library reads it well. Which way that is differs between devices; `egop/networks/partial_basis.py`
has columns one after the other in memory, and on a GPU takes pieces of `PIECE`.
"""

from collections.abc import Callable, Iterator

import torch

from benchmarks.optimizer.models import wait
from benchmarks.stopwatch import Row, measure_in_turn
from egop.networks.partial_basis import PIECE, product_in_pieces


def product_rows(device: str, seconds: float, p: int = 2**20, k: int = 64) -> Iterator[Row]:
    """Each way beside adding up all entries of W, which reads it once."""
    generator = torch.Generator().manual_seed(0)
    by_rows = torch.randn(p, k, generator=generator).to(device)
    by_columns = by_rows.mT.contiguous().mT
    long = torch.randn(p, generator=generator).to(device)
    short = torch.randn(k, generator=generator).to(device)
    ways: dict[str, Callable[[], object]] = {"adding up W": by_rows.sum}
    for name, matrix in (("columns", by_columns), ("rows", by_rows)):
        ways[f"Wᵀg, {name} in memory"] = lambda m=matrix: long @ m
        for size in (PIECE // 4, PIECE, 4 * PIECE):
            ways[f"Wᵀg, {name} in memory, pieces of {size}"] = lambda m=matrix, s=size: (
                product_in_pieces(long, m, s)
            )
        ways[f"g − W w, {name} in memory"] = lambda m=matrix: torch.addmv(long, m, short, alpha=-1)

    def waited(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            call()
            wait(device)

        return run

    once, *taken = measure_in_turn(*map(waited, ways.values()), seconds=seconds)
    for name, each in zip(list(ways)[1:], taken, strict=True):
        yield Row(f"{name}, p = {p:,}, k = {k}", each, None, "adding up W", once)
