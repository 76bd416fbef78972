"""Bases that are estimated anew while networks train, against a loop with `EGOPOptimizer`."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import egop
from egop import methods
from egop.methods.state_kinds import loses_state
from egop.networks import RefreshedBases, gaussian
from egop.networks.bases import BlockBases
from egop.networks.batches import order
from egop.networks.block_basis import DenseBasis, KroneckerBasis
from egop.networks.plan import RunSpec
from egop.networks.refreshed_bases import ORDERS
from egop.optimizer import EGOPOptimizer, from_method
from tests.networks.small_trainings import (
    CASES,
    EXAMPLES,
    SIZE,
    TRIALS,
    finish,
    path_of,
    starts,
    training,
)

EVERY, EPOCHS = 4, 3  # 9 steps, 3 an epoch: refreshed before steps 1, 5 and 9
ROUND_OFF = 1e-6
"""The tolerance of Adam: it magnifies round-off in the sum of all outputs, without gradients."""


def refreshed(**changes):
    given = {"every": EVERY, "noise": gaussian(0.3), "n_samples": 30, "structure": "dense"}
    return RefreshedBases(**{**given, **changes})


def trained(plan, given, case="classifier", **options):
    plan = [RunSpec(*run) for run in plan]
    return training(case, plan, n_epochs=EPOCHS, bases={"refreshed": given}, **options)


def bases_now(train, trial, run=0):
    """The bases of a run as those of an optimizer."""
    network = train.network
    ((_, _, rotation),) = train._rotations
    found = []
    for each in rotation.bases:
        right = each.right[trial, run].clone()
        values = torch.ones(len(right), dtype=torch.float64)
        if each.left is None:
            found.append(DenseBasis(each.block, values, right))
        else:
            left = each.left[trial, run].clone()
            ones = torch.ones(len(left), dtype=torch.float64)
            found.append(KroneckerBasis(each.block, left, right, ones, values))
    return BlockBases(network.blocks, tuple(found))


def looped(method, given, trial, rate, case="classifier"):
    """The path of `EGOPOptimizer`, refreshed by the bases that a batched training estimates."""
    network, data, module, loss = CASES[case]
    train = trained([(method, "refreshed", rate)], given, case)
    found = []
    train.after_step = lambda: found.append(bases_now(train, trial))
    finish(train)
    model = copy.deepcopy(module)
    nn.utils.vector_to_parameters(starts(network)[trial], model.parameters())
    named = zip((b.name for b in found[0].layout), model.parameters(), strict=True)
    optimizer = EGOPOptimizer(from_method(method), named, found[0], lr=rate)
    whole, step = data.whole["train"], 0
    for epoch in range(EPOCHS):
        for some in torch.from_numpy(order(0, trial, epoch, EXAMPLES)).split(SIZE):
            if step and step % EVERY == 0:
                optimizer.refresh(found[step], given.moments)
                if given.moments == "reset" and method.rule.elementwise:
                    optimizer.state.clear()  # of biases, too, which it leaves
            optimizer.zero_grad()
            loss(
                model, type(whole)(*(part[min(trial, len(part) - 1)][some] for part in whole))
            ).backward()
            optimizer.step()
            step += 1
    return nn.utils.parameters_to_vector(model.parameters()).detach(), train.points[trial, 0]


@pytest.mark.filterwarnings("ignore:refresh forgets the state")
@pytest.mark.parametrize("structure", ["dense", "kronecker"])
@pytest.mark.parametrize("moments", ["rotate", "reset", "keep"])
@pytest.mark.parametrize("name", methods.NETWORK_METHODS)
def test_training_is_that_of_an_optimizer_that_is_refreshed(name, moments, structure):
    """All gradients have full rank, so that no method divides round-off by round-off."""
    given = refreshed(moments=moments, structure=structure)
    one, other = looped(methods.method(name), given, 1, 0.02, "linear")
    torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", ["adam", "muon"])
def test_biases_keep_their_own_coordinates(name):
    one, other = looped(methods.method(name), refreshed(), 1, 0.05)
    loose = ROUND_OFF if name == "adam" else 1e-9
    torch.testing.assert_close(one, other, rtol=loose, atol=loose)


def test_the_treatments_of_moments_differ():
    found = []
    for moments in ("rotate", "reset", "keep"):
        train = trained([("adam", "refreshed", 0.05)], refreshed(moments=moments))
        finish(train)
        found.append(train.points)
    for k in range(3):
        assert (found[k] - found[k - 1]).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("name", "structure"),
    [
        (name, structure)
        for name in methods.NETWORK_METHODS
        for structure, rotation in (("dense", "whole"), ("kronecker", "kronecker"))
        if rotation in methods.method(name).rule.unchanged_by
    ],
)
def test_methods_that_know_no_basis_go_on_through_refreshes(name, structure):
    """Their whole state turns exactly, also what they keep of the sides of a matrix."""
    made = methods.full_adagrad(eps=1e-2) if name == "full_adagrad" else methods.method(name)
    plan = [(made, b, 0.05) for b in ("original", "refreshed")]
    points = path_of(trained(plan, refreshed(structure=structure)))
    torch.testing.assert_close(points[:, :, 0], points[:, :, 1], rtol=0, atol=1e-7)
    assert not loses_state(made, structure == "kronecker")


@pytest.mark.parametrize(
    ("name", "structure"), [("adam", "dense"), ("adam", "kronecker"), ("shampoo", "dense")]
)
def test_others_take_another_path_through_refreshes(name, structure):
    plan = [(name, b, 0.05) for b in ("original", "refreshed")]
    points = path_of(trained(plan, refreshed(structure=structure)))
    assert (points[-1, :, 0] - points[-1, :, 1]).abs().max() > 1e-3


@pytest.mark.parametrize("structure", ["dense", "kronecker"])
@pytest.mark.parametrize("name", methods.NETWORK_METHODS)
def test_methods_begin_anew_where_that_is_told(name, structure):
    train = trained([(name, "refreshed", 0.05)], refreshed(structure=structure))
    finish(train)
    ((_, _, rotation),) = train._rotations
    groups = [
        g for g in train._groups if len(train._groups) == 1 or min(g.block.shape[1:], default=0) > 1
    ]
    made = methods.method(name)
    assert {rotation.renew(g) for g in groups} == {loses_state(made, structure == "kronecker")}


@pytest.mark.parametrize("part", ["left", "gram", "right_basis", "outer_products", "left_values"])
def test_an_own_mean_named_as_something_else_begins_anew(part):
    rule = methods.MatrixRule(lambda g, s, x, step, h: (g, 1.0, (s[0] + g,)), state=(part,))
    own = methods.Method("own", 0.05, methods.momentum().hyperparameters, rule)
    train = trained([(own, "refreshed", 0.05)], refreshed(structure="kronecker"))
    finish(train)
    ((_, _, rotation),) = train._rotations
    groups = [g for g in train._groups if min(g.block.shape[1:], default=0) > 1]
    assert {rotation.renew(g) for g in groups} == {True}


def test_bases_are_those_of_the_gradients_around_each_run():
    """VᵀPV is diagonal, with the eigenvalues that are told."""
    network, data, *_ = CASES["classifier"]
    given = refreshed()
    train = trained([("adam", "refreshed", 0.01), ("adam", "refreshed", 0.2)], given)
    reached = []
    for metrics in train:
        reached.append(train.points.clone())
        if metrics.epoch == 2:
            break
    train._steps = 8  # as two steps later: the weights are where they were
    train._refresh()
    deviations, spectra = given.deviations(network, 2), train.spectra(most=24)
    batches = list(data.epoch(ORDERS + 2, range(TRIALS)))
    for trial in range(TRIALS):
        for run in range(2):
            gradients = []
            for k, batch in enumerate(batches):
                at = (reached[-1][trial, run] + deviations[k :: len(batches)])[None]
                own = type(batch)(*(part[trial : trial + 1] for part in batch))
                gradients.append(network.gradients(at, own)[1][0].detach())
            stacked = torch.cat(gradients)
            for place, basis in enumerate(bases_now(train, trial, run)):
                rotated = basis.to_basis(stacked[:, basis.block.start : basis.block.stop])
                products = rotated.mT @ rotated / len(stacked)
                told = spectra[trial, run, place, : basis.dim]
                np.testing.assert_allclose(products.diagonal()[:24], told, rtol=1e-8, atol=1e-12)
                rest = products - torch.diag(products.diagonal())
                assert rest.abs().max() < 1e-10 * products.diagonal().max()
    assert (spectra[:, 0] != spectra[:, 1]).any()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *((name, {"structure": "kronecker"}) for name in ("adam", "muon", "shampoo")),
        ("adam", {"structure": "dense"}),
        *((name, {"n_samples": 5}) for name in ("adam", "rmsprop", "sign_momentum", "adagrad")),
        ("adam", {"structure": "kronecker", "n_samples": 1}),
    ],
)
def test_a_run_is_the_same_alone_and_among_others(name, given):
    """Also where gradients are fewer than entries, and round-off would choose the null space."""
    plan = [("adam", "original", 0.1), (name, "refreshed", 0.05), ("momentum", "refreshed", 0.1)]
    given = refreshed(**given)
    among, alone = trained(plan, given), trained(plan[1:2], given)
    finish(among)
    finish(alone)
    torch.testing.assert_close(among.points[:, 1], alone.points[:, 0], rtol=0, atol=ROUND_OFF)


def test_a_run_that_diverges_leaves_the_others():
    plan = [("adam", "refreshed", 0.05), ("gradient_descent", "refreshed", 1e150)]
    train = trained(plan, refreshed())
    last = finish(train)[-1]
    assert last.diverged_at[0].tolist()[0] == -1
    assert last.diverged_at[0].tolist()[1] > 0
    alone = trained(plan[:1], refreshed())
    finish(alone)
    torch.testing.assert_close(train.points[:, 0], alone.points[:, 0], rtol=0, atol=ROUND_OFF)
    assert np.isfinite(train.spectra(most=4)[:, 0]).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_few_gradients_are_completed_to_orthogonal_bases(dtype):
    """Each run's own by the same random numbers, others at each refresh."""
    train = trained([("adam", "refreshed", 0.1)] * 2, refreshed(n_samples=5), dtype=dtype)
    seen = []
    train.after_step = lambda: seen.append([b.right.clone() for b in train._rotations[0][2].bases])
    finish(train)
    assert (train.spectra()[..., 5:] <= 1e-10 * train.spectra()[..., :1])[..., :15].all()
    for first, later in zip(seen[0], seen[-1], strict=True):
        units = torch.eye(first.shape[-1], dtype=dtype).expand_as(first)
        torch.testing.assert_close(first.mT @ first, units)
        torch.testing.assert_close(first[:, 0], first[:, 1], rtol=0, atol=0)
        assert (first[..., -1] * later[..., -1]).sum(-1).abs().max() < 0.99


