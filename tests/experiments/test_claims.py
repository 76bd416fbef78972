"""Every claim is found to hold where it was planted, and to fail where its opposite was."""

import numpy as np
import pytest
import xarray as xr

from egop import cli
from egop.experiments import EXPERIMENTS
from egop.experiments.claims import measures
from egop.experiments.claims.evidence import ENOUGH_TRIALS, share_interval, times
from egop.experiments.claims.printed import HEADER, markdown
from egop.experiments.claims.table import CLAIMS, judge
from tests.experiments.planted_results import (
    METHODS,
    convex,
    described,
    diverge,
    spectra,
    store,
    sweep,
)

DESCENT = {
    (method, basis): 1e-2
    for method in ("gradient_descent", "momentum")
    for basis in ("original", "egop")
}
NETWORK = {
    ("adagrad", "original"): 1e-4,
    ("adagrad", "egop"): 1e-5,
    ("adam", "original"): 1e-6,
    ("adam", "egop"): 1e-8,
    **DESCENT,
}
MOMENTUM_BEST = NETWORK | {("momentum", basis): 1e-20 for basis in ("original", "egop")}
STEADY_ADAGRAD = NETWORK | {("adagrad", "egop"): 0.9e-4}
CONVEX = {
    "log_sum_exp": STEADY_ADAGRAD,
    "logistic_regression": MOMENTUM_BEST,
    "least_squares": NETWORK,
}
BLOCKS = {
    (method, basis): final
    for method, first in (("adagrad", 1.2e-6), ("adam", 0.8e-2))
    for basis, final in (
        ("original", 1e-2),
        ("global", 1e-6),
        ("block", 2e-6),
        ("first", first),
    )
}
BLOCK_BASES = ("original", "global", "block", "first")
LAYERS = {
    "digits": {"W1": (2048, 4.0), "W2": (320, 1.0)},
    "fashion": {"W1": (3920, 4.1), "W2": (80, 1.0)},
}
RHOS = {name: {"global": (2410, 3.0)} for name in ("gaussian(0.1)", "gaussian(1)")}


def two_dimensions(**ends: float) -> xr.Dataset:
    finals = {("adagrad", "original"): 1e-5, ("adagrad", "egop"): 1e-12}
    finals |= {("adagrad", basis): final for basis, final in ends.items()}
    result = sweep(finals, epochs=100).drop_vars(["best_rate", "chosen_rate"])
    return result.isel(learning_rate=[1]).assign(minimum=("trial", np.zeros(6)))


def wider_rate(egop: float) -> xr.Dataset:
    """The convex problems, Adagrad best at that rate when rotated."""
    result = convex(CONVEX)
    where = {"problem": "log_sum_exp", "optimizer": "adagrad", "basis": "egop"}
    result["best_rate"].loc[where] = egop
    return result


def cosine() -> xr.Dataset:
    steps = np.arange(101)
    return xr.Dataset({"learning_rate": ("epoch", (1 + np.cos(np.pi * steps / 100)) / 2)})


def network(overrides: dict | None = None, accuracy: float = 0.955, **kept) -> xr.Dataset:
    return sweep(NETWORK | (overrides or {}), accuracy=accuracy, **kept)


def one_convex(problem: str, overrides: dict) -> xr.Dataset:
    return convex(CONVEX | {problem: CONVEX[problem] | overrides})


HOLD = {
    "two_dimensions": two_dimensions(),
    "digits": network(),
    "fashion": network(accuracy=0.936),
    "linear": network(),
    "linear_blocks": sweep(BLOCKS, bases=BLOCK_BASES),
    "convex": wider_rate(1.0),
    "spectrum": spectra({"gaussian(1)": {"global": (2410, 3.0)}}),
    "sampling": spectra(RHOS),
    "density": spectra(RHOS),
    "block_spectra": spectra(LAYERS, dim="data"),
    "schedule": cosine(),
}
"""For each experiment a result in which every claim about it holds."""

NO_ADAM = {("adam", "egop"): 1e-6}
NO_ADAGRAD = {("adagrad", "egop"): 1e-4}
ONE_SIDED = {("gradient_descent", "egop"): 1e-3}
GOOD_DESCENT = {("momentum", "original"): 1e-7, ("momentum", "egop"): 1e-7}
FLAT = spectra({**RHOS, "gaussian(10)": {"global": (2410, 0.1)}})
SPARSE = spectra(RHOS, density=1 / 2410)

