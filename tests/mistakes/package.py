"""Mistakes with the package, its command line and the explorer."""

SETUP = """
import egop
import numpy as np
from egop import methods, objectives
"""

MISTAKES = (
    "egop.explore('rosenbrok')",
    "egop.explore('x^2 + y^2')",
    "egop.explore(objectives.quadratic)",
    "egop.explore(methods='adm')",
    "egop.explore(methods=methods.adam)",
    "egop.explore(methods=[])",
    "egop.explore(distribution='gausian')",
    "egop.explore(distribution=2.0)",
    "egop.explore(start=(1, 2, 3))",
    "egop.explore(tolerance=-1)",
    "egop.explore(basis=np.eye(2))",
    "egop.explore(n_steps=0)",
    "egop.explore(n_steps='many')",
    "egop.explore(scale=float('nan'))",
    "egop.explore(seed=1.5)",
    "egop.explore(mean=1.0)",
    "egop.explore(linear='yes')",
    "egop.explore(rates={'adam': -1})",
    "egop.explore(rates={'adm': 0.1})",
    "egop.explore(learning_rate=0.1)",
    "egop.explore(steps=100)",
    "egop.explore(tab='dial')",
    "egop.explore(first_axis=3)",
    "egop.explore().tab = 'diall'",
    "egop.explore().scene.objective = 'rosenbrok'",
    "egop.adam(0.1)",
    "egop.eigenbases",
    "egop ap",
    "egop app --port 99999",
    "egop app --max-pages 1",
    "egop app --address 192.0.2.1",
    "egop app --public --address 127.0.0.1",
    "egop app --trusted-proxy nginx",
    "egop app --framed-by moodle",
    "egop data fetch digit",
    "egop data get digits",
)
