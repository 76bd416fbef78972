"""Mistakes with formulas."""

SETUP = """
import egop
"""

MISTAKES = ()
