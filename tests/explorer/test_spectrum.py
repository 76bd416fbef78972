"""The live spectrum: what the bars say, when the light is green, and how the sample arrives."""

import numpy as np
import pytest
from bokeh.models import Whisker

from egop import theme
from egop.analysis.sample_adequacy import SampleAdequacy
from egop.bootstrap import bootstrap
from egop.eigenbasis import Eigenbasis
from egop.explorer import Explorer
from egop.explorer.verdict_inputs import verdict_of
from egop.explorer.views import spectrum_live
from egop.explorer.views.spectrum import MOST_BARS, SpectrumView, relative
from egop.explorer.views.spectrum_live import BY_SAMPLES, LiveSpectrum, growing_bars, light
from egop.ui.packing import Packet, unpack


def sample(variances, n=4000, seed=0, turn=None):
    """Gaussian gradients whose EGOP has these eigenvalues, along the columns of `turn`."""
    rng = np.random.default_rng(seed)
    gradients = rng.standard_normal((n, len(variances))) * np.sqrt(variances)
    return gradients if turn is None else gradients @ turn.T


def drawn(gradients, axes=None):
    """The bars' columns."""
    basis, band = Eigenbasis.from_gradients(gradients), bootstrap(gradients, 100)
    plane = np.eye(basis.dim)[:, :2] if axes is None else axes
    view = SpectrumView("test")
    view.draw(band, basis, (plane, basis.eigenvectors[:, :2]))
    return view, view._bars.data, view._curve.data


def test_bars_show_eigenvalues_relative_to_the_first_one():
    variances = np.array([9.0, 0.9, 0.09])
    _, bars, curve = drawn(sample(variances))
    assert list(bars["k"]) == [1, 2, 3]
    np.testing.assert_allclose(bars["top"], [0, -1, -2], atol=0.1)
    low, top, high = (np.array(bars[name]) for name in ("low", "top", "high"))
    assert (low <= top + 0.02).all()
    assert (top <= high + 0.02).all()
    assert len(curve["k"]) == 0


def test_highlighted_directions_are_the_eigenvectors_seen_in_the_figures():
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    _, bars, _ = drawn(sample([9.0, 0.9, 0.09], turn=turn))
    for k in range(3):
        seen = np.array([bars["left_x"][k], bars["left_y"][k]])
        sign = np.sign(seen @ turn[:2, k])
        np.testing.assert_allclose(sign * seen, turn[:2, k], atol=0.06)
    right = np.stack([bars["right_x"], bars["right_y"]], axis=-1)
    np.testing.assert_allclose(right, np.eye(3)[:, :2], atol=1e-12)


def test_many_eigenvalues_are_a_curve():
    _, bars, curve = drawn(sample(np.geomspace(1, 1e-3, MOST_BARS + 1)))
    assert len(bars["k"]) == 0
    assert len(curve["k"]) == MOST_BARS + 1


def test_the_axis_ends_at_the_last_eigenvalue_that_is_not_zero():
    gradients = sample([1.0, 0.1, 0.01], n=2)  # rank two
    view, bars, _ = drawn(gradients)
    assert view.figure.y_range.start > -8
    assert bars["top"][2] < view.figure.y_range.start


def test_an_unbounded_band_ends_a_decade_up():
    band = bootstrap(np.array([[3.0, 0.0]]))
    _, _, high = relative(band)
    np.testing.assert_allclose(high, 1)


def test_whiskers_have_one_color_that_is_seen_in_both_themes():
    (whisker,) = SpectrumView("test").figure.select(Whisker)
    colors = {whisker.line_color, whisker.lower_head.line_color, whisker.upper_head.line_color}
    assert colors == {theme.SAMPLE}


ENOUGH = SampleAdequacy("enough", "enough", "Enough samples: v₁ is within 2°.", "", 2.0)
UNSURE = SampleAdequacy("not enough", "v₁ ± 12°", "Too few samples.", "from too few samples", 12.0)


@pytest.mark.parametrize(("adequacy", "kind"), [(ENOUGH, "yes"), (UNSURE, "no")])
def test_light_is_green_where_the_sample_is_enough_and_says_why_and_the_rule(adequacy, kind):
    html = light(2000, adequacy)
    assert f'class="light {kind}"' in html
    assert f"</i>{adequacy.words}</span>" in html
    assert adequacy.sentence in html
    assert "within 5°" in html


