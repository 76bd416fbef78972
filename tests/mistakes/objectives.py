"""Mistakes with objectives."""

SETUP = """
import egop
"""

MISTAKES = ()
