"""The objective and the distribution that the README shows, from files outside the package."""

import pickle
from importlib import import_module

import numpy as np
import pytest

import egop
from tests.conftest import ROOT

FILES = {"own_objective": "regression", "own_distribution": "around"}
"""Names of files, and what each of them makes."""


@pytest.fixture
def own_objects(tmp_path, monkeypatch):
    """Objects that the first blocks of the README's section make, each in at most ten lines."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Your own objective and distribution")[2].partition("\n## ")[0]
    blocks = [block.partition("```")[0] for block in section.split("```pycon\n")[1:]]
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []
    for (file, name), block in zip(FILES.items(), blocks, strict=False):
        lines = [line[4:] for line in block.splitlines() if line[:3] in {">>>", "..."}]
        code = ["import egop", *lines]
        assert len(code) <= 10
        (tmp_path / f"{file}.py").write_text("\n".join(code), encoding="utf-8")
        made.append(getattr(import_module(file), name))
    return made


def test_own_objects_from_files_run_estimate_and_pickle(own_objects):
    regression, around = own_objects
    basis = egop.estimate_eigenbasis(regression, around, n_samples=300)
    points = around.sample(300, np.random.default_rng(0))
    gradients = regression.gradient(points)
    np.testing.assert_allclose(basis.matrix, gradients.T @ gradients / 300, atol=1e-12)
    path = egop.run(regression, egop.methods.adam(0.1), np.zeros(6), n_steps=60, basis=basis)
    assert path.values[-1] < path.values[0] / 10
    again, drawn = pickle.loads(pickle.dumps((regression, around)))
    np.testing.assert_array_equal(again.gradient(points), gradients)
    np.testing.assert_array_equal(drawn.sample(300, 0), points)
