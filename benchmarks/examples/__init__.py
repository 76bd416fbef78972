"""Three small networks trained by Adam, in original coordinates and in bases of each structure.

    python -m benchmarks.examples                          # all three, minutes on two cores
    python -m benchmarks.examples small_gpt --device cuda

`convolution.py`, `batch_norm.py` and `small_gpt.py` each hold a model, its loss and its data, and
can be read by themselves; `bases.py` says in which bases they are trained, and `table.py` makes the
table of what `egop.compare` measured.
"""
