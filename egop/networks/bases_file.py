"""The file of block bases: safetensors, which holds no code; older ones are numpy's npz."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from egop.extras import needed
from egop.networks.arrays import as_tensor
from egop.networks.block_basis import BlockBasis, DenseBasis, KroneckerBasis
from egop.networks.network import Block
from egop.networks.partial_basis import PartialBasis

KEY = "egop block bases"
"""The entry of the file's metadata that describes its tensors."""
KINDS: dict[str, type[BlockBasis]] = {
    "dense": DenseBasis,
    "kronecker": KroneckerBasis,
    "partial": PartialBasis,
}
"""The kinds of bases by their names in files."""
Content = tuple[tuple[Block, ...], tuple[BlockBasis, ...], dict[str, Any]]


def write(
    path: Path | str,
    layout: Sequence[Block],
    bases: Sequence[BlockBasis],
    numbers: Mapping[str, Any],
) -> None:
    """Writes bases, the layout they belong to, and the numbers of their estimate."""
    with needed("BlockBases.save", extra="networks"):  # training does without
        from safetensors.torch import save_file
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"there is no folder {Path(path).parent}; make it first")
    said = json.dumps(_header(layout, bases) | {"numbers": dict(numbers)})
    save_file(_tensors(bases), path, metadata={KEY: said})


def read(path: Path | str) -> Content:
    """The layout, the bases and the numbers of their estimate in a file.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: another program wrote it, or it is cut off.
    """
    try:
        with Path(path).open("rb") as file:
            older = file.read(2) == b"PK"
        return _read_npz(path) if older else _read_safetensors(path)
    except (
        AttributeError,
        BadZipFile,
        EOFError,
        IsADirectoryError,
        KeyError,
        TypeError,
        ValueError,
    ):
        raise ValueError(
            f"{path} holds no block bases; give a file that BlockBases.save wrote"
        ) from None


def fingerprint(layout: Sequence[Block], bases: Sequence[BlockBasis]) -> str:
    """A hash of the layout and of all bases, 16 hexadecimal digits."""
    found = hashlib.sha256(json.dumps(_header(layout, bases), sort_keys=True).encode())
    for name, tensor in sorted(_tensors(bases).items()):
        if not name.endswith("eigenvalues"):
            found.update(name.encode())
            found.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()[:16]


def _header(layout: Sequence[Block], bases: Sequence[BlockBasis]) -> dict[str, Any]:
    return {
        "layout": [_row(block) for block in layout],
        "bases": [[_row(basis.block), describe(basis)] for basis in bases],
    }


def _tensors(bases: Sequence[BlockBasis]) -> dict[str, Tensor]:
    return {
        f"{number}.{name}": tensor.cpu().contiguous()
        for number, basis in enumerate(bases)
        for name, tensor in basis.tensors().items()
    }


def _read_safetensors(path: Path | str) -> Content:
    with needed("BlockBases.load", extra="networks"):
        from safetensors import SafetensorError, safe_open
    try:
        with safe_open(path, framework="pt") as file:
            said = json.loads((file.metadata() or {})[KEY])
            tensors: list[dict[str, Tensor]] = [{} for _ in said["bases"]]
            for key in file.keys():  # noqa: SIM118  # no mapping
                number, name = key.split(".", 1)
                tensors[int(number)][name] = file.get_tensor(key)
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    bases = tuple(
        read_basis(_block(row), kind, parts)
        for (row, kind), parts in zip(said["bases"], tensors, strict=True)
    )
    return tuple(map(_block, said["layout"])), bases, said["numbers"]


def _read_npz(path: Path | str) -> Content:
    """Dense bases as they were written before there were others."""
    with np.load(path) as file:
        layout, blocks = (
            tuple(_block((n, map(int, s.split()), a, b)) for n, s, a, b in file[key])
            for key in ("layout", "blocks")
        )
        bases = tuple(
            DenseBasis(
                block, as_tensor(file[f"eigenvalues_{k}"]), as_tensor(file[f"eigenvectors_{k}"])
            )
            for k, block in enumerate(blocks)
        )
        names = ("n_samples", "n_excluded", "memory")
        return layout, bases, dict(zip(names, file["samples"].tolist(), strict=True))


def _row(block: Block) -> list[Any]:
    return [block.name, list(block.shape), block.start, block.stop]


def _block(row: Any) -> Block:
    name, shape, start, stop = row
    return Block(str(name), tuple(shape), int(start), int(stop))


def describe(basis: BlockBasis) -> dict[str, Any]:
    """The kind, structure and complement of a basis, which a file says beside its tensors."""
    kind = next(name for name, each in KINDS.items() if type(basis) is each)
    said = {"kind": kind, "structure": basis.structure}
    return said | ({"complement": basis.complement} if isinstance(basis, PartialBasis) else {})


def read_basis(block: Block, said: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> BlockBasis:
    """The basis of a block that `describe` and `tensors` told.

    Raises:
        KeyError, TypeError: they told of no basis.
    """
    kind = KINDS[said["kind"]]
    missing = {"left": None, "right": None} if kind is KroneckerBasis else {}
    options = {key: value for key, value in said.items() if key in {"structure", "complement"}}
    return kind(block=block, **missing | dict(tensors), **options)  # type: ignore[arg-type]
