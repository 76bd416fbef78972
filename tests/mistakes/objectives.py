"""Mistakes with objectives."""

SETUP = """
import math
import numpy as np
import torch
import egop
from egop.objectives import *

X = np.arange(6.0).reshape(3, 2)
x_of_one_point = lambda x: x[0] ** 2 + x[1] * x[2]
sphere = lambda x: (x**2).sum(axis=-1)
"""

MISTAKES = (
    "egop.objectives.rosenbrock()",
    "egop.objectives.Rosenbrok()",
    "egop.objectives.from_function(sphere, dim=2)",
    "egop.objectives.himmel",
    "landscape('rosenbrok')",
    "from_functions(x_of_one_point, dim=3)",
    "from_functions(sphere, lambda x: x / np.linalg.norm(x), dim=3)",
    "from_functions(sphere, lambda x: 2 * x.sum(axis=-1), dim=3)",
    "from_functions(sphere, 3)",
    "from_functions(sphere)",
    "from_functions(sphere, dim=2, minimun=0.0)",
    "from_functions(sphere, dim=2, minimizer=[0, 0, 0])",
    "from_functions(sphere, dim=2, domain=(5, -5))",
    "from_functions(lambda x: x[:, 0], dim=2, vectorized=False)",
    "from_functions(lambda x: math.sin(x), dim=1)",
    "from_functions(np.array([1.0, 2.0]), dim=2)",
    "from_torch(lambda x: x.detach().numpy().sum(), 2)",
    "from_torch(lambda x: x.detach().sum(), 2)",
    "from_torch(lambda x: x**2, 2)",
    "from_torch(torch.nn.Linear(2, 1), 2)",
    "from_torch(torch.nn.Linear(2, 1), torch.zeros(2))",
    "logistic(X)",
    "logistic(X, [0, 1, 2])",
    "logistic(X, ['cat', 'dog', 'cat'])",
    "logistic(X, [0, 1])",
    "least_squares(X, [1.0, np.nan, 0.0])",
    "least_squares(X, 2)",
    "quadratic(100.0)",
    "quadratic([[1.0, 2.0], [0.0, 1.0]])",
    "log_sum_exp(np.eye(3), np.ones(3))",
    "from_functions(lambda x: 1j * x[..., 0], dim=2)",
    "log_sum_exp(dim=5)",
    "quadratic().value([1.0, 2.0, 3.0])",
    "quadratic().gradient('x')",
)
