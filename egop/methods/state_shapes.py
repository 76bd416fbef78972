"""Shapes of what methods of matrices keep, as functions of the shape (m, n) of a gradient."""


def mean_and_sides(shape, h):
    """The shapes of a mean of gradients, of GGᵀ and GᵀG, and of their roots or eigenbases."""
    sides = (shape[0], shape[0]), (shape[1], shape[1])
    return (shape, *sides, *sides)


def rows_twice(shape, h):
    """The shapes of GGᵀ and of its root."""
    return ((shape[0], shape[0]),) * 2


def mean_and_rows(shape, h):
    """The shapes of a mean of gradients and of one number for each row."""
    return shape, (shape[0], 1)
