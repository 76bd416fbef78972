"""Mistakes with distributions and eigenbases."""

SETUP = """
import egop
"""

MISTAKES = ()
