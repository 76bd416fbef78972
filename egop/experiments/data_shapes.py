"""Shapes of data sets and of the layers trained on them, known before the data are there."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from egop.methods.rule import GradientRank


class DataShape(NamedTuple):
    """The shape of a data set, known before it is there.

    Attributes:
        n_features: numbers in an input.
        n_classes: of its labels.
        examples: to train with, to choose rates by, and to test with.
    """

    n_features: int
    n_classes: int
    examples: tuple[int, int, int]

    @property
    def bytes(self) -> int:
        """The size of the data in bytes, in float32."""
        return 4 * self.n_features * sum(self.examples)


SHAPES = {
    "digits": DataShape(64, 10, (3823, 598, 1199)),
    "fashion": DataShape(196, 4, (24000, 1000, 3000)),
}
REDUCED = {"digits": DataShape(64, 10, (1222, 191, 384))}
"""The shapes of data that are used where files are missing."""


def gradient_ranks(config: Any) -> list[GradientRank]:
    """The shape of each layer's weights, and the rank that a minibatch's gradient has at most.

    Of a linear network that is the smallest number of units, since the gradient of each layer is
    one of their product, seen through the other layers. Of a classifier's last layer it is one less
    than there are classes, since what the labels say of all classes together is 0. Units that are
    silent and pixels that are blank may leave less.

    Args:
        config: of an experiment; of one without layers that are known here there are none.
    """
    batch: Any = getattr(config, "batch_size", None)
    data = getattr(config, "data", None)
    sizes = getattr(config, "sizes", None)
    linear = sizes is not None
    if not linear and isinstance(data, str) and data in SHAPES:
        shape = SHAPES[data]
        sizes = (shape.n_features, *getattr(config, "hidden", ()), shape.n_classes)
    if not isinstance(sizes, Sequence) or not all(map(_is_count, (*sizes, batch))):
        return []
    narrow = min(*sizes, batch) if linear else batch
    ranks = [GradientRank((m, n), min(m, n, narrow)) for n, m in pairwise(sizes)]
    if not linear:
        (classes, units), rank = ranks[-1]
        ranks[-1] = GradientRank((classes, units), min(rank, classes - 1))
    return ranks


def _is_count(number: Any) -> bool:
    return isinstance(number, int) and number > 0
