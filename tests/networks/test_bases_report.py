"""The report of bases: its numbers are those of the diagnostics, its sentences follow from them."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from egop.networks import BlockBases, estimate_block_bases, report, sample_gradients, xavier_normal
from egop.networks.block_basis import DenseBasis, KroneckerBasis
from egop.networks.diagnostics import effective_samples, off_diagonal_share, relative_error
from egop.networks.network import Block
from egop.networks.structures.choice import Structure
from egop.networks.structures.random_basis import random_basis
from tests.networks.test_module_structures import LOSS, batches, multilayer
from tests.networks.test_structures import BLOCK, DOUBLE, correlated, estimated, orthogonal

WHOLE = replace(BLOCK, start=0, stop=30)


def of_one(basis):
    return BlockBases((basis.block,), (basis,), 300)


@pytest.fixture(scope="module")
def known():
    model, data = multilayer(), batches()
    same = (model, LOSS, data, xavier_normal())
    bases = estimate_block_bases(*same, 300, structure="kronecker")
    of_data = estimate_block_bases(*same, 3, structure="data")
    return bases, sample_gradients(*same, 200), of_data


def test_its_numbers_are_those_of_the_diagnostics(known):
    bases, gradients, of_data = known
    found = report(bases, gradients, beside={"data": of_data})
    told = found.to_xarray()
    for each in bases:
        name, rows = each.block.name, gradients[each.block.name]
        block = told.sel(block=name)
        assert float(block["relative_error"]) == pytest.approx(relative_error(each, rows).value)
        assert float(block["effective_samples"]) == pytest.approx(effective_samples(rows))
        assert float(block["gap"]) == each.gap()
        np.testing.assert_array_equal(
            block["eigenvalues"].dropna("k").values, each.eigenvalues.numpy()
        )
        for coordinates, basis in {
            "original": None,
            "these bases": each,
            "data": of_data[name],
        }.items():
            share = block["off_diagonal_share"].sel(coordinates=coordinates)
            assert float(share) == pytest.approx(off_diagonal_share(rows, basis).value, abs=1e-9)
    shares = {name: each.value for name, each in found.shares.items()}
    assert shares["these bases"] < 0.1 < min(shares["original"], shares["random"])


def test_spectra_of_long_blocks_are_kept_to_the_leading_eigenvalues():
    block, ones = Block("E", (50_000, 2), 0, 100_000), torch.ones(50_000).double()
    values = torch.tensor([2.0, 1.0]).double()
    basis = KroneckerBasis(block, None, torch.eye(2).double(), ones, values)
    spectrum = report(of_one(basis)).to_xarray()["eigenvalues"]
    assert spectrum.sizes == {"block": 1, "k": 8192}
    np.testing.assert_allclose(spectrum, 2 / 50_000)


def test_the_share_of_all_blocks_is_that_of_the_block_diagonal_egop(known):
    _, gradients, of_data = known
    rows = [gradients[name].double() for name in gradients]
    found = report(of_data, gradients).shares["original"].value
    count = len(rows[0])
    whole = diagonal = 0.0
    for each in rows:
        products, squares = each @ each.T, each.square()
        whole += products.square().sum() - products.diagonal().square().sum()
        diagonal += squares.sum(0).square().sum() - squares.square().sum()
    assert count == 200
    assert found == pytest.approx(float(1 - diagonal / whole))


@pytest.mark.parametrize("structure", ["dense", "partial", "sketch", "rows", "random", "data"])
def test_every_structure_has_a_page(structure):
    model, data = multilayer(), batches()
    same = (model, LOSS, data, xavier_normal())
    options = {"k": 3} if structure in {"partial", "sketch"} else {}
    bases = estimate_block_bases(*same, 40, structure=structure, **options)
    page = report(bases, sample_gradients(*same, 40))
    measured = np.isfinite(page.to_xarray()["relative_error"]).all()
    assert bool(measured) == (structure not in {"random", "data"})
    assert str(page).count("0.weight") == page._repr_html_().count("<b>0.weight") + 2


def test_without_gradients_nothing_is_said_of_the_fit(known):
    bases, _, of_data = known
    page = report(bases)
    assert page.shares == {}
    assert "not known without gradients" in str(page)
    assert "Off-diagonal share of the EGOP" not in str(page)
    assert np.isnan(page.to_xarray()["effective_samples"]).all()
    with pytest.raises(ValueError, match="`beside` without them"):
        report(bases, beside={"data": of_data})


def test_the_verdict_follows_from_the_shares():
    gradients = {BLOCK.name: correlated(400, 1)}
    fits = report(of_one(estimated(Structure(), correlated(400), WHOLE)), gradients)
    assert str(fits).splitlines()[1].startswith("The bases fit: ")
    bad = report(of_one(random_basis(WHOLE, 0, DOUBLE)), gradients)
    assert "The bases fit badly" in str(bad)
    axes = torch.randn(400, 30, generator=torch.Generator().manual_seed(0)).double()
    axes = {BLOCK.name: axes * 0.5 ** torch.arange(30)}
    little = report(of_one(random_basis(WHOLE, 0, DOUBLE)), axes)
    assert "There is little to change" in str(little)


def test_gains_are_not_promised_to_bases_that_have_none():
    gradients = {BLOCK.name: correlated(400, 1)}
    fits = str(report(of_one(estimated(Structure(), correlated(400), WHOLE)), gradients))
    assert "Spearman" in fits
    assert "cannot be expected" not in fits
    turned = replace(random_basis(WHOLE, 0, DOUBLE), structure="dense")
    leaves = str(report(of_one(turned), gradients))
    assert re.search(r"bases that leave \d+ % beside the diagonal cannot be expected", leaves)
    for made_up in (
        report(of_one(random_basis(WHOLE, 0, DOUBLE)), gradients),
        report(of_one(random_basis(WHOLE, 0, DOUBLE))),
    ):
        assert "Spearman" not in str(made_up)
        assert "A random basis is the control" in str(made_up)


def test_columns_and_an_uncertain_eigenvector_are_explained():
    turn = orthogonal(30, 30, 1).T
    drawn = torch.tensor(np.random.default_rng(0).standard_normal((60, 30)))
    for decay, said in ((0.3, "v₁ is within"), (0.7, "v₁ alone is uncertain")):
        rows = drawn * decay ** torch.arange(30) @ turn
        page = report(of_one(estimated(Structure(), rows, WHOLE)), {"W": rows})
        assert said in str(page), decay
        assert "β₁: density of v₁, 1/d along an axis" in str(page)
        assert "error: ‖EGOP − V diag(λ) Vᵀ‖/‖EGOP‖, of eigenvalues" in page._repr_html_()


def test_flat_spectra_are_called_arbitrary():
    drawn = torch.tensor(np.random.default_rng(0).standard_normal((300, 30)))
    flat = of_one(estimated(Structure(), drawn, WHOLE))
    assert re.search(
        r"leading \d+ eigenvalues cannot be told apart", str(report(flat, {"W": drawn}))
    )
    decaying = drawn * 0.3 ** torch.arange(30) @ orthogonal(30, 30, 1).T
    clear = of_one(estimated(Structure(), decaying, WHOLE))
    assert "cannot be told apart" not in str(report(clear, {"W": decaying}))
    few = torch.cat([decaying[:3] * 1e4, decaying])
    assert "they say little" in str(report(clear, {"W": few}))


def test_the_page_is_one_file_without_anything_from_elsewhere(known, tmp_path):
    bases, gradients, _ = known
    page = report(bases, gradients)
    page.save(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert page._repr_html_() in text
    assert "http" not in text
    assert "<script" not in text
    assert text.count("<svg") == len(bases)


def test_names_of_blocks_are_escaped():
    block = Block("<b>&'W", (6, 5), 0, 30)
    basis = DenseBasis(block, torch.ones(30).double(), torch.eye(30))
    page = report(of_one(basis), {block.name: correlated(40)})._repr_html_()
    assert "<b>&'W" not in page
    assert "&lt;b&gt;&amp;&#x27;W" in page


def test_every_block_needs_gradients_of_the_same_samples(known):
    bases, gradients, _ = known
    first = {"0.weight": gradients["0.weight"]}
    with pytest.raises(ValueError, match=r"got none of '2\.weight'"):
        report(bases, first)
    with pytest.raises(ValueError, match="the same gradients of all blocks"):
        report(bases, {**first, "2.weight": gradients["2.weight"][:9]})
    alone = BlockBases(bases.layout, bases.bases[:1])
    with pytest.raises(ValueError, match=r"'other' without '2\.weight'"):
        report(bases, gradients, beside={"other": alone})
    for name in ("original", "random", "these bases"):
        with pytest.raises(ValueError, match=f"report gives {name!r} by itself"):
            report(bases, gradients, beside={name: bases})
