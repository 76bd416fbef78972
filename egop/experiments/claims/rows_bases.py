"""Claims about spectra and eigenvectors: figures 2, 6, 7 and 8."""

from egop.experiments.claims import measures_of_bases as bases
from egop.experiments.claims.claim import Claim

ROWS = (
    Claim("2", "spectrum", "The digits network's EGOP spectrum decays strongly", bases.decay),
    Claim("6", "sampling", "The spectrum decays under every sampling distribution", bases.decay),
    Claim(
        "6",
        "sampling",
        "Under all of them the decay is comparable",
        bases.comparable_decay,
    ),
    Claim(
        "7",
        "block_spectra",
        "The first layer's spectrum decays faster than the second's, in both data sets",
        bases.first_layer_decays_faster,
    ),
    Claim(
        "7",
        "block_spectra",
        "The first layers' spectra are alike in both data sets",
        bases.first_layers_alike,
    ),
    Claim(
        "8",
        "density",
        "The leading eigenvector is dense, β_1 ≫ 1/d, under every sampling distribution",
        bases.dense_leader,
    ),
    Claim(
        "8",
        "density",
        "Several leading eigenvectors are dense under every sampling distribution",
        bases.several_dense,
    ),
    Claim(
        "8",
        "density",
        "So Theorem 5 (§4) bounds the smoothness constant in EGOP coordinates by less than that "
        "in the original ones",
        bases.theorem_5,
        ours=True,
    ),
)
"""In the order of the figures."""
