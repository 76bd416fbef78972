"""The file of an eigenbasis: numpy's format npz, which keeps every bit."""

from os import PathLike
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

UNKNOWN = -1
"""The number of samples in the file of a basis that is no estimate."""


def write_basis(
    path: str | PathLike,
    eigenvalues: np.ndarray,
    eigenvectors: np.ndarray,
    n_samples: int | None,
    n_excluded: int,
    caveat: str,
) -> None:
    """Writes a basis to a file; numpy adds ".npz" to a name without it."""
    np.savez(
        path,
        eigenvalues=eigenvalues,
        eigenvectors=eigenvectors,
        n_samples=np.array(UNKNOWN if n_samples is None else n_samples),
        n_excluded=np.array(n_excluded),
        caveat=np.array(caveat),
    )


def read_basis(path: str | PathLike) -> tuple[np.ndarray, np.ndarray, int | None, int, str]:
    """Eigenvalues, eigenvectors, the number of samples, of those left out, the caveat: of a file.

    Raises:
        FileNotFoundError: there is no such file, with ".npz" or without.
        ValueError: it is not a file of an eigenbasis.
    """
    path = Path(path)
    if not path.is_file():
        path = path.with_name(f"{path.name}.npz")
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path.with_suffix('')} of an eigenbasis; Eigenbasis.save writes one"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            n_samples, n_excluded = int(file["n_samples"]), int(file["n_excluded"])
            known = None if n_samples == UNKNOWN else n_samples
            caveat = str(file["caveat"])
            return file["eigenvalues"], file["eigenvectors"], known, n_excluded, caveat
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"{path} is no file that Eigenbasis.save wrote; it writes npz files"
        ) from error
