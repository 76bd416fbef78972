"""The oracle board: every method step by step against others' code or its formula in closed form.

`python -m benchmarks.oracles` writes `benchmarks/results/oracles.md` and `oracles.json` from the
rows of `benchmarks/oracles/rows.py` and of the families beside it.
"""
