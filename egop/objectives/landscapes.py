"""The classic test functions, as formulas of the project's own grammar: one table.

Sources: Surjanovic and Bingham, Virtual Library of Simulation Experiments, test functions; Moré,
Garbow and Hillstrom (1981), Testing unconstrained optimization software (rosenbrock, beale,
powell_singular, wood). Minimizers without a closed form were polished by Newton's method with
40 digits.
"""

import difflib
from functools import cache
from typing import NamedTuple

from egop.objectives.expression import from_expression
from egop.objectives.objective import Objective

QUADRATIC = "Convex quadratics"
VALLEY = "Valleys"
MINIMA = "Several minima"
SADDLE = "Saddles"
MORE = "More variables"

Box = tuple[float, float] | tuple[tuple[float, float], ...]
Points = tuple[tuple[float, ...], ...]


class Landscape(NamedTuple):
    """One row of the table.

    Attributes:
        text: the formula.
        domain: (low, high) for all variables, or one pair for each.
        minimizers: all global minimizers in the domain; none: f has no lower bound.
        minimum: f there.
        group: under which heading views list it.
        start: a start from which a run shows what the landscape is about.
        description: one sentence.
    """

    text: str
    domain: Box
    minimizers: Points
    minimum: float | None
    group: str
    start: tuple[float, ...]
    description: str