def test_light_counts_while_samples_arrive():
    assert "2,000 of 20,000" in light(2000, ENOUGH, 20_000)


@pytest.fixture
def explorer():
    return Explorer(objective="quadratic", n_samples=1000)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(spectrum_live, "PAUSE", 0.0)


def test_the_sample_grows_from_the_first_hundred_to_the_estimate_on_the_page(explorer, impatient):
    shown = explorer._shown
    counts = [(band.n_samples, of) for band, _, _, of in growing_bars(shown)]
    assert counts[0] == (100, 1000)
    assert [n for n, _ in counts] == sorted(n for n, _ in counts)
    assert counts[-1] == (1000, None)
    *_, (band, basis, _, _) = growing_bars(shown)
    assert band is shown.estimate.band
    assert basis is shown.estimate.basis


def test_slow_sampling_ends_with_the_estimate_on_the_page(explorer, monkeypatch):
    monkeypatch.setattr(spectrum_live, "LONGEST", -1.0)
    assert [of for *_, of in growing_bars(explorer._shown)] == [None]


def show(view: LiveSpectrum, explorer: Explorer) -> dict:
    packet = Packet(len(explorer._shown.schedule))
    view.show(explorer._shown, packet)
    return unpack(packet.to_bytes())[0]["sources"]


def test_only_an_isolated_new_sample_is_streamed(explorer, impatient, monkeypatch):
    started = []
    view = LiveSpectrum("test")
    monkeypatch.setattr(view._stream, "start", started.append)
    now = [100.0]
    monkeypatch.setattr(spectrum_live.time, "monotonic", lambda: now[0])
    assert "spectrum" in show(view, explorer)  # the first picture is whole
    now[0] += 5
    explorer.scene.seed += 1
    assert "spectrum" not in show(view, explorer)
    assert len(started) == 1
    now[0] += 0.1
    explorer.scene.seed += 1
    assert "spectrum" in show(view, explorer)  # quickly after: as in a drag, all at once
    now[0] += 5
    explorer.scene.scale *= 1.1
    assert "spectrum" in show(view, explorer)  # ρ dragged
    assert len(started) == 1


def test_the_stream_ends_with_the_estimate_on_the_page(explorer, impatient, monkeypatch):
    view = LiveSpectrum("test")
    show(view, explorer)
    view._changed = -10.0
    explorer.scene.seed += 1
    show(view, explorer)  # without a page the stream is drawn at once
    assert not view.streaming
    _, bars, _ = drawn(explorer._shown.estimate.sample.gradients)
    np.testing.assert_allclose(view.bars._bars.data["top"], bars["top"], atol=1e-9)


def test_draw_again_takes_another_seed(explorer):
    before = explorer._shown.estimate.sample.points
    explorer.tabs[0].spectrum.fields.set("again")
    assert explorer.scene.seed == 1
    assert not np.allclose(explorer._shown.estimate.sample.points, before)


def test_history_ends_with_the_whole_sample(explorer):
    view = explorer.tabs[0].spectrum
    view._look(BY_SAMPLES)
    first = view.history._sources[1].data
    np.testing.assert_allclose(10 ** first["m"], [50, 100, 200, 400, 800, 1000])
    band = explorer._shown.estimate.band
    ratio = band.eigenvalues[1] / band.eigenvalues[0]
    assert first["value"][-1] == pytest.approx(np.log10(ratio), abs=1e-6)


def test_verdict_and_light_say_what_limits_trust_in_the_basis():
    few = Explorer(objective="log_sum_exp", n_samples=5)._shown
    assert "(from too few samples)" in verdict_of(few).headline
    assert "too few samples" in light(5, few.estimate.adequacy)
    explorer = Explorer(distribution="student_t", degrees_of_freedom=2.0)
    heavy = explorer._shown
    assert "(the EGOP is infinite)" in verdict_of(heavy).headline
    assert "cannot know" in light(2000, heavy.estimate.adequacy)
    explorer.scene.basis = "hessian"
    assert "infinite" not in verdict_of(explorer._shown).headline
