"""Training steps with EGOPOptimizer beside Adam and SOAP, and what large bases cost.

    python -m benchmarks.optimizer --wide 256              # minutes on two cores
    python -m benchmarks.optimizer --device cuda --wide 1024

`steps.py` times whole steps, `estimates.py` the estimates of large bases, and `products.py` the
products of a tall matrix and a vector that a partial basis takes; `models.py` makes the networks.
"""
