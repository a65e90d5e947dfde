import warnings

import numpy as np
import pytest
import xarray as xr

from scanner.curves.contour_data import from_dataset, to_dataset
from scanner.curves.contours import Contour

UNITS = {"m4": "GeV", "mu_tr_mu4": "GeV^-1"}


def some():
    rng = np.random.default_rng(3)
    return [
        Contour(
            "sbnd", "cls", 0.9, "both", True, rng.random((5, 2)), {"r": 3.0}, rng.random(5) > 0.5
        ),
        Contour(
            "microboone", "cls", 0.95, "lower", False, rng.random((2, 2)), {}, np.ones(2, bool)
        ),
        Contour(
            "sbnd",
            "poisson_zero_background",
            0.9,
            "upper",
            False,
            rng.random((3, 2)),
            {"r": 4.0},
            np.ones(3, bool),
        ),
    ]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.points, b.points)
        np.testing.assert_array_equal(a.converged, b.converged)
        for name in ("experiment", "statistic", "confidence_level", "side", "closed", "point"):
            assert getattr(a, name) == getattr(b, name)


def test_contours_come_back_from_a_dataset():
    found, x, y = from_dataset(to_dataset(some(), "m4", "mu_tr_mu4", UNITS))
    assert (x, y) == ("m4", "mu_tr_mu4")
    assert_same(found, some())


@pytest.mark.parametrize("contours", [some(), []], ids=["some", "none"])
def test_contours_come_back_from_a_zarr_store_without_a_warning(tmp_path, contours):
    to_dataset(contours, "m4", "mu_tr_mu4", UNITS).to_zarr(
        tmp_path / "s.zarr", zarr_format=3, consolidated=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = xr.open_zarr(tmp_path / "s.zarr", consolidated=False)
        found, *_ = from_dataset(stored)
    assert stored["x"].attrs["units"] == "GeV"
    assert_same(found, contours)
