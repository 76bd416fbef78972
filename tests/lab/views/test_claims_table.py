"""The claims beside what was measured, as the lab shows them."""

from egop.figures.labeled_result import LabeledResult
from egop.lab.views.claims_table import claims_table
from tests.experiments.planted_results import described, spectra


def test_a_claim_that_does_not_apply_is_not_called_undecided():
    result = described(spectra({"gaussian(1)": {"global": (2410, 3.0)}}), "density")
    html = claims_table([LabeledResult("run 1", result)])
    row = next(row for row in html.split("<tr>") if "Theorem 5" in row)
    assert "not applicable</td>" in row
    assert "not decided</td>" not in row
