"""Versions of the packages whose insides are patched or used, and the warning about others."""

import logging
from functools import cache
from importlib.metadata import version
from typing import Any

LOG = logging.getLogger(__name__)

TESTED = {
    "panel": ("1.9", "1.11"),
    "bokeh": ("3.9", "3.11"),
    "tornado": ("6.4", "6.7"),
    "numba": ("0.62", "0.69"),
    "distributed": ("2025.1", "2027"),
}
"""The oldest version of each package that the tests passed with, and the first unknown to them.

pyproject.toml requires the same versions.
"""


def can_patch(package: str, without: str, *insides: tuple[Any, str]) -> bool:
    """Returns True if the installed version of a package is a tested one and has these insides.

    Otherwise the package is to be left as it is; one warning for each `without` says so.

    Args:
        package: a key of `TESTED`.
        without: what is missing without the patch, as a sentence without its full stop.
        *insides: objects of the package, each with the name of an attribute that must be there.
    """
    missing = [name for owner, name in insides if not hasattr(owner, name)]
    oldest, unknown = TESTED[package]
    found = version(package)
    if not missing and _key(oldest) <= _key(found) < _key(unknown):
        return True
    _warn(package, found, without, ", ".join(missing))
    return False


@cache
def _warn(package: str, found: str, without: str, missing: str) -> None:
    oldest, unknown = TESTED[package]
    LOG.warning(
        "egop was tested with %s from %s to below %s; this is %s%s. %s. "
        'To mend it: pip install "%s>=%s,<%s".',
        package,
        oldest,
        unknown,
        found,
        f", without {missing}" if missing else "",
        without,
        package,
        oldest,
        unknown,
    )


def _key(text: str) -> tuple[int, ...]:
    """The first two numbers of a version, for comparison."""
    return tuple(int(part) for part in text.split(".")[:2])
