"""The convex problems as native functions: value and gradient in one call.

Each takes `data`, the problem's numbers one after the other, d, a point, and where the gradient
goes. They are plain Python that numba compiles, in loops that it vectorizes.
"""

from math import exp, log, log1p

import numpy as np
from numba import njit

from egop.compilation import FunctionKernel
from egop.exponential import SMALLEST, exponential

_SUMS = {"reassoc", "contract", "nsz"}
_NEGLIGIBLE = 45.0
"""exp(−45) is below the round-off of a float64 sum of up to a thousand ones."""


def _quadratic(data, dim, point, gradient):
    """½(x−c)ᵀH(x−c); data: H (d, d), c (d)."""
    value = 0.0
    center = dim * dim
    for i in range(dim):
        total = 0.0
        for j in range(dim):
            total += data[i * dim + j] * (point[j] - data[center + j])
        gradient[i] = total
        value += total * (point[i] - data[center + i])
    return value / 2


def _log_sum_exp(data, dim, point, gradient):
    """log Σ exp(r_i²), r = Aθ − y; data: n, A (n, d), y (n). Each loop is one that vectorizes."""
    n = int(data[0])
    residuals = np.empty(n)
    if dim == 2:
        largest = _residuals_2d(data, n, point, residuals)
    else:
        largest = _residuals(data, n, dim, point, residuals)
    total = 0.0
    for i in range(n):
        above = residuals[i] * residuals[i] - largest
        weight = exponential(max(above, SMALLEST))
        total += weight
        residuals[i] *= weight if above > -_NEGLIGIBLE else 0.0
    if dim == 2:
        _weigh_rows_2d(data, n, residuals, 2 / total, gradient)
    else:
        _weigh_rows(data, n, dim, residuals, 2 / total, gradient)
    return largest + log(total)


@njit(error_model="numpy", fastmath=_SUMS)
def _residuals(data, n, dim, point, residuals):
    """Writes Aθ − y; the largest square."""
    largest = 0.0
    for i in range(n):
        row = 1 + i * dim
        residual = -data[1 + n * dim + i]
        for j in range(dim):
            residual += data[row + j] * point[j]
        residuals[i] = residual
        largest = max(largest, residual * residual)
    return largest


@njit(error_model="numpy", fastmath=_SUMS)
def _residuals_2d(data, n, point, residuals):
    largest = 0.0
    x, y = point[0], point[1]
    for i in range(n):
        residual = data[1 + 2 * i] * x + data[2 + 2 * i] * y - data[1 + 2 * n + i]
        residuals[i] = residual
        largest = max(largest, residual * residual)
    return largest


@njit(error_model="numpy", fastmath=_SUMS)
def _weigh_rows(data, n, dim, weights, factor, gradient):
    """Writes factor · Aᵀ weights."""
    for j in range(dim):
        gradient[j] = 0.0
    for i in range(n):
        if weights[i] != 0.0:
            weight, row = factor * weights[i], 1 + i * dim
            for j in range(dim):
                gradient[j] += weight * data[row + j]


@njit(error_model="numpy", fastmath=_SUMS)
def _weigh_rows_2d(data, n, weights, factor, gradient):
    x = 0.0
    y = 0.0
    for i in range(n):
        x += weights[i] * data[1 + 2 * i]
        y += weights[i] * data[2 + 2 * i]
    gradient[0], gradient[1] = factor * x, factor * y


def _logistic(data, dim, point, gradient):
    """Σ log(1 + exp(t_i)) − y_i t_i, t = Aθ; data: n, A (n, d), labels (n)."""
    n = int(data[0])
    labels = 1 + n * dim
    value = 0.0
    for j in range(dim):
        gradient[j] = 0.0
    for i in range(n):
        row = 1 + i * dim
        t = 0.0
        for j in range(dim):
            t += data[row + j] * point[j]
        decay = exp(-abs(t))
        value += max(t, 0.0) + log1p(decay) - data[labels + i] * t
        probability = (1.0 if t >= 0 else decay) / (1 + decay)
        slope = probability - data[labels + i]
        for j in range(dim):
            gradient[j] += slope * data[row + j]
    return value


def _least_squares(data, dim, point, gradient):
    """½‖Aθ − y‖²; data: n, A (n, d), y (n)."""
    n = int(data[0])
    targets = 1 + n * dim
    value = 0.0
    for j in range(dim):
        gradient[j] = 0.0
    for i in range(n):
        row = 1 + i * dim
        residual = -data[targets + i]
        for j in range(dim):
            residual += data[row + j] * point[j]
        value += residual * residual
        for j in range(dim):
            gradient[j] += residual * data[row + j]
    return value / 2


QUADRATIC = FunctionKernel(_quadratic, fastmath=_SUMS)
LOG_SUM_EXP = FunctionKernel(_log_sum_exp, fastmath=_SUMS)
LOGISTIC = FunctionKernel(_logistic, fastmath=_SUMS)
LEAST_SQUARES = FunctionKernel(_least_squares, fastmath=_SUMS)
