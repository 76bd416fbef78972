"""Many runs at once: bases × rates × starts on all cores, in pieces that can be abandoned."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

import numpy as np

from egop.cancellation import current_cancellation
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed
from egop.run_arguments import (
    broadcast_runs,
    check_method,
    check_n_steps,
    check_objective,
    check_start,
    read_bases,
    read_schedule,
)
from egop.trials import select_rates, start_value

STEPS_PER_TASK = 200_000
"""Steps × runs in one task in two variables: a few milliseconds, so that a sweep stops at once."""

PENDING = -2
"""Stands in `reached_at` and `diverged_at` for a run that has not been made yet."""


class Sweep:
    """The ends of runs of one method, for each basis and each start and rate.

    `start` (..., d) and `rates` (...) broadcast to the axes of the runs as in `egop.run`, which
    also takes the schedule of all of them.

    Attributes:
        start_values: (...) f at the starts.
        final_values: (B, ...) f after the last step; NaN for diverged and for pending runs.
        reached_at: (B, ...) first step with f ≤ target, −1 for never, −2 while pending.
        diverged_at: (B, ...) step, −1 for never, −2 while pending.
    """

    def __init__(
        self,
        objective: Objective,
        method: Method,
        bases: Sequence[Eigenbasis | Refreshed | None],
        start,
        rates,
        *,
        n_steps: int = 1000,
        schedule: Any = None,
        target: float | None = None,
    ):
        check_objective(objective, "a sweep")
        check_method(method, "a sweep")
        start = check_start(start, objective)
        rates = np.asarray(method.with_learning_rate(rates).learning_rate, dtype=float)
        self.shape = broadcast_runs(start, rates)
        self._starts = np.broadcast_to(start, (*self.shape, objective.dim)).reshape(
            -1, objective.dim
        )
        self._rates = np.broadcast_to(rates, self.shape).reshape(-1)
        self._objective, self._method, self._bases = objective, method, read_bases(bases)
        self._n_steps = check_n_steps(n_steps)
        self._schedule, self._target = read_schedule(schedule, n_steps), target
        self.start_values = objective.value(start)
        size = (len(self._bases), *self.shape)
        self.final_values = np.full(size, np.nan)
        self.reached_at = np.full(size, PENDING)
        self.diverged_at = np.full(size, PENDING)

    def advance(self, threads: int | None = None) -> Iterator[float]:
        """Runs everything; yields the share that is done. Abandoning the iterator stops the rest.

        What `egop.cancellation` says of the calling thread holds for its runs.

        Args:
            threads: how many to use; None: one for each core.
        """
        tasks = self._tasks()
        workers = threads or os.cpu_count() or 1
        pending: set[Future] = set()
        done = 0
        with ThreadPoolExecutor(workers) as pool:
            try:
                for basis, runs in tasks:
                    if len(pending) >= 2 * workers:
                        finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                        done += self._collect(finished)
                        yield done / len(tasks)
                    pending.add(pool.submit(copy_context().run, self._run, basis, runs))
                while pending:
                    finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                    done += self._collect(finished)
                    yield done / len(tasks)
            finally:
                for future in pending:
                    future.cancel()

    def finish(self, threads: int | None = None) -> "Sweep":
        """Runs everything and returns itself."""
        for _ in self.advance(threads):
            pass
        return self

    def _tasks(self) -> list[tuple[int, slice]]:
        """Pieces of about STEPS_PER_TASK, each one basis and some of its runs."""
        cost = max(1, self._n_steps) * max(1, self._objective.dim // 2)
        chunk = max(1, STEPS_PER_TASK // cost)
        runs = len(self._rates)
        return [
            (basis, slice(first, min(first + chunk, runs)))
            for first in range(0, runs, chunk)
            for basis in range(len(self._bases))
        ]

    def _run(self, basis: int, runs: slice) -> None:
        with current_cancellation().counted():
            path = run(
                self._objective,
                self._method.with_learning_rate(self._rates[runs]),
                self._starts[runs],
                self._n_steps,
                basis=self._bases[basis],
                schedule=self._schedule,
                keep="final",
                target=self._target,
            )
        for kept, ends in (
            (self.final_values, path.final_value),
            (self.reached_at, path.reached_at),
            (self.diverged_at, path.diverged_at),
        ):
            kept.reshape(len(self._bases), -1)[basis, runs] = ends

    @staticmethod
    def _collect(finished: set[Future]) -> int:
        for future in finished:
            future.result()
        return len(finished)


def best_rates(sweep: Sweep, rates, minimum: float) -> np.ndarray:
    """The best rate in each basis, (B,), of a sweep whose last run axis is the rates.

    By the rule of `select_rates`, of f − f*.

    Args:
        sweep: finished, with runs (..., L).
        rates: (L,), ascending.
        minimum: f*.

    Raises:
        ValueError: in some basis every rate diverges.
    """
    start = start_value(sweep.start_values) - minimum
    gaps = sweep.final_values - minimum
    best = select_rates(rates, gaps, sweep.reached_at, start, minimum)
    if np.isnan(best).any():
        raise ValueError(
            f"every rate from {rates[0]:g} to {rates[-1]:g} diverges; try smaller ones"
        )
    return best
