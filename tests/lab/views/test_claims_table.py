"""The claims beside what was measured, as the lab shows them."""

from egop.figures.labeled_result import LabeledResult
from egop.lab.views.claims_table import claims_table
from tests.experiments.planted_results import METHODS, described, spectra, sweep

LOWER = {(method, basis): 1e-3 for method in METHODS for basis in ("original", "egop")} | {
    ("adam", "egop"): 1e-5
}


def test_a_claim_that_does_not_apply_is_not_called_undecided():
    result = described(spectra({"gaussian(1)": {"global": (2410, 3.0)}}), "density")
    html = claims_table([LabeledResult("run 1", result)])
    row = next(row for row in html.split("<tr>") if "Theorem 5" in row)
    assert "not applicable</td>" in row
    assert "not decided</td>" not in row


def test_of_a_run_that_goes_on_nothing_is_decided():
    result = described(sweep(LOWER), "digits")
    assert "✓ yes" in claims_table([LabeledResult("run 1", result)])
    result.attrs["share"] = 0.4
    html = claims_table([LabeledResult("run 1", result)])
    assert html.startswith("<h3>The paper reports</h3>")
    assert "Holds" not in html
    assert claims_table([LabeledResult("run 1", described(sweep(LOWER), "my own network"))]) == ""
