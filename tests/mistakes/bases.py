"""Mistakes with distributions and eigenbases."""

SETUP = """
import numpy as np
import egop
from egop import distributions, metrics, objectives
from egop.distributions import Gaussian

f = objectives.quadratic()
basis = egop.Eigenbasis.identity(2)
points = np.arange(6.0).reshape(3, 2)
draw = lambda n, rng: rng.normal(size=(n, 2))
"""

MISTAKES = (
    "Gaussian(2, 50.0)",
    "Gaussian(dim=2, std=50.0)",
    "Gaussian([1.0, 2.0])",
    "Gaussian(dim=2, scale='wide')",
    "distributions.Mixture([Gaussian(2), draw])",
    "distributions.Mixture(Gaussian(2))",
    "distributions.UniformBall(2, 3.0)",
    "distributions.StudentT(2, 3.0, 50.0)",
    "Gaussian(dim=2, scale=-1)",
    "Gaussian(dim=2, covariance=[1.0, 2.0])",
    "Gaussian(dim=2, covariance=[[1.0, 2.0], [2.0, 1.0]])",
    "Gaussian(dim=3, mean=[0.0, 0.0])",
    "distributions.Normal(2)",
    "distributions.gaussian(2)",
    "egop.estimate_eigenbasis(f, draw)",
    "egop.estimate_eigenbasis(f, 'gaussian')",
    "egop.estimate_eigenbasis(f, points)",
    "egop.estimate_eigenbasis(f, Gaussian)",
    "egop.estimate_eigenbasis(f, Gaussian(3))",
    "egop.estimate_eigenbasis(f, Gaussian(2), n_samples=0)",
    "egop.estimate_eigenbasis(f, Gaussian(2), n_samples=1e3)",
    "egop.estimate_eigenbasis(lambda x: x, Gaussian(2))",
    "egop.estimate_eigenbasis('rosenbrock', Gaussian(2))",
    "egop.explore(f, draw)",
    "egop.explore(f, distributions.empirical(points[:, [0, 1, 1]]))",
    "distributions.empirical([1.0, 2.0, 3.0])",
    "distributions.empirical(points * np.nan)",
    "distributions.from_sampler(points)",
    "distributions.from_sampler(lambda n: points)",
    "distributions.from_sampler(lambda n, rng: np.random.default_rng().normal(size=(n, 2)))",
    "egop.theory.exact_eigenbasis(f, distributions.from_sampler(draw))",
    "Gaussian(2).sample(5)",
    "Gaussian(2).sample(5.0, 0)",
    "metrics.density(basis)",
    "metrics.density(basis.eigenvalues)",
    "metrics.stable_rank(basis)",
    "metrics.stable_rank([1.0, -1.0])",
    "egop.Eigenbasis.load('missing.npz')",
    "egop.Eigenbasis([1.0, 2.0], np.eye(2))",
    "egop.Eigenbasis([2.0, 1.0], [[1.0, 1.0], [0.0, 1.0]])",
    "egop.Eigenbasis.from_gradients([1.0, 2.0])",
    "egop.Eigenbasis.from_matrix([[1.0, 0.0], [0.0, -1.0]])",
    "basis.to_basis([1.0, 2.0, 3.0])",
    "basis.leading(0)",
    "basis.leading(3)",
    "egop.reparameterize(f, basis.leading(1))",
    "egop.Refreshed(10, Gaussian(2))",
    "egop.Refreshed(distribution=Gaussian(2))",
    "egop.Refreshed(every=10, rho=Gaussian(2))",
    "egop.Refreshed(every=10, distribution=Gaussian(2), leading=3)",
)
