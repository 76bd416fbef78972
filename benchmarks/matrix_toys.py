"""Compares methods on small matrix objectives: `python -m benchmarks.matrix_toys`.

Each scene is an objective with starts, a sampling distribution ρ and a tolerance. Every method runs
at the rate out of 1, 2, 4, 8 × 10^k from 1e-4 to 100 at which its median of steps to the tolerance
is least over 20 starts (ties: the least median of last values), constant over a run of 300 steps,
and is judged from 50 other starts. The tolerance is a share, 10⁻³ where nothing else is said, of
the median of f(x₀) − f* over the first 20. A method is first from a start where it takes fewer
steps than each other one.

The rule stood before the claims. The scenes and the claims were chosen after a look at about a
hundred scenes, from other starts. What is claimed of a scene holds where it is so from at least 40
of the 50 starts. Muon has the exact polar factor; ASGO is that of its theory, which adds up GGᵀ;
all else is at its default. EGOP-Adam is Adam in the eigenbasis of the EGOP from 2000 gradients,
which are not counted: against those it would not be first in any scene.

Three are not ranked: "EGOP-Adam, Kronecker", Adam in the eigenbases of E[GGᵀ] and E[GᵀG] of the
same gradients, as an approximation of EGOP-Adam; and, added after the claims, Shampoo, and ASGO as
it trains networks. Their last column counts the starts from which they take fewer steps than all
that are ranked.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.arguments import take_none
from egop import methods
from egop.analysis.rate_grids import rate_grid
from egop.analysis.singular_values import matrix_blocks
from egop.analysis.tuning import tune
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.gradients import sample_gradients
from egop.method_run import run
from egop.methods import Method
from egop.objectives import Objective, associative_memory, matrix_quadratic, two_layer_linear
from egop.theme import number

RESULTS = Path(__file__).parent / "results"
N_STEPS = 300
TUNED, JUDGED = 20, 50
"""Starts on which rates are tuned, and starts that are judged."""
OF_ALL = 0.8
"""The share of the starts from which a claim has to be so: 40 of 50."""
M = 2000
RANKED = ("Muon", "SOAP", "ASGO", "Adam", "EGOP-Adam")
KRONECKER = "EGOP-Adam, Kronecker"


@dataclass(frozen=True, eq=False)
class Scene:
    """One row of tables.

    Attributes:
        objective: f.
        spread: standard deviation of the starts around 0, N(0, s²I).
        scale: of ρ = N(0, c²I).
        tolerance: the share of f(x₀) − f* that counts as arrived.
    """

    objective: Objective
    spread: float = 1.0
    scale: float = 1.0
    tolerance: float = 1e-3

    def starts(self, seed: int, count: int) -> np.ndarray:
        """(S, d) starts; those of two seeds have nothing in common."""
        rng = np.random.default_rng([seed, 7])
        return self.spread * rng.standard_normal((count, self.objective.dim))


def scenes() -> dict[str, Scene]:
    """All scenes; ρ of the quadratics is as wide as their minimizer is far (A1)."""
    both, rows = (1000.0, 1000.0), (1000.0, 1.0)
    equal = two_layer_linear(decay=0.0, input_decay=1.5)
    return {
        "memory, equal frequencies": Scene(associative_memory(exponent=0.0), 0.1),
        "memory, steep frequencies": Scene(associative_memory(exponent=2.0), 0.1),
        "memory, skew embeddings": Scene(associative_memory(embeddings="unit"), 0.1),
        "quadratic, steep in the rows": Scene(matrix_quadratic(condition_numbers=rows), 1, 8),
        "quadratic, steep in both": Scene(matrix_quadratic(condition_numbers=both), 1, 8),
        "quadratic, steep in both, along the axes": Scene(
            matrix_quadratic(condition_numbers=both, rotated=False), 1, 8
        ),
        "network, whitened inputs": Scene(two_layer_linear(), 0.3),
        "network, steep inputs": Scene(two_layer_linear(input_decay=2.0), 0.3),
        "network, equal targets, to 10⁻²": Scene(equal, 0.03, tolerance=1e-2),
        "network, equal targets, to 10⁻³": Scene(equal, 0.03),
    }


@dataclass(frozen=True)
class Claim:
    """One method takes fewer steps than others in a scene.

    Attributes:
        scene: its name.
        first: the method.
        others: of those; (): all four that are ranked beside it.
    """

    scene: str
    first: str
    others: tuple[str, ...] = ()


CLAIMS = (
    Claim("memory, steep frequencies", "ASGO"),
    Claim("memory, skew embeddings", "EGOP-Adam"),
    Claim("memory, equal frequencies", "Muon", ("SOAP", "Adam", "EGOP-Adam")),
    Claim("memory, steep frequencies", "EGOP-Adam", ("Muon", "SOAP", "Adam")),
    Claim("quadratic, steep in the rows", "ASGO"),
    Claim("quadratic, steep in both", "EGOP-Adam"),
    Claim("network, whitened inputs", "ASGO"),
    Claim("network, steep inputs", "EGOP-Adam"),
    Claim("network, equal targets, to 10⁻²", "Muon"),
    Claim("network, equal targets, to 10⁻³", "EGOP-Adam"),
)
"""Within each of the three objectives another method is first of the five from scene to scene."""


@dataclass(frozen=True)
class Entry:
    """One method in one scene.

    Attributes:
        rate: the tuned one.
        steps: to the tolerance by start; −1: never.
        gaps: last f − f* by start, relative to the median of f(x₀) − f*.
    """

    rate: float
    steps: list[int]
    gaps: list[float]

    @property
    def arrivals(self) -> np.ndarray:
        """The steps by start; +∞: never."""
        steps = np.array(self.steps, dtype=float)
        return np.where(steps < 0, np.inf, steps)


Found = dict[str, dict[str, Entry]]
"""The entries by scene and method."""


def contestants(scene: Scene) -> Iterator[tuple[Method, dict[str, Eigenbasis | None]]]:
    """The methods, each with the bases in which it runs, by the name of both."""
    dense, kronecker = bases_of(scene)
    yield methods.muon(orthogonalization="exact"), {"Muon": None}
    yield methods.soap(), {"SOAP": None}
    yield methods.accumulating_asgo(), {"ASGO": None}
    yield methods.asgo(), {"ASGO, as it trains networks": None}
    yield methods.shampoo(), {"Shampoo": None}
    yield methods.adam(), {"Adam": None, "EGOP-Adam": dense, KRONECKER: kronecker}


def bases_of(scene: Scene) -> tuple[Eigenbasis, Eigenbasis]:
    """The EGOP eigenbasis, and the Kronecker one of each matrix by the same gradients."""
    objective, rho = scene.objective, Gaussian(scene.objective.dim, scale=scene.scale)
    gradients = sample_gradients(objective, rho, M, seed=0).gradients
    vectors = np.eye(objective.dim)
    for block in matrix_blocks(objective):
        G = block.of(gradients)
        left = np.linalg.eigh(np.einsum("kij,klj->il", G, G))[1]
        right = np.linalg.eigh(np.einsum("kij,kil->jl", G, G))[1]
        vectors[block.entries, block.entries] = np.kron(left, right)
    energies = ((gradients @ vectors) ** 2).mean(axis=0)
    order = np.argsort(-energies)
    kronecker = Eigenbasis(eigenvalues=energies[order], eigenvectors=vectors[:, order])
    return estimate_eigenbasis(objective, rho, M, seed=0), kronecker


def measure(
    scene: Scene, rates: np.ndarray, tuned: int = TUNED, judged: int = JUDGED
) -> dict[str, Entry]:
    """Every contestant at its tuned rate.

    Args:
        scene: that is run.
        rates: (L,) ascending, tried on the first starts.
        tuned: their number.
        judged: the number of the others.
    """
    objective, level = scene.objective, scene.objective.minimum
    assert level is not None
    first, others = scene.starts(2, tuned), scene.starts(3, judged)
    height = float(np.median(objective.value(first)) - level)
    target = level + scene.tolerance * height
    entries = {}
    for method, bases in contestants(scene):
        *_, tuning = tune(
            objective,
            [method],
            list(bases.values()),
            first,
            rates=rates,
            n_steps=N_STEPS,
            target=target,
            level=level,
        )
        curve = tuning.curves[method.name]
        for place, (name, basis) in enumerate(bases.items()):
            best = np.lexsort((curve.gap[place], curve.steps[place]))[0]
            rate = float(curve.rates[best])
            path = run(
                objective,
                method.with_learning_rate(rate),
                others,
                N_STEPS,
                basis=basis,
                keep="final",
                target=target,
            )
            gaps = (path.final_value - level) / height
            gaps = np.where(np.isfinite(gaps), gaps, np.inf)
            entries[name] = Entry(rate, path.reached_at.tolist(), gaps.tolist())
    return entries


def count_first(entries: dict[str, Entry], first: str, others: Sequence[str] = ()) -> int:
    """The number of starts from which one method takes fewer steps than each of the others."""
    rivals = [entries[name].arrivals for name in others or RANKED if name != first]
    return int((entries[first].arrivals < np.min(rivals, axis=0)).sum())


def main() -> None:
    """Prints a table for each scene, and stores them with the claims."""
    found: Found = {}
    for name, scene in scenes().items():
        found[name] = measure(scene, rate_grid())
        print(table(name, found[name]), flush=True)
    text = document(found)
    print(text[text.index("## Claims") :])
    (RESULTS / "matrix_toys.md").write_text(text)
    (RESULTS / "matrix_toys.json").write_text(as_json(found, machine.describe()))


def as_json(found: Found, described: dict[str, object]) -> str:
    """The entries in JSON, one line for each scene and method, gaps to six digits."""
    scenes = [
        f" {json.dumps(scene)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {_line(each)}" for name, each in entries.items())
        + "\n }"
        for scene, entries in found.items()
    ]
    inside = ",\n".join(scenes)
    return f'{{"machine": {json.dumps(described)},\n"scenes": {{\n{inside}\n}}}}\n'


def _line(entry: Entry) -> str:
    gaps = [float(f"{gap:.6g}") for gap in entry.gaps]
    return json.dumps(asdict(replace(entry, gaps=gaps)))


def stored() -> Found:
    """The entries that were stored last."""
    content = json.loads((RESULTS / "matrix_toys.json").read_text())["scenes"]
    return {s: {name: Entry(**each) for name, each in content[s].items()} for s in content}


def document(found: Found) -> str:
    """All tables and claims in Markdown."""
    claims = [sentence(claim, found[claim.scene]) for claim in CLAIMS]
    most = [most_sentence(method, found) for method in RANKED]
    parts = ["# Small matrix objectives", str(__doc__).split("\n\n", 1)[1].strip()]
    parts += [table(name, entries) for name, entries in found.items()]
    parts += ["## Claims", "\n".join(claims), "\n".join(most)]
    return "\n\n".join(parts) + "\n"


HEADER = (
    "| method | rate | median of steps | arrived | last gap | first |\n|---|---|---|---|---|---|"
)


def table(name: str, entries: dict[str, Entry]) -> str:
    """The scene's table in Markdown."""
    rows = [f"## {name[0].upper()}{name[1:]}", "", HEADER]
    for method, entry in entries.items():
        steps, count = float(np.median(entry.arrivals)), len(entry.steps)
        words = "never" if np.isinf(steps) else number(steps, 3)
        arrived = int(np.isfinite(entry.arrivals).sum())
        first = f"{count_first(entries, method)}{'' if method in RANKED else ', not ranked'}"
        gap = number(float(np.median(entry.gaps)), 2)
        cells = (method, number(entry.rate), words, f"{arrived} of {count}", gap, first)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def sentence(claim: Claim, entries: dict[str, Entry]) -> str:
    """The claim with the number of starts from which it is so, as an item of a list."""
    count, starts = count_first(entries, claim.first, claim.others), len(entries[claim.first].steps)
    others = f"before {', '.join(claim.others)}" if claim.others else "first of the five"
    verdict = "holds" if count >= OF_ALL * starts else "does not hold"
    return f"- {claim.scene}: {claim.first} is {others} from {count} of {starts} starts: {verdict}."


def most_sentence(method: str, found: Found) -> str:
    """Tells in which scene a method is first of all from the most starts."""
    counts = {name: count_first(entries, method) for name, entries in found.items()}
    most = max(counts, key=lambda name: counts[name])
    starts = len(found[most][method].steps)
    return (
        f"- {method} is first of the five from at most {counts[most]} of {starts} starts ({most})."
    )


if __name__ == "__main__":
    take_none(__doc__)
    main()
