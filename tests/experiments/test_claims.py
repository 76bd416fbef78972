"""Every claim is found to hold where it was planted, and to fail where its opposite was."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from egop import cli
from egop.experiments import EXPERIMENTS
from egop.experiments.claims import measures
from egop.experiments.claims.claim import judge, size_of, verdict
from egop.experiments.claims.evidence import ENOUGH_TRIALS, share_interval, times
from egop.experiments.claims.measures_of_bases import theorem_5
from egop.experiments.claims.measures_of_rates import growth
from egop.experiments.claims.measures_of_rivals import best_of_all
from egop.experiments.claims.report import HEADER, OURS_WORDS, markdown
from egop.experiments.claims.table import CLAIMS, claims_of
from tests.experiments.planted_results import (
    METHODS,
    convex,
    described,
    diverge,
    spectra,
    store,
    sweep,
)

BOTH = ("original", "egop")
DESCENT = {(method, basis): 1e-2 for method in ("gradient_descent", "momentum") for basis in BOTH}
NETWORK = {
    ("adagrad", "original"): 1e-4,
    ("adagrad", "egop"): 1e-5,
    ("adam", "original"): 1e-6,
    ("adam", "egop"): 1e-8,
    **DESCENT,
}
MOMENTUM_BEST = (
    NETWORK
    | {("momentum", basis): 1e-13 for basis in BOTH}
    | {(method, "egop"): 1e-11 for method in ("adam", "adagrad")}
)
STEADY_ADAGRAD = NETWORK | {("adagrad", "egop"): 0.9e-4}
CONVEX = {
    "log_sum_exp": STEADY_ADAGRAD,
    "logistic_regression": MOMENTUM_BEST,
    "least_squares": NETWORK,
    "logistic_informative": MOMENTUM_BEST,
}
CONVEX = {
    name: finals | {("adagrad_from_zero", b): finals["adagrad", b] for b in BOTH}
    for name, finals in CONVEX.items()
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
    finals = {("adagrad", "original"): 1e-6, ("adagrad", "egop"): 1e-12}
    finals |= {("adagrad", basis): final for basis, final in ends.items()}
    result = sweep(finals, epochs=100).drop_vars(["best_rate", "chosen_rate"])
    return result.assign(minimum=("trial", np.zeros(6)))


TUNED = ("log_sum_exp", "least_squares")
ADAGRADS = ("adagrad", "adagrad_from_zero")


def convex_result(
    changes: dict | None = None, tuned: tuple[str, ...] = TUNED, rate: float = 1.0
) -> xr.Dataset:
    """The convex problems; rotated adaptive methods are best at that rate in some of them."""
    finals = {name: CONVEX[name] | (changes or {}).get(name, {}) for name in CONVEX}
    result = convex(finals, steeper=1000.0)
    for problem in tuned:
        for method in ("adam", *ADAGRADS):
            where = {"problem": problem, "optimizer": method, "basis": "egop"}
            result["best_rate"].loc[where] = rate
    return result


def rates(values: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"learning_rate": ("epoch", values)})


def network(overrides: dict | None = None, accuracy: Any = 0.955, **kept) -> xr.Dataset:
    return sweep(NETWORK | (overrides or {}), accuracy=accuracy, **{"steeper": 10.0, **kept})


STEPS = np.arange(101)
HOLD = {
    "two_dimensions": two_dimensions(),
    "digits": network(),
    "fashion": network(accuracy=0.936),
    "linear": network(),
    "linear_blocks": sweep(BLOCKS, bases=BLOCK_BASES),
    "convex": convex_result(),
    "spectrum": spectra({"gaussian(1)": {"global": (2410, 3.0)}}),
    "sampling": spectra(RHOS),
    "density": spectra(RHOS),
    "block_spectra": spectra(LAYERS, dim="data"),
    "schedule": rates((1 + np.cos(np.pi * STEPS / 100)) / 2),
}
"""For each experiment a result in which every claim about it holds."""

NO_ADAM = {("adam", "egop"): 1e-6}
NO_ADAGRAD = {("adagrad", "egop"): 1e-4}
ONE_SIDED = {("gradient_descent", "egop"): 1e-3}
GOOD_DESCENT = {("momentum", basis): 1e-9 for basis in BOTH}
FLAT = spectra({**RHOS, "gaussian(10)": {"global": (2410, 0.1)}})
SPARSE = spectra(RHOS, density=1 / 2410)
WORSE = dict.fromkeys(NETWORK, 0.955) | {("adam", "egop"): 0.9}

NETWORK_OPPOSITES = {
    "Adam trains to a lower loss when rotated": network(NO_ADAM),
    "Adagrad trains to a lower loss when rotated": network(NO_ADAGRAD),
    "SGD and SGD with momentum train alike in both bases": network(ONE_SIDED),
    "Adam and Adagrad gain at every learning rate": network({("adam", "egop"): 1e-5}),
    "they gain more at large learning rates": network(steeper=1.0),
}


def logistic_opposites(name: str, problem: str) -> dict[str, xr.Dataset]:
    def with_ends(ends: dict) -> xr.Dataset:
        return convex_result({problem: ends})

    momentum, end = f"{name}: momentum is", "(at a tenth of the steps)"
    return {
        f"{momentum} the best method in original coordinates {end}": with_ends(
            {("adam", "original"): 1e-15}
        ),
        f"{momentum} also better than rotated rivals {end}": with_ends({("adam", "egop"): 1e-15}),
        f"{momentum} the best method in both bases (at the end)": with_ends(
            {("adam", "egop"): 1e-15}
        ),
        f"{name}: rotated, Adam is comparable to momentum {end}": with_ends(NO_ADAM),
        f"{name}: rotated, Adagrad is competitive with momentum {end}": with_ends(NO_ADAGRAD),
        f"{name}: Adagrad is nearer to the minimum when rotated {end}": with_ends(NO_ADAGRAD),
    }


def accumulator_opposites() -> dict[str, xr.Dataset]:
    found = {}
    for method, words in zip(ADAGRADS, ("(accumulator 0.1)", "(accumulator 0)"), strict=True):
        alike = "ends about as near in both bases at the rate they share"
        larger = "tuned in each basis, Adagrad takes a larger rate when rotated"
        lower, same = {(method, "egop"): 1e-7}, {(method, "egop"): 1e-4}
        found |= {
            f"Log-sum-exp: Adagrad {alike} {words}": convex_result({"log_sum_exp": lower}),
            f"Least squares: Adagrad ends nearer to the minimum when rotated {words}": (
                convex_result({"least_squares": same})
            ),
            f"Log-sum-exp: {larger} {words}": convex_result(rate=0.1),
        }
    return found


OPPOSITES = {
    "In two variables Adagrad comes to the minimum in fewer steps in EGOP coordinates": (
        two_dimensions(egop=1e-6)
    ),
    "In two variables Adagrad ends near the minimum at rates from 30 to 90 (App. D.3)": (
        two_dimensions(original=1e-4)
    ),
    **{
        f"{name}: {text}": result
        for name in ("Digits", "Linear network", "Fashion")
        for text, result in NETWORK_OPPOSITES.items()
    },
    **{
        f"{name}: rotated Adam trains to the lowest loss of all methods in both bases": network(
            GOOD_DESCENT
        )
        for name in ("Digits", "Fashion")
    },
    "Digits: all methods reach 95–96 % validation accuracy in both bases": network(accuracy=0.93),
    "Fashion: all methods reach 93–94 % validation accuracy in both bases": network(),
    "Digits: the test accuracy of Adam and Adagrad is not lower when rotated": network(
        accuracy=WORSE
    ),
    "Fashion: the validation accuracy of Adam and Adagrad is not lower when rotated": network(
        accuracy=WORSE
    ),
    "The digits network's EGOP spectrum decays strongly": FLAT.isel(distribution=[2]),
    "Linear network: rotated, Adam and Adagrad train to a lower loss than SGD, with and without "
    "momentum": network(GOOD_DESCENT),
    "Linear network: in original coordinates as well": network(GOOD_DESCENT),
    "Linear network: rotated, Adam and Adagrad have a lower validation loss than SGD, with and "
    "without momentum": network(validation=NETWORK | GOOD_DESCENT),
    "Linear network: in original coordinates a lower validation loss as well": network(
        validation=NETWORK | GOOD_DESCENT
    ),
    "Log-sum-exp: Adam ends nearer to the minimum when rotated": convex_result(
        {"log_sum_exp": NO_ADAM}
    ),
    "Least squares: Adam ends nearer to the minimum when rotated": convex_result(
        {"least_squares": NO_ADAM}
    ),
    **accumulator_opposites(),
    **logistic_opposites("Logistic regression", "logistic_regression"),
    **logistic_opposites("Logistic, labels that depend on the inputs", "logistic_informative"),
    "Convex problems: gradient descent and momentum run alike in both bases": convex_result(
        {"least_squares": ONE_SIDED}
    ),
    "Log-sum-exp: tuned in each basis, Adam and Adagrad gain more than at the shared rate": (
        convex_result(rate=0.1)
    ),
    "Least squares: tuned in each basis, they gain more than at the shared rate": convex_result(
        rate=0.1
    ),
    "Logistic regression: tuned in each basis, they gain as much as at the shared rate": (
        convex_result(tuned=("logistic_regression",))
    ),
    "The spectrum decays under every sampling distribution": FLAT,
    "Under all of them the decay is comparable": FLAT,
    "The first layer's spectrum decays faster than the second's, in both data sets": spectra(
        {**LAYERS, "fashion": {"W1": (3920, 0.5), "W2": (80, 3.0)}}, dim="data"
    ),
    "The first layers' spectra are alike in both data sets": spectra(
        {**LAYERS, "fashion": {"W1": (3920, 5.0), "W2": (80, 1.0)}}, dim="data"
    ),
    "The leading eigenvector is dense, β_1 ≫ 1/d, under every sampling distribution": SPARSE,
    "Several leading eigenvectors are dense under every sampling distribution": SPARSE,
    "Adam gains about as much from block EGOP as from global EGOP": sweep(
        BLOCKS | {("adam", "block"): 1e-3}, bases=BLOCK_BASES
    ),
    "Adagrad gains about as much from block EGOP as from global EGOP": sweep(
        BLOCKS | {("adagrad", "block"): 1e-3}, bases=BLOCK_BASES
    ),
    "Adagrad gains about as much from the first layer alone as from all blocks": sweep(
        BLOCKS | {("adagrad", "first"): 1e-3}, bases=BLOCK_BASES
    ),
    "Adam gains only marginally from the first layer alone": sweep(
        BLOCKS | {("adam", "first"): 1e-5}, bases=BLOCK_BASES
    ),
    "The rate falls from 1 to 0 along half a cosine": rates(np.linspace(1, 0, 101)),
}
"""For each claim a result in which it does not hold."""

DECIDABLE = [claim for claim in CLAIMS if claim.measure is not theorem_5]


@pytest.mark.parametrize("claim", DECIDABLE, ids=lambda claim: claim.text[:60])
def test_a_planted_claim_holds_and_its_opposite_fails(claim):
    for results, holds in ((HOLD[claim.experiment], True), (OPPOSITES[claim.text], False)):
        found = judge(claim, {claim.experiment: results})
        assert found.holds is holds, found
        assert np.isfinite(found.effect)


def test_every_row_is_planted_once():
    assert sorted(OPPOSITES) == sorted(claim.text for claim in DECIDABLE)


def test_the_claims_of_an_experiment_come_in_the_order_of_the_figures():
    found = [claim.figure for claim in claims_of("digits")]
    assert found == ["1 right"] * 4 + ["10a", "10a", "10", "10b"]
    assert claims_of("my own network") == []


def test_a_run_without_the_basis_leaves_a_claim_undecided():
    found = judge(claims_of("digits")[0], {"digits": network().sel(basis=["original"])})
    assert found.words == "not decided: the run has no EGOP coordinates"
    assert found.holds is None


def test_theorem_5_is_not_applied_to_a_network_without_its_assumptions():
    claim = next(claim for claim in CLAIMS if claim.measure is theorem_5)
    found = judge(claim, {"density": HOLD["density"]})
    assert (found.holds, found.applies, verdict(found)) == (None, False, "not applicable")
    assert "ReLU network with cross-entropy" in found.words
    assert claim.ours


def test_rivals_are_also_rotated():
    result = convex_result({"logistic_regression": {("adam", "egop"): 1e-15}})
    original = best_of_all("momentum", rivals=("original",), problem="logistic_regression")
    both = best_of_all("momentum", problem="logistic_regression")
    assert original(result).holds is True
    assert both(result).holds is False
    assert "next Adam, egop" in both(result).words


def test_the_validation_loss_is_the_least_of_all_epochs():
    result = network(validation=NETWORK | GOOD_DESCENT)
    where = {"optimizer": "momentum", "epoch": slice(None, 9)}
    result["validation_loss"].loc[where] = 1e-12
    result["validation_loss"].loc[{"optimizer": "momentum", "epoch": 10}] = 1.0
    claim = next(claim for claim in CLAIMS if "a lower validation loss than SGD" in claim.text)
    assert judge(claim, {"linear": result}).holds is False


@pytest.mark.parametrize(
    ("config", "size"),
    [
        ({"trials": 50, "epochs": 200, "n_samples": 2368}, "full"),
        ({"trials": 5, "epochs": 200, "n_samples": 2368}, "5 of 50 trials"),
        (
            {"trials": 5, "epochs": 40, "rates": [["adam", [0.1]]]},
            "5 of 50 trials, 40 of 200 epochs, given rates",
        ),
    ],
)
def test_a_reduced_size_is_marked_in_the_row(config, size):
    result = described(HOLD["digits"], "digits", **config)
    assert size_of(result) == size
    rows = [row for row in markdown({"digits": result}).splitlines() if "| 1 right |" in row]
    assert all(f"| {size} |" in row for row in rows)


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
    alone = judge(claim, {claim.experiment: result.isel(trial=slice(1))})
    assert alone.words == "not decided: 1 trial was run, of at least 5"


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
        "digits-2": described(
            OPPOSITES["Digits: Adam trains to a lower loss when rotated"],
            "digits",
            trials=6,
            epochs=10,
        ).assign_attrs(created="2025-04-01T10:00:00+00:00", data_note="A small set."),
        "spectrum-1": described(HOLD["spectrum"], "spectrum", trials=1),
    }
    for name, result in planted.items():
        store(result, tmp_path / name)
    return tmp_path


def test_the_table_is_printed_for_the_last_run_of_each_experiment(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert cli.main(["claims", str(runs)]) == 0
    said = capsys.readouterr().out
    n_listed = len([*claims_of("digits"), *claims_of("spectrum")])
    assert f"Of {n_listed} claims 7 hold, 2 do not, {n_listed - 9} are not decided" in said
    words = " ".join(said.split())
    assert f"{len(CLAIMS) - n_listed} more claims are decided by runs of " in words
    assert "no run of" not in words
    assert words.endswith("; --all lists them, too.")
    assert cli.main(["claims", str(runs), "--all"]) == 0
    said = capsys.readouterr().out
    assert f"Of {len(CLAIMS)} claims 7 hold, 2 do not, {len(CLAIMS) - 9} are not decided" in said
    assert "more claims" not in said
    assert "digits: 6 trials, 10 epochs, seed 0 on cpu; A small set." in said
    assert "spectrum: 1 trial," in said


def test_markdown_has_a_row_for_each_claim(runs, capsys):
    path = str(runs / "digits-1" / "result.nc")
    assert cli.main(["claims", path, "--markdown"]) == 0
    few = capsys.readouterr().out
    assert sum(line.startswith("|") for line in few.splitlines()) == 2 + len(claims_of("digits"))
    assert f"{len(CLAIMS) - len(claims_of('digits'))} more claims are decided by runs of" in few
    assert cli.main(["claims", path, "--markdown", "--all"]) == 0
    said = capsys.readouterr().out
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert rows[0] == f"| {' | '.join(HEADER)} |"
    assert len(rows) == len(CLAIMS) + 2
    assert {row.count("|") for row in rows} == {len(HEADER) + 1}
    assert "100 times lower, lower in 6 of 6 trials (exact 95 %: 54–100 %) | " in said
    assert "not decided: no run of linear was given |  | not decided |" in said
    assert "- digits: 6 trials, 10 epochs, 2,368 gradients in each EGOP, seed 0 on cpu" in said
    assert markdown({}, every=True).startswith(f"Of {len(CLAIMS)} claims 0 hold")


def test_settings_that_are_ours_stand_below_the_table():
    ours = {name: experiment.chosen_here for name, experiment in EXPERIMENTS.items()}
    assert [name for name, words in ours.items() if not words] == ["schedule"]
    said = markdown({name: described(HOLD[name], name) for name in ("convex", "linear")})
    below = said.partition(OURS_WORDS)[2].splitlines()
    assert f"- convex: {ours['convex']}" in below
    assert "‖∇f‖₂ < 10⁻⁸" in ours["convex"]
    assert "seed 342" in ours["digits"]
    assert "(seen" in ours["convex"]
    assert "(seen" in ours["linear"]


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


@pytest.mark.parametrize(
    ("gain", "other", "expected"),
    [
        (2.0, 3.0, 1.5),
        (0.0, 3.0, np.inf),
        (0.0, 0.0, 1.0),
        (np.inf, np.inf, 1.0),
        (np.inf, 2.0, 0.0),
    ],
)
def test_gains_grow_by_a_number_also_where_runs_diverge(gain, other, expected):
    assert growth(gain, other) == expected
