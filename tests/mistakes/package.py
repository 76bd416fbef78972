"""Mistakes with the package, its command line and the explorer."""

SETUP = """
import egop
"""

MISTAKES = ()