@pytest.mark.parametrize("moments", ["rotate", "reset"])
@pytest.mark.parametrize("stop", [4, 7])
def test_restored_training_goes_on_bit_for_bit(stop, moments):
    """Also from the middle of an epoch, beside a refresh or not."""
    plan = [("adam", "refreshed", 0.05), ("shampoo", "refreshed", 0.05), ("muon", "original", 0.1)]
    given = refreshed(structure="kronecker", moments=moments)
    through = trained(plan, given)
    kept = {}

    def keep():
        if through._steps == stop:  # one counts the step in `taken` before
            kept.update(through.state())

    through.after_step = keep
    finish(through)
    again = trained(plan, given)
    again.restore(kept)
    finish(again)
    assert torch.equal(through.points, again.points)
    np.testing.assert_array_equal(through.spectra(), again.spectra())


def test_the_distribution_of_refreshed_bases_may_be_one_of_landscapes():
    p = CASES["classifier"][0].n_parameters
    rho = egop.distributions.Gaussian(dim=p, scale=0.3)
    given = egop.Refreshed(every=EVERY, distribution=rho, n_samples=30)
    train = trained([("momentum", "refreshed", 0.05), ("momentum", "original", 0.05)], given)
    finish(train)
    torch.testing.assert_close(train.points[:, 0], train.points[:, 1], rtol=0, atol=1e-10)
    assert np.nanmax(train.spectra()) > 0


