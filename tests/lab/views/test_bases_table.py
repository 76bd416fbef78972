"""The table of bases in an open run: medians of what its result holds."""

import math
import re

import numpy as np
import pytest

import egop.lab
from egop.lab.views.bases_table import total_share
from egop.networks.gain_words import percent
from egop.networks.measured_gains import measured_gains
from tests.lab.fakes import result

pytestmark = pytest.mark.filterwarnings("ignore")


def with_spectra():
    found = result()
    trials = found.sizes["trial"]
    values = np.tile([8.0, 2.0, 1.0, 0.5], (trials, 1, 1))
    return found.assign(
        eigenvalues=(("trial", "block", "k"), values),
        density=(("trial", "block", "k"), np.full((trials, 1, 4), 0.5)),
        stable_rank=(("trial", "block"), np.full((trials, 1), 2.1)),
    ).assign_coords(block=["W1"], k=[1, 2, 3, 4])


def test_an_open_run_tells_the_numbers_of_its_bases():
    html = egop.lab.open(with_spectra()).dashboard.bases.html
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html)
    assert cells == ["layer 1", "4", "2.1", "4", "0.5", "1.1", "–"]
    problems = len(measured_gains()["rows"])
    assert f"Measured over {problems} problems" in html
    assert "sr/(dβ₁), which Theorem 5 compares with 1 (lower is better), has" in html


def test_d_is_the_size_of_a_layer_of_which_few_eigenvalues_are_known():
    partial = with_spectra().assign(n_parameters=("block", [3072]))
    assert ">3,072<" in egop.lab.open(partial).dashboard.bases.html


def with_shares():
    """Two layers, the second of a tenth of the first one's EGOP, and all parameters again."""
    found, trials = with_spectra().drop_dims(["block", "k"]), 3
    values = np.tile([[1.0, 0.0], [0.1, 0.0], [1.0, 0.1]], (trials, 1, 1))
    return found.assign(
        eigenvalues=(("trial", "block", "k"), values),
        density=(("trial", "block", "k"), np.full_like(values, 0.5)),
        stable_rank=(("trial", "block"), np.ones((trials, 3))),
        off_diagonal_share=(("trial", "block"), np.tile([0.2, 0.9, 0.7], (trials, 1))),
    ).assign_coords(block=["W1", "W2", "global"], k=[1, 2])


def test_an_open_run_tells_what_its_off_diagonal_share_was_worth():
    html = egop.lab.open(with_shares()).dashboard.bases.html
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html)
    assert cells[6::7] == ["20 %", "90 %", "70 %"]
    share = (0.2 + 0.01 * 0.9) / 1.01
    assert f"Here the share is {percent(share)} of both layers together; of the" in html
    assert "one between 10 % and 50 %, Adam was sooner in" in html
    assert "egop.networks.report tells it" not in html


def test_a_share_that_no_trial_knows_is_not_told():
    known = with_shares()
    html = egop.lab.open(known.assign(off_diagonal_share=np.nan * known["off_diagonal_share"]))
    assert "Here the share" not in html.dashboard.bases.html
    assert math.isnan(total_share(known.drop_vars("off_diagonal_share")))


def test_a_run_without_spectra_has_no_table_of_bases():
    assert egop.lab.open(result()).dashboard.bases.html == ""
