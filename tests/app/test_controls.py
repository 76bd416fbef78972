"""Every group of controls in the browser, by mouse, by touch and in both themes."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.app.driver import Explorer
from tests.conftest import Server, Visit

Open = Callable[..., Explorer]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def explorer(visit: Callable[..., Visit], app_server: Server):
    """A function that opens the page at its last step; nothing may complain."""
    opened: list[Explorer] = []

    def open_page(**options: object) -> Explorer:
        page = Explorer(visit(reduced_motion="reduce", **options), app_server.url)
        opened.append(page)
        page.rest(1.0)  # until the page is built
        return page

    yield open_page
    assert not [message for page in opened for message in page.visit.console]
    assert not app_server.trouble()


def unfold(page: Explorer, label: str) -> None:
    page.page.get_by_role("button", name=label, exact=True).click()
    page.rest(0.6)


def test_the_number_of_leading_directions_takes_no_room_from_what_is_below(explorer: Open):
    page = explorer(viewport={"width": 1280, "height": 720})

    def places() -> list[float]:
        fields = page.field("Start x₀"), page.page.get_by_role("button", name="More", exact=True)
        return [box["y"] for box in (each.bounding_box() for each in fields) if box]

    before = places()
    page.after(lambda: page.choose("Basis of the right figure", "EGOP, leading k directions"))
    assert places() == before
    assert "move along v₁ alone" in page.page.get_by_label("Verdict").inner_text()
    page.choose("Objective", "Associative memory")
    page.until(lambda: "63 other directions" in page.page.get_by_label("Verdict").inner_text())
    page.page.get_by_label("k", exact=True).fill("5")
    page.after(lambda: page.press("Enter"))
    assert "along v₁ … v₅ alone" in page.page.get_by_label("Verdict").inner_text()


def test_the_sampling_distribution_and_its_shape(explorer: Open):
    page = explorer()
    samples = page.points("left-samples")
    for name in ("Uniform box", "Two Gaussians", "Student t"):
        page.after(lambda name=name: page.choose("Sampling distribution ρ", name))
        page.until(lambda before=samples: not np.array_equal(page.points("left-samples"), before))
        samples = page.points("left-samples")
    unfold(page, "Shape of ρ")
    spread = np.abs(samples).max()
    page.after(lambda: page.turn("Degrees of freedom", "Home"))
    assert np.abs(page.points("left-samples")).max() > spread  # heavier tails
    page.field("Mean of ρ").fill("1, -0.5")
    page.after(lambda: page.press("Enter"))
    np.testing.assert_allclose(page.points("left-handles")[0], (1, -0.5))


def test_methods_come_and_go_with_their_rates(explorer: Open):
    page = explorer()
    page.after(lambda: page.choose("Add a method", "Gradient descent"))
    page.page.get_by_role("slider", name="Gradient descent rate", exact=True).wait_for()
    page.page.get_by_text("tuned in original coordinates").wait_for()
    page.until(lambda: len(page.paths("left")) == 3)
    assert len(page.paths("left")) == len(page.paths("right")) == 3
    page.after(page.page.get_by_role("button", name="Remove Adam").click)
    assert len(page.paths("left")) == 2


def test_the_advanced_settings_of_the_run(explorer: Open):
    page = explorer()
    unfold(page, "More")
    page.after(lambda: page.page.get_by_label("Rotated paths on the left, too").click())
    assert len(page.paths("left")) == 2 * len(page.paths("right"))
    range_of = "(name) => [find(name).y_range.start, find(name).y_range.end]"
    powers = page.evaluate(range_of, "values-figure")
    page.after(lambda: page.page.get_by_label("Values on a linear axis").click())
    page.until(lambda: page.evaluate(range_of, "values-figure") != powers)
    samples = page.points("left-samples")
    page.page.get_by_label("Seed of the samples").fill("7")
    page.after(lambda: page.press("Enter"))
    assert not np.array_equal(page.points("left-samples"), samples)


def test_comparing_at_tuned_rates_takes_them_over(explorer: Open):
    page = explorer()
    page.page.get_by_role("tab", name="Compare", exact=True).click()
    page.page.get_by_role("combobox", name="Learning rates", exact=True).wait_for()
    page.rest(1.2)
    page.choose("Learning rates", "tuned per basis")
    use = page.page.get_by_role("button", name="Use these rates")
    page.until(use.is_enabled, 90)
    before = page.paths("right")
    page.after(use.click)
    page.until(lambda: page.paths("right") != before)
    page.until(lambda: not use.is_enabled(), 60)


def test_a_finger_drags_the_start_on_a_phone_in_the_dark(explorer: Open):
    page = explorer(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    page.until(lambda: page.pixels("left").mean() < 110)
    page.rest(1.0)
    start, path = page.points("left-start")[0], page.paths("left")
    x, y = page.place("left", start)
    finger = page.page.context.new_cdp_session(page.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": across, "y": down} for across, down in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (x, y))
    for i in range(1, 13):
        touch("touchMove", (x - 6 * i, y + 4 * i))
        page.page.wait_for_timeout(40)
    page.until(lambda: not np.allclose(page.points("left-start")[0], start, atol=0.2))
    touch("touchEnd")
    page.rest()
    assert page.paths("left") != path
    assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.page.get_by_role("button", name="Open drawer").tap()
    page.page.get_by_role("slider", name="Adagrad rate", exact=True).wait_for()


def test_the_theme_can_be_changed(explorer: Open):
    page = explorer()
    light = page.pixels("left").mean()
    toggle = page.page.get_by_role("button", name="Toggle theme")
    toggle.click()
    page.until(lambda: page.pixels("left").mean() < light - 60)
    assert page.pixels("right").mean() < light - 60
    assert page.pixels("values-figure").mean() < light - 60
    toggle.click()
    page.until(lambda: abs(page.pixels("left").mean() - light) < 10)