def test_other_trainings_tell_no_spectra():
    train = trained([("adam", "original", 0.05)], refreshed())
    assert train.spectra() is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: refreshed(every=0), "RefreshedBases takes every as an integer of at least 1"),
        (lambda: refreshed(n_samples=0), "takes n_samples as an integer of at least 1"),
        (lambda: refreshed(structure="rows"), "structure 'dense' or 'kronecker', got 'rows'"),
        (lambda: refreshed(moments="turn"), "moments 'rotate' or 'reset' or 'keep', got 'turn'"),
        (
            lambda: trained(
                [("adam", "refreshed", 0.1)],
                egop.Refreshed(every=1, distribution=egop.distributions.Gaussian(dim=3)),
            ),
            "distribution of the network's 59 parameters, got one in 3 variables",
        ),
        (
            lambda: trained(
                [("adam", "refreshed", 0.1)],
                egop.Refreshed(
                    every=1, distribution=egop.distributions.Gaussian(dim=59), leading=1
                ),
            ),
            "networks move in all coordinates .* got leading=1; take leading=None",
        ),
        (lambda: refreshed(seed="x"), "takes seed as an integer of at least 0, got 'x'"),
        (lambda: refreshed(seed=-1), "takes seed as an integer of at least 0, got -1"),
        (lambda: refreshed(noise=0.1), "takes noise as an initialization, such as .* got 0.1"),
        (lambda: refreshed(noise=None), "takes noise as an initialization, such as .* got None"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises((TypeError, ValueError), match=words):
        make()


def test_bases_that_do_not_fit_are_refused(monkeypatch):
    monkeypatch.setattr("egop.networks.refreshed_bases.free_memory", lambda device: 10_000)
    with pytest.raises(MemoryError, match=r"bases of each of 2 runs need .*structure='kronecker'"):
        trained([("adam", "refreshed", 0.1)], refreshed())
