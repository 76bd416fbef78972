"""Mistakes with formulas."""

SETUP = """
import egop
from egop.objectives import from_expression
"""

MISTAKES = (
    "from_expression('sin x^2')",
    "from_expression('sin x y')",
    "from_expression('1/2x')",
    "from_expression('x(y + 1)')",
    "from_expression('sin^-1(x)')",
    "from_expression('|x - 1')",
    "from_expression('2,5x')",
    "from_expression('np.sin(x)')",
    "from_expression('pow(x, 2)')",
    "from_expression('f(x, y) = x^2')",
    "from_expression('\\\\sin(x)')",
    "from_expression('x + X')",
    "from_expression('x_1 + y')",
    "from_expression('x[0]^2')",
    "from_expression('xy')",
    "from_expression('clip(x, 1)')",
    "from_expression('max(x)')",
    "from_expression('sin(x, y)')",
    "from_expression('9^9^8^1^x')",
    "from_expression('x^(999*x/x)')",
    "from_expression('0*log(x - x - 1) + y')",
    "from_expression('exp(9*x/x*99) + y')",
    "from_expression('+'.join(f'x^y*log({i}x)' for i in range(1, 70)))",
    "from_expression('x^2 + y^4', domain=(500, -500))",
    "from_expression('x^2 + y^4', domain=500)",
    "from_expression(3.0)",
    "from_expression('10 + xsin(y)')",
    "from_expression('cosx + y')",
    "from_expression('heaviside(x)')",
    "from_expression('cot(x) + y')",
    "from_expression('elu(x) + y')",
    "from_expression('mean(x, y)')",
    "from_expression('x % 2')",
    "from_expression('max(x; y)')",
    "egop.explore(objective='formula', window=(500, -500))",
    "egop.explore(objective='formula', window=500)",
    "egop.explore(objective='formula', formula='x^2 +')",
)
