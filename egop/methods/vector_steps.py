"""Methods of parameters that are no matrices, beside one for matrices."""

from egop.methods.adaptive import adam, adamw
from egop.methods.method import Method


def adam_for_vectors(h) -> Method:
    """Adam, with the weight decay of the matrices, at a factor of their rate."""
    weight_decay = getattr(h, "weight_decay", 0.0)
    return adamw(h.vector_rate, weight_decay=weight_decay) if weight_decay else adam(h.vector_rate)
