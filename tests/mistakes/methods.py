"""Mistakes with methods and runs."""

SETUP = """
import egop
from egop import methods, objectives
"""

MISTAKES = (
    "methods.adam(-1)",
    "methods.method('adm', 0.1)",
)
