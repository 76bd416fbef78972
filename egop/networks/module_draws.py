"""Draws of a module's parameters from a law, in place."""

import inspect
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn

from egop.networks.module_state import on_cpu, reseed
from egop.networks.network import Block
from egop.networks.tensor_summary import summary


class ModuleDraws:
    """Draws of the parameters of a module that require gradients; frozen ones keep their values.

    Args:
        model: changed by each draw; see `left_as_it_was`.
        named: the parameters that make the flat vector.
        layout: of the flat vector.
        initialize: as `estimate_block_bases` takes it.
        seed: an integer, or several.

    Raises:
        TypeError: initialize is none of what is taken.
    """

    def __init__(
        self,
        model: nn.Module,
        named: Sequence[tuple[str, nn.Parameter]],
        layout: Sequence[Block],
        initialize: Any,
        seed: Any,
    ):
        _check_initialize(initialize)
        self.model, self.layout = model, layout
        self.initialize, self.seed = initialize, seed
        self._names = [name for name, _ in named]
        self._parameters = [p for _, p in named]
        frozen = [p for p in model.parameters() if not p.requires_grad]
        self._frozen = [(p, p.detach().clone()) for p in frozen]

    @property
    def title(self) -> str:
        """A text by which two processes see whether they draw from the same law."""
        return _described(self.initialize)

    def keeps(self, parameter: nn.Parameter) -> bool:
        """True if draws depend on the values that a parameter has before them."""
        return not (parameter.requires_grad and hasattr(self.initialize, "sample"))

    def fill(self, number: int, own_seed: int) -> None:
        """Fills the parameters with a draw, and seeds what layers and the loss draw afterwards.

        Args:
            number: of the draw, for a law.
            own_seed: of the draw, for a function.

        Raises:
            ValueError: the function makes new parameters in place of filling them.
        """
        for device in {p.device for p in self._parameters} | {torch.device("cpu")}:
            reseed(device, own_seed)
        if self.initialize is None:
            return
        if hasattr(self.initialize, "sample"):
            drawn = self.initialize.sample(self.layout, [number], self.seed)[0]
            for p, block in zip(self._parameters, self.layout, strict=True):
                p.data.copy_(block.of(drawn))
            return
        generator = torch.Generator().manual_seed(own_seed)
        with on_cpu(list(self.model.parameters())), torch.no_grad():
            self.initialize(self.model, generator)
        for p, values in self._frozen:
            p.data.copy_(values)
        if any(p is not q for p, q in zip(self._parameters, self._current(), strict=True)):
            raise ValueError(
                "initialize takes a model and fills its parameters in place, as "
                "torch.nn.init does; it got new Parameter objects instead"
            )

    def _current(self) -> list[nn.Parameter]:
        return [self.model.get_parameter(name) for name in self._names]


def _check_initialize(initialize: Any) -> None:
    """TypeError unless it is None, a law of parameters or a function of a model and a generator."""
    taken = (
        "initialize takes None, a law such as egop.networks.xavier_normal(), or a function "
        "initialize(model, generator)"
    )
    if initialize is None:
        return
    method = getattr(initialize, "sample", initialize)
    if isinstance(initialize, type) or not callable(method):
        raise TypeError(f"{taken}, got {initialize!r}")
    if getattr(initialize, "__module__", "") == nn.init.__name__:
        raise TypeError(
            f"{taken}, got {initialize.__name__}, which fills one tensor; call it for each "
            "parameter in such a function"
        )
    arguments = ("layout", [0], 0) if method is not initialize else ("model", "generator")
    try:
        inspect.signature(method).bind(*arguments)
    except ValueError:  # a function that does not say what it takes
        return
    except TypeError:
        name = _title(initialize)
        if getattr(initialize, "__module__", "") == "egop.networks.initialization":
            raise TypeError(f"{taken}, got the function {name}; call it, as {name}()") from None
        raise TypeError(f"{taken}, got {name}, called with other arguments") from None


def _described(value: Any) -> str:
    """A law by its name, its numbers and tensors; a function by its name."""
    if isinstance(value, Tensor):
        return summary([value])
    if value is None or isinstance(name := getattr(value, "name", None), str):
        return str(None if value is None else name)
    if is_dataclass(value):
        parts = ", ".join(_described(getattr(value, each.name)) for each in fields(value))
        return f"{_title(value)} of {parts}"
    return _title(value)


def _title(value: Any) -> str:
    return getattr(value, "__name__", type(value).__name__)
