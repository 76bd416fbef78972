"""The examples at tiny size: trained in every basis, with a table of what was measured."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

import torch

from benchmarks.examples import batch_norm, convolution, small_gpt
from benchmarks.examples.__main__ import EXAMPLES, RESULT, as_json, main
from benchmarks.examples.bases import LARGEST_DENSE, STRUCTURES, entries, rotated
from benchmarks.examples.example import SIZES, Shuffled
from benchmarks.examples.table import RATES, markdown, rows

ROOT = Path(__file__).resolve().parents[2]


def planted() -> xr.Dataset:
    """Three trials of three bases, each at one rate, over four epochs of ten steps."""
    dims = ("optimizer", "basis", "learning_rate", "trial", "epoch")
    falls = np.array([8.0, 4.0, 2.0, 1.0])
    losses = np.full((1, 3, 2, 3, 4), np.nan)
    losses[0, 0, 0] = falls * np.array([1.0, 2.0, 4.0])[:, None]
    losses[0, 1, 1] = falls**2 / 64 * np.array([1.0, 2.0, 64.0])[:, None]
    losses[0, 2, 0, 0] = falls
    seconds = np.where(np.isnan(losses), np.nan, [0.0, 1.0, 1.0, 1.0])
    status = np.where(np.isnan(losses[..., -1]), "not run", "finished").astype("<U8")
    status[0, 2, 0, 1:] = "diverged"
    cost = ("optimizer", "basis", "trial")
    return xr.Dataset(
        {
            "training_loss": (dims, losses),
            "validation_loss": (dims, losses + 1),
            "seconds": (dims, seconds),
            "status": (dims[:4], status),
            "best_rate": (("optimizer", "basis"), [[0.1, 0.2, 0.1]]),
            "basis_gradients": (cost, [[[0.0] * 3, [40.0] * 3, [0.0] * 3]]),
            "basis_seconds": (cost, [[[0.0] * 3, [0.5] * 3, [0.25] * 3]]),
        },
        coords={
            "optimizer": ["adam"],
            "basis": ["original", "egop", "random"],
            "learning_rate": [0.1, 0.2],
            "step": ("epoch", [0, 10, 20, 30]),
        },
    )


def test_steps_and_seconds_are_counted_to_the_loss_of_adam_in_the_same_trial():
    original, egop, random = rows(planted())
    assert (original.steps, original.seconds, original.training_loss) == (30, 3, 2)
    assert original.step_seconds == 0.1
    # targets 1, 2 and 4: 0.125·8 is below 1 from the start, 2 and 64·… at steps 0, 0 and 30
    assert (egop.coordinates, egop.rate, egop.basis_gradients) == ("EGOP, dense", 0.2, 40)
    assert (egop.steps, egop.seconds) == (0, 0.5)
    assert egop.validation_loss == 1 + egop.training_loss == 1 + 2 / 64
    assert (random.steps, random.training_loss) == (np.inf, np.inf)
    assert random.cells()[4:6] == ["∞", "∞"]
    assert json.dumps([as_json(random)["steps"], as_json(egop)["steps"]]) == "[null, 0.0]"


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_trained_in_every_basis_and_its_table_is_kept(name, tmp_path, capsys):
    out = tmp_path / "made" / "examples.md"
    main(
        [
            name,
            "--size",
            "tiny",
            "--device",
            "cpu",
            "--trials",
            "3",
            "--note",
            "Busy.",
            "--out",
            str(out),
        ]
    )
    (found,) = json.loads(out.with_suffix(".json").read_text())["examples"].values()
    assert [row["coordinates"] for row in found] == [
        "original", "EGOP, dense", "kronecker", "partial", "inputs", "random"
    ]  # fmt: skip
    samples = [row["basis_gradients"] for row in found]
    assert samples == [0, 12, 12, 12, 0, 0]
    assert all(row["rate"] in RATES for row in found)
    assert all(0 < row["training_loss"] < np.inf for row in found)
    losses = [row["training_loss"] for row in found]
    assert len({*losses}) == len(losses)
    table = out.read_text()
    assert "Busy." in table
    assert table.count("\n| ") == 1 + 1 + len(found)
    assert capsys.readouterr().out.strip() in table


@pytest.mark.parametrize("module", [convolution, batch_norm, small_gpt])
@pytest.mark.parametrize("size", SIZES)
def test_dense_bases_stand_where_they_fit(module, size):
    model = module.build(size, "cpu").model
    largest = max(rotated(model).values())
    found = entries(module.build(size, "cpu"))
    assert ("Adam, dense" in found) == (largest <= LARGEST_DENSE)
    assert {f"Adam, {structure}" for structure in STRUCTURES if structure != "dense"} < {*found}
    names = {name for name, _ in model.named_parameters()}
    assert rotated(model).keys() < names


def test_a_rate_at_an_end_of_those_tried_is_marked():
    low, middle, _ = rows(planted())
    table = markdown("planted", [low, middle], 3, (0.1, 0.2, 0.4))
    assert "| original | 0.1† |" in table
    assert "| EGOP, dense | 0.2 |" in table
    assert "† At an end of the rates that were tried: others may be better." in table
    assert "†" not in markdown("planted", [middle], 3, (0.1, 0.2, 0.4))


def test_stored_tables_are_those_of_the_stored_numbers(tmp_path):
    copied = tmp_path / RESULT.name
    shutil.copy(RESULT.with_suffix(".json"), copied.with_suffix(".json"))
    main(["--redraw", "--out", str(copied)])
    assert copied.read_text() == RESULT.read_text()


def test_a_new_order_holds_every_example_once():
    loader = Shuffled(torch.arange(10.0), torch.arange(10), size=5)
    torch.manual_seed(0)
    first, second = (torch.cat([x for x, _ in loader]).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_a_device_that_is_not_there_is_one_sentence():
    with pytest.raises(SystemExit, match=r"benchmarks.examples: device takes one of auto, cpu, cu"):
        main(["--device", "tpu"])


def test_pytorch_and_xarray_suffice_beside_what_egop_needs():
    absent = ("panel", "bokeh", "holoviews", "rich", "h5netcdf", "filelock", "pooch", "safetensors")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent}))\n"
        "import benchmarks.examples.__main__, egop.experiments.comparison.comparison"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
