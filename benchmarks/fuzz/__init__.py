"""Fuzzing: hostile input of each kind, made from a seed, and what went wrong with it.

`make fuzz MINUTES=5` shares the time among the kinds of `kinds.py` and stores counts and findings
in `benchmarks/results/fuzz.json` and `fuzz.md`. A case is made by its kind, the seed and its
number, so that what was found can be made again: `python -m benchmarks.fuzz --kinds KIND --case
SEED:NUMBER`.
"""
