"""Settings of the explorer, wild and at their bounds, one after another, without a server.

A case is a list of messages of the form's script. The explorer must take each or say in a sentence
why not, raise nothing, and hold only finite values within their bounds afterwards.
"""

import logging
from math import isfinite
from random import Random
from typing import Any

from benchmarks.fuzz.values import hostile

Case = list[tuple[str, Any]]

SHORT = 300
"""Steps and samples are at most so many: what takes long is measured elsewhere."""


def generate(rng: Random) -> Case:
    """Between one and six fields of the scene, and what each is set to."""
    return [setting(rng) for _ in range(rng.randint(1, 6))]


def setting(rng: Random) -> tuple[str, Any]:
    """A field, and a value that may be within its bounds, at one of them, beyond, or of no kind."""
    from egop.explorer.scene import Scene
    from egop.methods import METHODS

    names = [name for name in Scene.param if name not in {"name", "autoplay", "loaded"}]
    names += ["formula:typed", *(f"rate:{name}" for name in METHODS)]
    name = rng.choice(names)
    if rng.random() < 0.2:
        return name, hostile(rng)
    if name in {"n_steps", "n_samples"}:
        return name, rng.choice([1, 2, 3, rng.randint(1, SHORT), 0, -1, 10**9])
    return name, plausible(rng, name)


def plausible(rng: Random, name: str) -> Any:
    """A value of the kind that a field of the scene takes."""
    from egop.explorer.scene import Scene

    parameter: Any = Scene.param.objects().get(name)
    if name.startswith("rate:"):
        return 10.0 ** rng.uniform(-12, 13)
    if hasattr(parameter, "objects"):
        options = list(parameter.objects.values() if isinstance(parameter.objects, dict) else
                       parameter.objects)  # fmt: skip
        return rng.sample(options, rng.randint(0, 4)) if name == "methods" else rng.choice(options)
    if name in {"start", "mean", "window"}:
        return f"{number(rng, -1e3, 1e3):g}, {number(rng, -1e3, 1e3):g}"
    if name.startswith("formula"):
        return rng.choice(FORMULAS)
    if getattr(parameter, "bounds", None):
        return number(rng, *parameter.bounds)
    return rng.choice([True, False])


def number(rng: Random, low: float, high: float) -> float:
    """A number within bounds, at one of them, or beyond."""
    middle = rng.uniform(low, high)
    small = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-12, 2)
    return rng.choice([low, high, middle, round(middle), small, low - 1, 2 * high, 0, 1e300])


FORMULAS = (
    "x^2 + y^2", "x", "0", "1/x", "log(x)", "sqrt(-1-x^2)", "exp(exp(x))", "x^y", "abs(x)^0.5",
    "x^2 + 1e300*y^2", "1e-300*(x^2+y^2)", "sin(1/x)", "tan(x)", "max(x, y)", "x/0", "", "(", "z^2",
)  # fmt: skip

_EXPLORERS: list[Any] = []


def explorer() -> Any:
    """One explorer for all cases, with the settings of the opening scene."""
    from egop.explorer import Explorer

    if not _EXPLORERS:
        _EXPLORERS.append(Explorer())
    made = _EXPLORERS[0]
    changed = {name: made.scene.param[name].default for name in made.scene.param if name != "name"}
    made.scene.param.update(**changed)
    return made


def close() -> None:
    """Forgets the explorer."""
    _EXPLORERS.clear()


def check(case: Case) -> str:
    """Sends a case to a new scene; the sentence of what the explorer did wrong."""
    made = explorer()
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        for name, value in case:
            made.controls._handle_msg({"name": name, "value": value})
    except Exception as error:
        close()  # the next case meets a sound explorer
        return f"{type(error).__name__} in {place_of(error)}"
    finally:
        logging.getLogger().removeHandler(errors)
    if errors.found:
        return f"it was logged: {errors.found[0]}"
    return next((f"{name} is {value!r:.40}" for name, value in odd(made.scene)), "")


class Errors(logging.Handler):
    """Keeps the first line of each error that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record."""
        self.found.append(record.getMessage().splitlines()[0][:100])


def place_of(error: Exception) -> str:
    """The function in which an error was raised, the innermost of ours."""
    found, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "egop" in code.co_filename:
            found = f"{code.co_filename.rpartition('egop/')[2]}, {code.co_name}"
        trace = trace.tb_next
    return found


def odd(scene: Any) -> list[tuple[str, Any]]:
    """Values that are not finite, or that the scene refuses."""
    found = []
    for name, value in scene.param.values().items():
        numbers = value.values() if isinstance(value, dict) else value
        numbers = numbers if isinstance(value, dict | tuple | list) else [value]
        if any(isinstance(each, float) and not isfinite(each) for each in numbers):
            found.append((name, value))
            continue
        try:
            scene.param[name]._validate(value)
        except (TypeError, ValueError):
            found.append((name, value))
    return found
