"""Optional packages: what to install when a name is used that needs them."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed(name: str, extra: str) -> Iterator[None]:
    """A context around imports that `name` needs, telling how to install the extra they are in.

    Raises:
        ImportError: when a package other than egop's own is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "egop":
            raise
        raise ImportError(
            f"{name} needs the package {package}, which is not installed: "
            f'run pip install "egop[{extra}]".'
        ) from error
