"""Claims about spectra and eigenvectors: figures 2, 6, 7 and 8."""

from egop.experiments.claims import measures_of_bases as bases
from egop.experiments.claims.claim import claims

SPECTRUM = {"The digits network's EGOP spectrum decays strongly": bases.decay}
SAMPLING = {
    "The spectrum decays under every sampling distribution": bases.decay,
    "Under all of them the decay is comparable": bases.comparable_decay,
}
LAYERS = {
    "The first layer's spectrum decays faster than the second's, in both data sets": (
        bases.first_layer_decays_faster
    ),
    "The first layers' spectra are alike in both data sets": bases.first_layers_alike,
}
DENSITY = {
    "The leading eigenvector is dense, β_1 ≫ 1/d, under every sampling distribution": (
        bases.dense_leader
    ),
    "Several leading eigenvectors are dense under every sampling distribution": bases.several_dense,
}
SMOOTHNESS = {
    "So Theorem 5 (§4) bounds the smoothness constant in EGOP coordinates by less than that "
    "in the original ones": bases.theorem_5,
}

ROWS = (
    *claims("spectrum", "2", SPECTRUM),
    *claims("sampling", "6", SAMPLING),
    *claims("block_spectra", "7", LAYERS),
    *claims("density", "8", DENSITY),
    *claims("density", "8", SMOOTHNESS, ours=True),
)
"""The claims in the order of the figures."""
