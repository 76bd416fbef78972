"""Figures as files: nothing leaves the page, and the same result gives the same bytes."""

import subprocess
import sys

import pytest
import xarray as xr

from egop import cli, figures
from egop.experiments import EXPERIMENTS
from egop.figures.elements import figure, panel
from egop.figures.files import render, to_bytes
from egop.figures.paper import draw
from egop.figures.series import Series, SeriesKey
from tests.experiments.planted_results import store
from tests.figures.test_paper import planted


@pytest.fixture(scope="module")
def results() -> dict[str, xr.Dataset]:
    return planted()


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "fashion"])
def test_words_stay_inside_the_figure_and_beside_the_panels(results, name):
    for layout in draw(results[name]).values():
        made = render(layout)
        made.draw_without_rendering()
        whole = made.bbox
        words = [text for text in made.texts if text.get_text()] + made.legends
        for each in words:
            box = each.get_window_extent()
            assert whole.x0 <= box.x0 < box.x1 <= whole.x1
            assert whole.y0 <= box.y0 < box.y1 <= whole.y1
            assert not any(box.overlaps(axes.get_tightbbox()) for axes in made.axes)


def test_figures_are_written_as_svg_pdf_and_png(results, tmp_path, capsys):
    for name in ("digits", "schedule"):
        store(results[name], tmp_path / name)
    out = tmp_path / "out"
    assert cli.main(["figures", str(tmp_path), "--out", str(out)]) == 0
    stems = ("figure-1-right", "figure-10", "figure-13")
    names = {f"{stem}.{ending}" for stem in stems for ending in ("svg", "pdf", "png")}
    assert {path.name for path in out.iterdir()} == names
    assert {line.rpartition("/")[2] for line in capsys.readouterr().out.splitlines()} == names
    begins = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}
    assert all(path.read_bytes().startswith(begins[path.suffix]) for path in out.iterdir())
    first = {path: path.read_bytes() for path in out.glob("figure-13.*")}
    figures.write(results["schedule"], out)
    assert all(path.read_bytes() == content for path, content in first.items())


def test_names_with_a_dollar_are_text_and_no_formula():
    keys = [SeriesKey(0, "$\\frac$", basis, 1.0, (0, 0, 0), 1, 0) for basis in ("$\\no$", "egop")]
    series = [Series(key, *([1.0, 2.0],) * 2) for key in keys]
    drawn = panel(series, ("method", "basis"), "training loss", "epoch", "loss")
    assert b"<svg" in to_bytes(figure([drawn], "a run called $\\frac$"), "svg")


def test_without_holoviews_it_says_what_to_install(results, monkeypatch):
    for name in [each for each in sys.modules if each.startswith("egop.figures.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(figures, "paper", raising=False)
    monkeypatch.setitem(sys.modules, "holoviews", None)
    with pytest.raises(ImportError, match=r'needs the package holoviews.*egop\[figures\]"'):
        figures.draw(results["digits"])


def test_the_command_line_starts_without_holoviews_matplotlib_and_xarray():
    heavy = {"holoviews", "matplotlib", "xarray", "torch"}
    code = f"import sys, egop.cli; print({heavy} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
