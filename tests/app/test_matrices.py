"""The tab "Matrices" in a browser: the singular values follow the clock, and nothing is sent."""

from tests.app.driver import AT_REST, Explorer


def test_singular_values_move_with_playback_and_send_nothing(app_server, visit):
    visited = visit(viewport={"width": 1280, "height": 720})
    page = Explorer(visited, app_server.url)
    page.pause()
    page.choose("Objective", "Two-layer linear network")
    page.page.get_by_role("tab", name="Matrices").click()
    page.until(lambda: len(page.column("singular-step", "ys")) == 4, 60)
    page.choose("Matrix", "W₂, 6 × 6")
    page.page.get_by_role("button", name="Reset to the start").click()
    page.rest(AT_REST)
    before, frames = page.column("singular-matrix", "ys"), page.n_frames
    page.page.get_by_role("button", name="Play", exact=True).click()
    page.until(lambda: page.column("singular-matrix", "ys") != before, 60)
    page.page.wait_for_timeout(800)
    assert page.n_frames == frames
    assert visited.console == []
    assert not app_server.trouble()
