"""Limits on what visitors may ask of a server: by session, by network address, and in total.

A session is one open page, as the server knows it; nothing that a browser sends changes it. An
address counts for a whole class behind one router, so its limits are generous. Whoever serves only
themselves meets none of them in ordinary work.

Each limit is set by an environment variable such as EGOP_MAX_UNFINISHED_RUNS="4,200,400" or an
option of `egop app` such as --max-unfinished-runs. A process reads them once.
"""

import os
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, NamedTuple

from egop.bounds import shown

PREFIX = "EGOP_MAX_"
"""Begins the name of each environment variable."""

MINUTE, HOUR = 60.0, 3600.0


class Limit(NamedTuple):
    """The most that one session, the sessions of one address, and all together may have."""

    session: int
    address: int
    total: int

    def __str__(self):
        return ",".join(map(str, self))


def _about(what: str, seconds: float = 0.0, advice: str = "try again later") -> dict[str, Any]:
    """Metadata: what is counted, for how many seconds (0: at once), and what a visitor can do."""
    return {"what": what, "seconds": seconds, "advice": advice}


@dataclass(frozen=True)
class Limits:
    """All limits, with what each of them counts."""

    pages: Limit = field(
        default=Limit(1, 250, 500), metadata=_about("open pages", advice="close another one")
    )
    opened_pages: Limit = field(
        default=Limit(60, 600, 1200), metadata=_about("pages opened", MINUTE)
    )
    opening_seconds: int = field(
        default=15,
        metadata=_about(
            "seconds of making pages for one network address without a pause; then a quarter of "
            "the time; 0: no limit"
        ),
    )
    unfinished_runs: Limit = field(
        default=Limit(4, 200, 400),
        metadata=_about("unfinished runs", advice="wait for one of them, or pause or cancel it"),
    )
    running_runs: Limit = field(
        default=Limit(2, 200, 400),
        metadata=_about("runs that are carried out; others wait"),
    )
    begun_runs: Limit = field(default=Limit(60, 600, 1200), metadata=_about("runs begun", HOUR))
    uploads: Limit = field(default=Limit(1, 30, 60), metadata=_about("files that are being added"))
    upload_megabytes: Limit = field(
        default=Limit(200, 2000, 4000), metadata=_about("MB of files that are being added")
    )
    added_files: Limit = field(default=Limit(60, 1000, 2000), metadata=_about("files added", HOUR))
    added_megabytes: Limit = field(
        default=Limit(1000, 5000, 10000), metadata=_about("MB of files added", HOUR)
    )
    archive_megabytes: int = field(
        default=20_000,
        metadata=_about("MB of all files that visitors have added"),
    )
    formulas: Limit = field(
        default=Limit(60, 600, 1200), metadata=_about("formulas derived", MINUTE)
    )
    computing_seconds: int = field(
        default=40,
        metadata=_about("seconds of computing of a page's scenes, maps and tuning", MINUTE),
    )
    waiting_works: int = field(
        default=32, metadata=_about("maps, downloads and other works of a page that wait")
    )
    runs_of_a_result: int = field(
        default=100_000, metadata=_about("trainings in one experiment of the lab")
    )
    result_megabytes: int = field(
        default=500, metadata=_about("MB in the result of one experiment of the lab")
    )
    run_days: int = field(
        default=7, metadata=_about("days that an experiment of the lab may be predicted to take")
    )
    worker_megabytes: int = field(
        default=0, metadata=_about("MB of memory of the worker; 0: three quarters of the machine's")
    )
    server_megabytes: int = field(
        default=0,
        metadata=_about(
            "MB that the server may occupy before it refuses pages, files and runs; 0: half of the "
            "machine's memory"
        ),
    )


FIELDS = {each.name: each for each in fields(Limits)}


def variable(name: str) -> str:
    """The environment variable that sets a limit."""
    return f"{PREFIX}{name.upper()}"


@cache
def limits() -> Limits:
    """Returns the limits of this process: the defaults, and what the environment says.

    Raises:
        ValueError: a variable holds something else.
    """
    given = {name: os.environ.get(variable(name)) for name in FIELDS}
    found: dict[str, Any] = {name: read_limit(name, text) for name, text in given.items() if text}
    return Limits(**found)


def read_limit(name: str, text: str, option: str = "") -> Limit | int:
    """A limit from its text: one whole number, or three with commas between them.

    Args:
        name: of the limit.
        text: what was given.
        option: where it was given, for the sentence of the error; "": the environment variable.

    Raises:
        ValueError: the text is something else.
    """
    count = 3 if isinstance(FIELDS[name].default, Limit) else 1
    words = text.split(",")
    if len(words) != count or not all(
        word.strip().isascii() and word.strip().isdigit() and len(word) < 16 for word in words
    ):
        takes = "whole numbers for a page, an address and all, such as" if count == 3 else "e.g."
        raise ValueError(
            f"{option or variable(name)} takes {takes} {FIELDS[name].default}, got {shown(text)}"
        )
    numbers = [int(word) for word in words]
    return Limit(*numbers) if count == 3 else numbers[0]


def counted(name: str) -> str:
    """The words for what a limit counts, and for how long."""
    about = FIELDS[name].metadata
    when = {0.0: "", MINUTE: " in a minute", HOUR: " in an hour"}[about["seconds"]]
    return f"{about['what']}{when}"


def table() -> str:
    """All limits as a table in Markdown."""
    lines = ["| limit | a page | an address | all | what is counted |", "|---|---:|---:|---:|---|"]
    for name, each in FIELDS.items():
        limit = each.default
        numbers = limit if isinstance(limit, Limit) else (limit, "", "")
        lines.append(f"| `{name}` | {' | '.join(map(str, numbers))} | {counted(name)} |")
    return "\n".join(lines) + "\n"
