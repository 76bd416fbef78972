"""Structures of a block's EGOP: sums of gradients, and the bases made of them."""