OPPOSITES = (
    two_dimensions(egop=1e-5),
    network(NO_ADAM),
    network(NO_ADAGRAD),
    network(ONE_SIDED),
    network(accuracy=0.93),
    FLAT.isel(distribution=[2]),
    network(NO_ADAM),
    network(NO_ADAGRAD),
    network(ONE_SIDED),
    network(GOOD_DESCENT),
    network(GOOD_DESCENT),
    network(validation=NETWORK | GOOD_DESCENT),
    network(validation=NETWORK | GOOD_DESCENT),
    network(NO_ADAM),
    network(NO_ADAGRAD),
    network(ONE_SIDED),
    network(accuracy=0.955),
    one_convex("log_sum_exp", NO_ADAM),
    one_convex("log_sum_exp", {("adagrad", "egop"): 1e-7}),
    one_convex("logistic_regression", dict.fromkeys([("adam", "original")], 1e-30)),
    one_convex("logistic_regression", NO_ADAGRAD),
    one_convex("least_squares", NO_ADAM),
    one_convex("least_squares", NO_ADAGRAD),
    one_convex("least_squares", ONE_SIDED),
    wider_rate(0.1),
    FLAT,
    spectra({**LAYERS, "fashion": {"W1": (3920, 0.5), "W2": (80, 3.0)}}, dim="data"),
    spectra({**LAYERS, "fashion": {"W1": (3920, 5.0), "W2": (80, 1.0)}}, dim="data"),
    SPARSE,
    SPARSE,
    sweep(BLOCKS | {("adam", "block"): 1e-3}, bases=BLOCK_BASES),
    sweep(BLOCKS | {("adagrad", "block"): 1e-3}, bases=BLOCK_BASES),
    sweep(BLOCKS | {("adagrad", "first"): 1e-3}, bases=BLOCK_BASES),
    sweep(BLOCKS | {("adam", "first"): 1e-5}, bases=BLOCK_BASES),
    xr.Dataset({"learning_rate": ("epoch", np.linspace(1, 0, 101))}),
)
"""For each claim, in their order, a result in which it does not hold."""

NAMES = [f"{claim.figure}-{claim.experiment}-{i}" for i, claim in enumerate(CLAIMS)]


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
def test_a_planted_claim_holds(claim):
    found = judge(claim, {claim.experiment: HOLD[claim.experiment]})
    assert found.holds is True, found
    assert np.isfinite(found.effect)


@pytest.mark.parametrize(("claim", "result"), list(zip(CLAIMS, OPPOSITES, strict=True)), ids=NAMES)
def test_its_opposite_fails(claim, result):
    found = judge(claim, {claim.experiment: result})
    assert found.holds is False, found
    assert np.isfinite(found.effect)


def test_every_experiment_and_figure_has_its_claims():
    figures = {figure for experiment in EXPERIMENTS.values() for figure in experiment.figures}
    assert {claim.figure.rstrip("abc") for claim in CLAIMS} == figures
    assert {claim.experiment for claim in CLAIMS} == EXPERIMENTS.keys()


def test_a_ratio_of_medians_is_the_effect():
    found = measures.gain("adam")(HOLD["digits"])
    losses = HOLD["digits"]["training_loss"].sel(
        {"optimizer": "adam", "learning_rate": 0.1, "epoch": 10}
    )
    medians = np.median(losses, axis=1)
    assert found.effect == pytest.approx(medians[0] / medians[1])
    assert found.words == (
        "rate 0.1: 10⁻⁶ → 10⁻⁸, 100 times lower, lower in 6 of 6 trials (exact 95 %: 54–100 %)"
    )


def test_diverged_trials_count_as_infinite():
    whole = measures.gain("adam")(HOLD["digits"])
    one = measures.gain("adam")(diverge(HOLD["digits"], "adam", "egop", [5]))
    assert one.holds
    assert "lower in 5 of 6 trials (exact 95 %: 36–100 %); 1 diverged and count as ∞" in one.words
    assert one.effect == pytest.approx(whole.effect, rel=0.02)
    for trials in ([3, 4, 5], list(range(6))):
        found = measures.gain("adam")(diverge(HOLD["digits"], "adam", "egop", trials))
        assert (found.holds, found.effect) == (False, 0.0)
        assert "10⁻⁶ → ∞" in found.words


def test_methods_that_diverge_in_most_trials_are_not_alike():
    result = HOLD["digits"]
    for basis in ("original", "egop"):
        result = diverge(result, "momentum", basis, [0, 1, 2, 3])
    claim = next(claim for claim in CLAIMS if claim.measure is measures.no_gain)
    found = judge(claim, {"digits": result})
    assert found.holds is None
    assert found.words == "not decided: 8 of the runs diverged, half or more of each kind"


@pytest.mark.parametrize(
    ("wins", "n", "interval"), [(4, 5, (0.2836, 0.9949)), (5, 5, (0.4782, 1)), (0, 0, (0, 1))]
)
def test_the_interval_of_a_share_is_exact(wins, n, interval):
    np.testing.assert_allclose(share_interval(wins, n), interval, atol=1e-4)


