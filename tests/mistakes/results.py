"""Mistakes with results and the lab."""

SETUP = """
import egop
"""

MISTAKES = ()
