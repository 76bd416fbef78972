"""The numbers of a report of bases as a labelled dataset."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from egop.networks.bases_report import BasesReport, BlockReport, GradientsOfBlock

LONGEST = 8192
"""Leading eigenvalues of a block that are kept: those of an embedding are tens of millions."""


def as_dataset(report: BasesReport) -> xr.Dataset:
    """The numbers by block, of its spectrum the leading `LONGEST` eigenvalues.

    NaN stands where a number was not measured, and behind the last eigenvalue of a block.
    """
    longest = min(LONGEST, max(len(each.basis.eigenvalues) for each in report.blocks))
    spectra = np.full((len(report.blocks), longest), np.nan)
    for row, each in zip(spectra, report.blocks, strict=True):
        leading = each.basis.eigenvalues[:longest].numpy()
        row[: len(leading)] = leading
    names = [*report.shares]
    shares = np.full((len(report.blocks), len(names), 2), np.nan)
    for row, each in zip(shares, report.blocks, strict=True):
        if each.measured is not None:
            row[:] = [each.measured.shares[name] for name in names]
    columns = {
        "size": [each.basis.dim for each in report.blocks],
        "numbers": [each.basis.n_numbers for each in report.blocks],
        "structure": [each.basis.structure for each in report.blocks],
        "stable_rank": [each.basis.stable_rank for each in report.blocks],
        "gap": [each.gap for each in report.blocks],
        "leading_density": [each.leading_density for each in report.blocks],
        "effective_samples": [_of(each, lambda m: m.effective) for each in report.blocks],
        "angle_of_v1_degrees": [
            _of(each, lambda m: m.bootstrap.angle_of_v1_degrees) for each in report.blocks
        ],
        "relative_error": [
            _of(each, lambda m: np.nan if m.error is None else m.error.value)
            for each in report.blocks
        ],
    }
    return xr.Dataset(
        {
            "eigenvalues": (("block", "k"), spectra),
            "off_diagonal_share": (("block", "coordinates"), shares[..., 0]),
            "off_diagonal_share_error": (("block", "coordinates"), shares[..., 1]),
            **{name: ("block", values) for name, values in columns.items()},
        },
        coords={
            "block": [each.block.name for each in report.blocks],
            "k": np.arange(1, longest + 1),
            "coordinates": names,
        },
        attrs={
            "n_samples": report.bases.n_samples,
            "n_excluded": report.bases.n_excluded,
            "seconds": report.bases.seconds,
        },
    )


def _of(block: BlockReport, read: Callable[[GradientsOfBlock], float]) -> float:
    """A number that takes gradients, or NaN."""
    return np.nan if block.measured is None else float(read(block.measured))
