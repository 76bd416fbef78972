"""Mistakes with methods and runs."""

SETUP = """
import numpy as np
import egop
from egop import methods, objectives
from egop.sweep import Sweep
f = objectives.landscape("rosenbrock")
start = (-1.2, 1.0)
adam = methods.adam(0.1)
def update(gradient, state, point, powers, h):
    return gradient, 1.0, state
"""

MISTAKES = (
    "methods.adam(-1)",
    "methods.method('adm', 0.1)",
    "methods.adam(lr=0.1)",
    "methods.adam(0.1, betas=(0.9, 0.99))",
    "methods.adam(0.1, (0.9, 0.99))",
    "methods.adam(0.1, beta1=1.0)",
    "methods.adam(0.1, 0.9, 0.99, 1e-8, 0.01)",
    "methods.adam('fast')",
    "methods.sgd(0.1)",
    "methods.method('SGD', 0.1)",
    "methods.method('adam', 0.1, lr=0.2)",
    "methods.Adam(0.1)",
    "egop.run(lambda x: (x**2).sum(), adam, start)",
    "egop.run('rosenbrock', adam, start)",
    "egop.run(objectives.landscape, adam, start)",
    "egop.run(f, 'adam', start)",
    "egop.run(f, methods.adam, start)",
    "egop.run(f, [methods.adam(), methods.adagrad()], start)",
    "egop.run(f, adam, (-1.2, np.nan))",
    "egop.run(f, adam, (-1.2, 1.0, 0.0))",
    "egop.run(f, adam, 'origin')",
    "egop.run(f, adam, None)",
    "egop.run(f, adam, start, n_steps=-1)",
    "egop.run(f, adam, start, n_steps=1e3)",
    "egop.run(f, adam, start, n_steps='many')",
    "egop.run(f, adam, start, schedule='cosin')",
    "egop.run(f, adam, start, n_steps=3, schedule=[1.0, -0.5, 1.0])",
    "egop.run(f, adam, start, n_steps=3, schedule=[1.0, 0.5])",
    "egop.run(f, adam, start, schedule=lambda: 1.0)",
    "egop.run(f, adam, start, n_steps=3, schedule=lambda t: -t)",
    "egop.run(f, adam, start, schedule=lambda t: 'half')",
    "egop.run(f, adam, start, record='points')",
    "egop.run(f, adam, start, record=True)",
    "egop.run(f, adam, start, keep='last')",
    "egop.run(f, adam, start, target='minimum')",
    "egop.run(f, adam, start, basis=np.eye(2))",
    "egop.run(f, adam, start, basis='egop')",
    "egop.run(f, adam, start, basis=egop.Eigenbasis.identity(3))",
    "egop.run(f, adam, start).to_xarray('start')",
    "egop.run(f, adam, start, keep='final').rotated_points",
    "egop.run(f, methods.adam([0.1, 0.2]), np.zeros((3, 2)))",
    "egop.reparameterize(f, np.eye(2))",
    "egop.reparameterize(lambda x: x, egop.Eigenbasis.identity(2))",
    "Sweep(f, adam, [None], start, [0.1, -0.2])",
    "Sweep(f, adam, None, start, 0.1)",
    "Sweep(f, 'adam', [None], start, 0.1)",
    "methods.from_update('adam', update)",
    "methods.from_update('my rule', update)",
    "methods.from_update('mine', lambda gradient, rate: rate * gradient)",
    "methods.from_update('mine', lambda g, state, x, powers, h: g)",
    "methods.from_update('mine', lambda g, s, x, p, h: (g if g > 0 else -g, 1.0, s))",
    "methods.from_update('mine', lambda g, s, x, p, h: (g / np.linalg.norm(g), 1.0, s))",
    "methods.from_update('mine', update, state=('mean',), initial=(0.0, 0.0))",
    "methods.from_update('mine', update, beta1='big')",
    "methods.Method('mine', 0.1, {'beta1': 0.9}, methods.adam().rule)",
    "methods.Method('mine', 0.1, methods.adam().hyperparameters, update)",
    "egop.explore(f, methods='adm')",
    "egop.explore(f, methods={'adam': 0.1})",
    "egop.explore(f, methods=methods.adam)",
    "egop.explore(f, methods=methods.adam([0.1, 0.2]))",
    "egop.experiments.run('convex', methods=['adm'])",
    "egop.experiments.run('digits', methods=[methods.adam()])",
    "egop.experiments.run('digits', methods='full_adagrad')",
    "egop experiment convex --methods adm",
    "egop experiment convex --import my_rule.py",
)
