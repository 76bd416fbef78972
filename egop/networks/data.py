"""The paper's two data sets as tensors, in its splits: handwritten digits and Fashion-MNIST."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from egop.networks.downloads import DataError, collection, missing, read
from egop.networks.sources import COLLECTIONS, Collection

RANDOM_STATE = 342
"""The seed of every split; ours, since the paper does not give its own."""

FASHION_CLASSES = 4
"""T-shirt, trouser, pullover and dress: the classes 0 to 3."""


@dataclass(frozen=True, eq=False)
class Split:
    """Examples with their classes.

    Attributes:
        inputs: (n, features) float32.
        targets: (n,) int64 classes.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in three parts.

    Attributes:
        name: as `load` takes it.
        train: what networks are trained on.
        validation: what learning rates are chosen by.
        test: what neither has seen.
        note: what every result made with it must say; empty for the paper's own data set.
        fingerprint: SHA-256 over all arrays, which tells two data sets apart.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    note: str = ""
    fingerprint: str = field(init=False)

    def __post_init__(self):
        total = hashlib.sha256()
        for part in (self.train, self.validation, self.test):
            for array in (part.inputs.numpy(), part.targets.numpy()):
                total.update(f"{array.shape} {array.dtype.str};".encode())
                total.update(np.ascontiguousarray(array).tobytes())
        object.__setattr__(self, "fingerprint", total.hexdigest())

    @property
    def n_features(self) -> int:
        """Numbers in one input."""
        return self.train.inputs.shape[1]

    @property
    def n_classes(self) -> int:
        """Classes, numbered from 0."""
        return int(self.train.targets.max()) + 1


def load(name: str, folder: Path | str | None = None) -> Dataset:
    """The data set "digits" or "fashion", in the paper's splits (App. D.5).

    Digits: pixels/16 of optdigits.tra to train with, optdigits.tes split into 598 and 1199 images.
    Without the files, the 1797 digits of scikit-learn in the same proportions, and `note` says so.
    Fashion: classes 0 to 3, the largest of every 2×2 pixels, scaled to [−1, 1]; 24,000 images to
    train with, 4000 split into 1000 and 3000.

    Args:
        name: of the data set.
        folder: holds the data sets; None: EGOP_DATA or the cache folder.

    Raises:
        DataError: an unknown name; files that are missing (fashion), truncated or altered.
    """
    if str(name) not in COLLECTIONS and Path(name).is_file():
        raise DataError(
            f"load takes the name of a data set, got the file {name}; "
            "egop.networks.BlockBases.load takes one of bases"
        )
    data = collection(name)
    return _LOADERS[name](data, None if folder is None else Path(folder))


def _digits(data: Collection, folder: Path | None) -> Dataset:
    if absent := missing(data, folder):
        return _reduced_digits(data, absent)
    contents = read(data, folder)
    rows = [_numbers(contents[file.name]) for file in data.files]
    train, rest = (_digit_arrays(each[:, :-1], each[:, -1]) for each in rows)
    return Dataset(data.name, Split(*train), *_halves(*rest, n_test=1199))


def _reduced_digits(data: Collection, absent: list[str]) -> Dataset:
    from sklearn.datasets import load_digits

    pixels, classes = map(np.asarray, load_digits(return_X_y=True))
    arrays = _digit_arrays(pixels, classes)
    rest, train = _halves(*arrays, n_test=1222)
    validation, test = _halves(rest.inputs, rest.targets, n_test=384)
    note = (
        f"scikit-learn's 1797 digits, not the paper's 5620: {' and '.join(absent)} missing, run "
        f"egop data fetch {data.name}"
    )
    return Dataset(data.name, train, validation, test, note)


def _numbers(content: bytes) -> np.ndarray:
    """The 65 integers in each line of optdigits: pixels, then the class."""
    return np.array(content.replace(b"\n", b",").strip(b",").split(b","), int).reshape(-1, 65)


def _digit_arrays(pixels: np.ndarray, classes: np.ndarray) -> tuple[Tensor, Tensor]:
    return torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(classes, dtype=torch.int64)


def _fashion(data: Collection, folder: Path | None) -> Dataset:
    contents = read(data, folder)
    arrays = [_idx(contents[file.name]) for file in data.files]
    train = _pooled(arrays[0], arrays[1])
    rest = _pooled(arrays[2], arrays[3])
    return Dataset(data.name, Split(*train), *_halves(*rest, n_test=3000))


def _idx(content: bytes) -> np.ndarray:
    """The array of bytes in a gzipped IDX file: its shape in big-endian words, then the bytes."""
    raw = gzip.decompress(content)
    n_axes = raw[3]
    shape = np.frombuffer(raw, ">u4", count=n_axes, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def _pooled(images: np.ndarray, classes: np.ndarray) -> tuple[Tensor, Tensor]:
    """Images (n, 28, 28) of the first four classes as (n, 196) in [−1, 1], max-pooled 2×2."""
    kept = classes < FASHION_CLASSES
    n, height, width = images[kept].shape
    largest = images[kept].reshape(n, height // 2, 2, width // 2, 2).max(axis=(2, 4))
    scaled = largest.reshape(n, -1) / 127.5 - 1.0
    return torch.tensor(scaled, dtype=torch.float32), torch.tensor(classes[kept], dtype=torch.int64)


def _halves(inputs: Tensor, targets: Tensor, n_test: int) -> tuple[Split, Split]:
    """The rest and `n_test` examples, each with about the same share of every class."""
    from sklearn.model_selection import train_test_split

    rest, test = train_test_split(
        np.arange(len(targets)),
        test_size=n_test,
        random_state=RANDOM_STATE,
        stratify=targets.numpy(),
    )
    return Split(inputs[rest], targets[rest]), Split(inputs[test], targets[test])


_LOADERS: dict[str, Callable[[Collection, Path | None], Dataset]] = {
    "digits": _digits,
    "fashion": _fashion,
}
assert _LOADERS.keys() == COLLECTIONS.keys()
