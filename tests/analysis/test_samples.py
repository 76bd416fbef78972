"""The live spectrum ends at the one-shot estimate, and its light says when v_1 can be trusted."""

import numpy as np
import pytest

from egop.analysis.samples import stream_spectrum
from egop.bootstrap import bootstrap
from egop.distributions import Gaussian
from egop.estimation import estimate_eigenbasis
from egop.gradients import sample_gradients
from egop.metrics import density, stable_rank, subspace_angle
from egop.objectives import from_functions, landscape, quadratic

RHO = Gaussian(dim=2)


@pytest.mark.parametrize(
    ("n_samples", "sizes"),
    [(1, [1]), (50, [50]), (51, [50, 51]), (2000, [50, 100, 200, 400, 800, 1600, 2000])],
)
def test_the_sample_doubles_up_to_its_size(n_samples, sizes):
    stream = stream_spectrum(landscape("beale"), RHO, n_samples, n_resamples=20)
    spectra = list(stream)
    assert [len(each.points) for each in spectra] == sizes
    assert [each.share for each in spectra] == [size / n_samples for size in sizes]


def test_the_last_spectrum_is_the_estimate():
    objective = landscape("rosenbrock")
    last = list(stream_spectrum(objective, RHO, 700, seed=4, n_resamples=100))[-1]
    basis = estimate_eigenbasis(objective, RHO, 700, seed=4)
    np.testing.assert_allclose(last.basis.eigenvalues, basis.eigenvalues, rtol=1e-12)
    assert subspace_angle(last.basis.eigenvectors[:, 0], basis.eigenvectors[:, 0]) < 1e-12
    gradients = sample_gradients(objective, RHO, 700, seed=4).gradients
    band = bootstrap(gradients, 100, seed=4)
    np.testing.assert_allclose(last.band.eigenvalue_low, band.eigenvalue_low)
    assert last.stable_rank == pytest.approx(stable_rank(basis.eigenvalues))
    assert last.densities == pytest.approx(density(basis.eigenvectors))
    assert last.gaps == pytest.approx([basis.eigenvalues[0] / basis.eigenvalues[1]])


def test_the_light_turns_on_when_directions_separate_and_stays_off_when_they_do_not():
    steep = quadratic(condition_number=10.0, angle=0.5)
    lights = [each.adequacy.enough for each in stream_spectrum(steep, RHO, 2000, seed=1)]
    assert lights[-1]
    round_bowl = list(stream_spectrum(quadratic(np.eye(2)), RHO, 2000, seed=1))
    assert not any(each.adequacy.enough for each in round_bowl)
    assert "cannot be told apart" in round_bowl[-1].adequacy.sentence


def test_bands_narrow_as_samples_arrive():
    spectra = list(stream_spectrum(quadratic(condition_number=10.0), RHO, 3200, seed=2))
    widths = [each.band.eigenvalue_high[0] / each.band.eigenvalue_low[0] for each in spectra]
    assert widths[-1] < widths[0]
    assert spectra[-1].band.angle_of_v1_degrees < spectra[0].band.angle_of_v1_degrees


def test_gradients_that_are_not_finite_are_counted_and_all_of_them_refused():
    half = from_functions(
        lambda x: np.where(x[..., 0] > 0, x[..., 0] ** 2, np.nan),
        lambda x: np.where(x[..., :1] > 0, 2 * x * [1.0, 0.0], np.nan),
        dim=2,
    )
    last = list(stream_spectrum(half, RHO, 400, n_resamples=20))[-1]
    assert last.share == 1
    assert 100 < last.basis.n_excluded < 300
    assert last.basis.n_samples + last.basis.n_excluded == 400
    nowhere = from_functions(lambda x: x[..., 0] * np.nan, lambda x: x * np.nan, dim=2)
    with pytest.raises(ValueError, match="at least one finite gradient"):
        list(stream_spectrum(nowhere, RHO, 100))
