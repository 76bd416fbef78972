"""Methods and experiments of one's own on their way to workers, which do not have their files."""

import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from egop.experiments import EXPERIMENTS, register
from egop.methods import register as register_method
from egop.methods import registered
from egop.methods.written import read_call


def pack_own(manifest: Mapping[str, Any]) -> bytes:
    """The experiment and the methods that a run takes and egop does not have, with their code.

    Raises:
        ValueError: one holds what cannot be sent.
    """
    name, config = manifest["experiment"], manifest["config"]
    experiments = {name: EXPERIMENTS[name]} if EXPERIMENTS.is_own(name) else {}
    chosen = dict.fromkeys(read_call(text)[0] for text in config.get("methods", ()))
    methods = [found for each in chosen if (found := registered(each)) is not None]
    if not methods and not experiments:
        return b""
    import cloudpickle

    functions = [method.rule.update for method in methods]
    functions += [each for found in experiments.values() for each in (found.plan, found.config)]
    try:
        with ExitStack() as stack:
            for function in functions:
                stack.enter_context(_by_value(getattr(function, "__module__", "")))
            return cloudpickle.dumps((experiments, methods))
    except Exception as error:
        names = ", ".join([*experiments, *(method.name for method in methods)])
        raise ValueError(
            f"{names} cannot be sent to workers, {type(error).__name__}: "
            f"{' '.join(str(error).split())}; run without a scheduler"
        ) from error


def unpack_own(packed: bytes) -> None:
    """Registers what `pack_own` packed."""
    if not packed:
        return
    experiments, methods = pickle.loads(packed)
    for name, experiment in experiments.items():
        register(name, experiment)
    for method in methods:
        register_method(method)


@contextmanager
def _by_value(name: str) -> Iterator[None]:
    """A context in which a module from outside egop is pickled by its code."""
    import cloudpickle

    module = sys.modules.get(name)
    outside = isinstance(module, ModuleType) and module.__name__.partition(".")[0] != "egop"
    known = module is not None and module.__name__ in cloudpickle.list_registry_pickle_by_value()
    if module is None or not outside or known:
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)
