"""The table of bases in an open run: medians of what its result holds."""

import re

import numpy as np
import pytest

import egop.lab
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
    assert cells == ["layer 1", "4", "2.1", "4", "0.5", "1.1"]
    problems = len(measured_gains()["rows"])
    assert f"Measured over {problems} problems" in html
    assert "sr/(dβ₁), which Theorem 5 compares with 1 (lower is better), has" in html


def test_d_is_the_size_of_a_layer_of_which_few_eigenvalues_are_known():
    partial = with_spectra().assign(n_parameters=("block", [3072]))
    assert ">3,072<" in egop.lab.open(partial).dashboard.bases.html


def test_a_run_without_spectra_has_no_table_of_bases():
    assert egop.lab.open(result()).dashboard.bases.html == ""
