"""Lines and bands of many bases: they differ from each other, and bands hide nothing."""

import numpy as np

from egop import theme
from egop.experiments.sweep.basis_names import BASES
from egop.lab.views.line_chart import BAND, BANDS
from tests.experiments.planted_results import described, sweep
from tests.lab.views.watched_runs import drawn, watching


def many(*bases):
    finals = {(method, basis): 1e-3 for method in ("adagrad", "adam") for basis in bases}
    result = sweep(finals, trials=4, epochs=5, bases=bases)
    return described(result, "digits", trials=4, epochs=5)


def test_bases_that_can_be_shown_together_have_dashes_of_their_own():
    """That of all parameters was once as solid as the paper's own beside it."""
    shown = ["original", "egop", *(spec.name for spec in BASES.values())]
    dashes = [theme.BASIS_DASHES[name] for name in shown]
    assert len(set(dashes)) == len(dashes)


def test_many_bands_are_fainter():
    """Eighteen over each other were once a dark plane."""
    few, lots = (
        drawn(watching(many(*bases)), "training-bands")["alpha"]
        for bases in (("original", "egop"), ("original", "egop", "global", "first", "few"))
    )
    np.testing.assert_allclose(few, [BAND] * 4)
    np.testing.assert_allclose(lots, [BAND * BANDS / 10] * 10)
