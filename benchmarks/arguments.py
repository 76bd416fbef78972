"""The command line of benchmarks that take no arguments: `--help`, and a sentence for all else."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path


def take_none(about: str | None) -> None:
    """Reads the command line, which may ask for help alone.

    Args:
        about: the docstring of the module.
    """
    spec = sys.modules["__main__"].__spec__
    name = spec.name.removesuffix(".__main__") if spec else Path(sys.argv[0]).name
    form = RawDescriptionHelpFormatter
    ArgumentParser(prog=f"python -m {name}", description=about, formatter_class=form).parse_args()
