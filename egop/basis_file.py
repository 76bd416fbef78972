"""The file of an eigenbasis: numpy's format npz, which keeps every bit."""

from os import PathLike
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

UNKNOWN = -1
"""A count that there is not: of the samples of a basis that is no estimate, of few coordinates."""
Parts = tuple[np.ndarray, np.ndarray, int | None, int, str, int | None]


def write_basis(
    path: str | PathLike,
    eigenvalues: np.ndarray,
    eigenvectors: np.ndarray,
    *,
    n_samples: int | None,
    n_excluded: int,
    caveat: str,
    n_active: int | None,
) -> None:
    """Writes a basis to a file; numpy adds ".npz" to a name without it."""
    np.savez(
        path,
        eigenvalues=eigenvalues,
        eigenvectors=eigenvectors,
        n_samples=np.array(UNKNOWN if n_samples is None else n_samples),
        n_excluded=np.array(n_excluded),
        caveat=np.array(caveat),
        n_active=np.array(UNKNOWN if n_active is None else n_active),
    )


def read_basis(path: str | PathLike) -> Parts:
    """Eigenvalues, eigenvectors, samples, those left out, caveat, active coordinates: of a file.

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
            n_active = int(file["n_active"]) if "n_active" in file else UNKNOWN
            active = None if n_active == UNKNOWN else n_active
            return file["eigenvalues"], file["eigenvectors"], known, n_excluded, caveat, active
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"{path} is no file that Eigenbasis.save wrote; it writes npz files"
        ) from error
