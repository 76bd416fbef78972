"""A file of a user's own that shows the explorer, served by `panel serve`."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.app.driver import FRAME, Explorer
from tests.conftest import Visit, serve

FIGURES = ("left", "right", "spectrum-figure", "values-figure")


def test_a_served_file_finishes_loading_and_paints_every_figure(
    visit: Callable[..., Visit], tmp_path: Path
):
    file = tmp_path / "app.py"
    file.write_text("import egop\negop.explore().servable()\n")
    with serve(tmp_path / "panel.log", sys.executable, "-m", "panel", "serve", str(file)) as server:
        explorer = Explorer(visit(), server.url)
        page = explorer.page
        page.wait_for_function("Bokeh.documents[0].is_idle", timeout=30_000)  # else it is greyed
        explorer.pause()
        for name in FIGURES:
            frame = explorer.evaluate(FRAME, name)
            assert min(frame["width"], frame["height"]) > 100, name
            assert (
                len({tuple(pixel) for pixel in explorer.pixels(name)[::4, ::4].reshape(-1, 3)}) > 3
            )
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function("document.documentElement.scrollWidth <= 390", timeout=30_000)
        explorer.until(lambda: 250 < explorer.evaluate(FRAME, "left")["width"] < 390)
        assert not explorer.visit.console
