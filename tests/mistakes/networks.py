"""Mistakes with networks."""

SETUP = """
import egop
"""

MISTAKES = ()
