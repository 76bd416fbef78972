"""Registered methods on their way to workers, which do not have the file that made them."""

import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from egop.methods import Method, register, registered


def pack_methods(config: Mapping[str, Any]) -> bytes:
    """The registered methods that a stored config names, with the code of their updates.

    Raises:
        ValueError: a method holds what cannot be sent.
    """
    named = [registered(name) for name in config.get("methods", ())]
    found = [method for method in named if method is not None]
    if not found:
        return b""
    import cloudpickle

    try:
        with ExitStack() as stack:
            for method in found:
                stack.enter_context(_code_of(method))
            return cloudpickle.dumps(found)
    except Exception as error:
        names = ", ".join(method.name for method in found)
        raise ValueError(
            f"the methods {names} cannot be sent to workers, {type(error).__name__}: "
            f"{' '.join(str(error).split())}; run without a scheduler"
        ) from error


def unpack_methods(packed: bytes) -> None:
    """Registers what `pack_methods` packed."""
    for method in pickle.loads(packed) if packed else ():
        register(method)


@contextmanager
def _code_of(method: Method) -> Iterator[None]:
    """A context in which the module of the method's update is pickled by its code."""
    import cloudpickle

    module = sys.modules.get(getattr(method.rule.update, "__module__", ""))
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
