"""The distribution of parameters around those that a module has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from egop.networks.initialization import Initialization
from egop.networks.module import flat_parameters
from egop.networks.network import Block


@dataclass(frozen=True, eq=False)
class Around:
    """ρ = given parameters + noise, the distribution from which a basis is estimated anew (§5).

    Attributes:
        center: (p,) parameters.
        noise: of every entry.
    """

    center: Tensor
    noise: Initialization

    def sample(
        self, blocks: Sequence[Block], indices: Iterable[int], seed: Any = 0, purpose: str = "egop"
    ) -> Tensor:
        """Parameters (n, p) in float64 on the CPU, one row for each index.

        Raises:
            ValueError: the blocks are those of another model.
        """
        drawn = self.noise.sample(blocks, indices, seed, purpose)
        if drawn.shape[1:] != self.center.shape:
            raise ValueError(
                f"around takes the model that is sampled, got one of {len(self.center)} parameters "
                f"for {drawn.shape[1]}"
            )
        return drawn + self.center


def around(model: nn.Module, noise: Initialization) -> Around:
    """The distribution of parameters around the current ones of a model.

    Args:
        model: its parameters that require gradients are copied now.
        noise: such as `pytorch_default()` or `gaussian(0.01)`, added to them.
    """
    return Around(flat_parameters(model).double().cpu(), noise)