LANDSCAPES = {
    "quadratic_isotropic": Landscape(
        "(x^2 + y^2)/2",
        (-3, 3),
        ((0, 0),),
        0.0,
        QUADRATIC,
        (2.5, 1.0),
        "A round bowl: every basis is the same.",
    ),
    "quadratic_aligned": Landscape(
        "(x^2 + 100*y^2)/2",
        (-3, 3),
        ((0, 0),),
        0.0,
        QUADRATIC,
        (2.5, 1.0),
        "Condition number 100 along the axes: rotating has nothing to gain.",
    ),
    "quadratic_rotated": Landscape(
        "((0.8x + 0.6y)^2 + 100*(0.8y - 0.6x)^2)/2",
        (-3, 3),
        ((0, 0),),
        0.0,
        QUADRATIC,
        (1.4, 2.3),
        "Condition number 100, turned by 36.9° against the axes.",
    ),
    "matyas": Landscape(
        "0.26*(x^2 + y^2) - 0.48*x*y",
        (-10, 10),
        ((0, 0),),
        0.0,
        QUADRATIC,
        (-8.0, 3.0),
        "A flat bowl of condition number 25, turned by 45°.",
    ),
    "booth": Landscape(
        "(x + 2y - 7)^2 + (2x + y - 5)^2",
        (-10, 10),
        ((1, 3),),
        0.0,
        QUADRATIC,
        (-8.0, 6.0),
        "A bowl of condition number 9, turned by 45°.",
    ),
    "ravine": Landscape(
        "sqrt(1 + 400*(0.8y - 0.6x)^2) - 1 + (0.8x + 0.6y - 1)^2/20",
        (-3, 3),
        ((0.8, 0.6),),
        0.0,
        VALLEY,
        (-2.0, -1.0),
        "A narrow ravine turned by 36.9°: walls of constant slope, a nearly flat floor.",
    ),
    "ravine_aligned": Landscape(
        "sqrt(1 + 400*y^2) - 1 + (x - 1)^2/20",
        (-3, 3),
        ((1, 0),),
        0.0,
        VALLEY,
        (-2.2, 0.4),
        "The same ravine along an axis: rotating has nothing to gain.",
    ),
    "diamond": Landscape(
        "abs(x) + 10*abs(y)",
        (-3, 3),
        ((0, 0),),
        0.0,
        VALLEY,
        (2.5, 1.0),
        "Kinks along both axes: the sum of absolute values is made for these coordinates.",
    ),
    "rosenbrock": Landscape(
        "(1 - x)^2 + 100*(y - x^2)^2",
        ((-2, 2), (-1, 3)),
        ((1, 1),),
        0.0,
        VALLEY,
        (-1.2, 1.0),
        "A curved valley: steep walls, and a floor that hardly slopes to (1, 1).",
    ),
    "rosenbrock_rotated": Landscape(
        "(1 - 0.8x - 0.6y)^2 + 100*(0.8y - 0.6x - (0.8x + 0.6y)^2)^2",
        ((-2.5, 1.5), (-1, 3)),
        ((0.2, 1.4),),
        0.0,
        VALLEY,
        (-1.56, 0.08),
        "Rosenbrock's valley turned by 36.9°.",
    ),
    "beale": Landscape(
        "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
        (-4.5, 4.5),
        ((3, 0.5),),
        0.0,
        VALLEY,
        (1.0, 1.0),
        "Flat in the middle, with steep corners and one narrow valley.",
    ),
    "three_hump_camel": Landscape(
        "2x^2 - 1.05x^4 + x^6/6 + x*y + y^2",
        (-2.5, 2.5),
        ((0, 0),),
        0.0,
        MINIMA,
        (-1.2, 2.0),
        "Three basins in a row, the lowest in the middle.",
    ),
    "six_hump_camel": Landscape(
        "(4 - 2.1x^2 + x^4/3)*x^2 + x*y + (4y^2 - 4)*y^2",
        ((-2, 2), (-1.2, 1.2)),
        (
            (0.08984201310031806, -0.7126564030207396),
            (-0.08984201310031806, 0.7126564030207396),
        ),
        -1.0316284534898774,
        MINIMA,
        (-1.2, -0.2),
        "Six basins, two of them lowest.",
    ),
    "himmelblau": Landscape(
        "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        (-5, 5),
        (
            (3, 2),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        0.0,
        MINIMA,
        (-0.5, -1.0),
        "Four equal minima: which one is reached depends on the path.",
    ),
    "styblinski_tang": Landscape(
        "(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)/2",
        (-5, 5),
        ((-2.903534027771177, -2.903534027771177),),
        -78.33233140754283,
        MINIMA,
        (0.5, -4.5),
        "Four basins of different depth; each variable acts alone.",
    ),
    "goldstein_price": Landscape(
        "(1 + (x + y + 1)^2*(19 - 14x + 3x^2 - 14y + 6x*y + 3y^2))"
        "*(30 + (2x - 3y)^2*(18 - 32x + 12x^2 + 48y - 36x*y + 27y^2))",
        (-2, 2),
        ((0, -1),),
        3.0,
        MINIMA,
        (1.4, -0.6),
        "Values from 3 to a million, with four basins along crossing valleys.",
    ),
    "branin": Landscape(
        "(y - 5.1x^2/(4*pi^2) + 5x/pi - 6)^2 + 10*(1 - 1/(8*pi))*cos(x) + 10",
        ((-5, 10), (0, 15)),
        (
            (-3.141592653589793, 12.275),
            (3.141592653589793, 2.275),
            (9.42477796076938, 2.475),
        ),
        0.3978873577297383,
        MINIMA,
        (6.0, 12.0),
        "Three equal minima along a curved trough.",
    ),
    "rastrigin": Landscape(
        "20 + x^2 - 10*cos(2 pi x) + y^2 - 10*cos(2 pi y)",
        (-5.12, 5.12),
        ((0, 0),),
        0.0,
        MINIMA,
        (2.3, -3.4),
        "A bowl with a regular grid of minima along the axes.",
    ),
    "ackley": Landscape(
        "20 + e - 20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2 pi x) + cos(2 pi y))/2)",
        (-5, 5),
        ((0, 0),),
        0.0,
        MINIMA,
        (2.7, -3.2),
        "A ripply plain around one deep hole with a cone's tip.",
    ),
    "griewank": Landscape(
        "1 + (x^2 + y^2)/4000 - cos(x)*cos(y/sqrt(2))",
        (-10, 10),
        ((0, 0),),
        0.0,
        MINIMA,
        (-6.5, 7.5),
        "A wide shallow bowl under a product of waves.",
    ),
    "levy": Landscape(
        "sin(pi*(x + 3)/4)^2 + ((x - 1)/4)^2*(1 + 10*sin(pi*(x + 3)/4 + 1)^2)"
        " + ((y - 1)/4)^2*(1 + sin(pi*(y + 3)/2)^2)",
        (-10, 10),
        ((1, 1),),
        0.0,
        MINIMA,
        (-7.0, 6.0),
        "Waves along both axes, higher the farther from (1, 1).",
    ),
    "saddle": Landscape(
        "x^2 - y^2",
        (-2, 2),
        (),
        None,
        SADDLE,
        (1.8, 0.01),
        "Falls without end along y: no minimum, and a flat point to escape from.",
    ),
    "monkey_saddle": Landscape(
        "x^3 - 3x*y^2",
        (-2, 2),
        (),
        None,
        SADDLE,
        (1.5, 0.05),
        "Three ways down and a center where even the curvature is zero; no minimum.",
    ),
    "zakharov_3d": Landscape(
        "x^2 + y^2 + z^2 + (x/2 + y + 3z/2)^2 + (x/2 + y + 3z/2)^4",
        (-5, 5),
        ((0, 0, 0),),
        0.0,
        MORE,
        (-3.0, 4.0, 2.0),
        "Three variables, one steep direction across all of them.",
    ),
    "rosenbrock_4d": Landscape(
        "(1 - x)^2 + 100*(y - x^2)^2 + (1 - y)^2 + 100*(z - y^2)^2 + (1 - z)^2 + 100*(w - z^2)^2",
        (-2, 2),
        ((1, 1, 1, 1),),
        0.0,
        MORE,
        (-1.2, 1.0, -1.2, 1.0),
        "Rosenbrock's valley through four variables.",
    ),
    "powell_singular": Landscape(
        "(x + 10y)^2 + 5*(z - w)^2 + (y - 2z)^4 + 10*(x - w)^4",
        (-4, 5),
        ((0, 0, 0, 0),),
        0.0,
        MORE,
        (3.0, -1.0, 0.0, 1.0),
        "Four variables; at the minimum half of the curvature vanishes.",
    ),
    "wood": Landscape(
        "100*(y - x^2)^2 + (1 - x)^2 + 90*(w - z^2)^2 + (1 - z)^2"
        " + 10*(y + w - 2)^2 + (y - w)^2/10",
        (-4, 4),
        ((1, 1, 1, 1),),
        0.0,
        MORE,
        (-3.0, -1.0, -3.0, -1.0),
        "Two coupled curved valleys in four variables.",
    ),
    "trid_6d": Landscape(
        "(x1 - 1)^2 + (x2 - 1)^2 + (x3 - 1)^2 + (x4 - 1)^2 + (x5 - 1)^2 + (x6 - 1)^2"
        " - x1*x2 - x2*x3 - x3*x4 - x4*x5 - x5*x6",
        (-36, 36),
        ((6, 10, 12, 12, 10, 6),),
        -50.0,
        MORE,
        (-20.0, 15.0, -10.0, 5.0, 25.0, -30.0),
        "A convex chain of six variables whose eigenvectors are waves along it.",
    ),
}
"""Name → landscape, in the order in which views list them."""


@cache
def landscape(name: str) -> Objective:
    """The objective of a row of `LANDSCAPES`; one object for each name in a process.

    Raises:
        ValueError: no landscape has that name; the sentence names the nearest.
    """
    if name not in LANDSCAPES:
        nearest = difflib.get_close_matches(str(name).lower(), LANDSCAPES, n=1, cutoff=0.4)
        hint = f"did you mean {nearest[0]!r}?" if nearest else "see egop.objectives.LANDSCAPES"
        raise ValueError(f"unknown landscape {name!r}; {hint}")
    row = LANDSCAPES[name]
    return from_expression(
        row.text, name, row.domain, minimizer=row.minimizers or None, minimum=row.minimum
    )