@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS if "optimizer" in HOLD[claim.experiment].dims]
)
def test_too_few_trials_decide_nothing_about_runs(claim):
    result = HOLD[claim.experiment]
    few = result.isel(trial=slice(ENOUGH_TRIALS - 1))
    found = judge(claim, {claim.experiment: few})
    assert found.holds is None
    assert found.words == "not decided: 4 trials were run, of at least 5"


def test_what_was_not_run_decides_nothing():
    claim = next(claim for claim in CLAIMS if claim.text.startswith("Digits: Adam"))
    assert judge(claim, {}).words == "not decided: no run of digits was given"
    reduced = HOLD["digits"].sel({"optimizer": ["adagrad"]})
    assert judge(claim, {"digits": reduced}).words == "not decided: the run has no Adam"
    no_rate = HOLD["digits"].copy(deep=True)
    no_rate["chosen_rate"][:] = np.nan
    assert judge(claim, {"digits": no_rate}).words == "not decided: every run diverged"
    lacking = HOLD["digits"].drop_vars("training_loss")
    said = judge(claim, {"digits": lacking}).words
    assert said.startswith("not decided: the result of digits is incomplete: ")
    assert "training_loss" in said


def test_nothing_to_compare_when_the_global_basis_gains_nothing():
    same = {(method, basis): 1e-2 for method in METHODS[:2] for basis in BLOCK_BASES}
    claims = [claim for claim in CLAIMS if claim.figure == "9"]
    result = sweep(same, bases=BLOCK_BASES)
    assert all(judge(claim, {"linear_blocks": result}).holds is None for claim in claims)


@pytest.fixture
def runs(tmp_path):
    """Folders of finished runs: digits twice, the later one failing, and a spectrum."""
    planted = {
        "digits-1": described(HOLD["digits"], "digits", trials=6, epochs=10, n_samples=2368),
        "digits-2": described(OPPOSITES[1], "digits", trials=6, epochs=10).assign_attrs(
            created="2025-04-01T10:00:00+00:00", data_note="A small set."
        ),
        "spectrum-1": described(HOLD["spectrum"], "spectrum", trials=1),
    }
    for name, result in planted.items():
        store(result, tmp_path / name)
    return tmp_path


def test_the_table_is_printed_for_the_last_run_of_each_experiment(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert cli.main(["claims", str(runs)]) == 0
    said = capsys.readouterr().out
    assert f"Of {len(CLAIMS)} claims 4 hold, 1 do not, {len(CLAIMS) - 5} are not decided" in said
    assert "digits: 6 trials, 10 epochs, seed 0 on cpu; A small set." in said


def test_markdown_has_a_row_for_each_claim(runs, capsys):
    assert cli.main(["claims", str(runs / "digits-1" / "result.nc"), "--markdown"]) == 0
    said = capsys.readouterr().out
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert rows[0] == f"| {' | '.join(HEADER)} |"
    assert len(rows) == len(CLAIMS) + 2
    assert {row.count("|") for row in rows} == {len(HEADER) + 1}
    assert "100 times lower, lower in 6 of 6 trials (exact 95 %: 54–100 %) | yes |" in said
    assert "not decided: no run of linear was given | not decided |" in said
    assert "- digits: 6 trials, 10 epochs, 2368 gradients in each EGOP, seed 0 on cpu" in said
    assert markdown({}).startswith(f"Of {len(CLAIMS)} claims 0 hold")


def test_what_is_no_run_is_one_sentence(tmp_path, capsys):
    foreign = tmp_path / "foreign.nc"
    xr.Dataset({"x": ("y", [1.0])}).to_netcdf(foreign, engine="h5netcdf")
    unknown = tmp_path / "unknown"
    store(described(HOLD["schedule"], "alchemy"), unknown)
    sentences = {
        foreign: "is no result of egop",
        unknown / "result.nc": "is a run of 'alchemy', which this egop does not have; it has two",
        tmp_path / "nowhere": "there is no run in",
        tmp_path / "empty": "holds no finished run; runs are made by egop experiment NAME",
    }
    (tmp_path / "empty").mkdir()
    for path, sentence in sentences.items():
        assert cli.main(["claims", str(path)]) == 1
        said = capsys.readouterr().err
        assert said.startswith("egop: ")
        assert sentence in said
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(1.0, "the same"), (1.009, "the same"), (2.3, "2.3 times lower"), (0.25, "4 times higher")],
)
def test_a_ratio_in_words(ratio, words):
    assert times(ratio) == words
