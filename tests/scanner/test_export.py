import csv
import json

import numpy as np
import pytest
import xarray as xr

from physics.errors import InputError
from scanner.curves.contour_data import from_dataset
from scanner.curves.contours import Contour, document
from scanner.curves.export import write_contours, write_limits
from scanner.curves.limits import Limit

RNG = np.random.default_rng(11)
CONTOURS = [
    Contour(
        "sbnd",
        "cls",
        0.9,
        "both",
        True,
        RNG.random((4, 2)),
        {"m5": 0.3},
        np.array([1, 1, 0, 1]) > 0,
    ),
    Contour("microboone", "cls", 0.9, "lower", False, RNG.random((2, 2)), {}, np.ones(2, bool)),
]
LIMITS = [
    Limit("sbnd", "cls", 0.9, 1e-7 / 3, None, {"m4": 0.1}),
    Limit("sbnd", "cls", 0.9, None, 2e-8, {"m4": 0.2}),
]


def test_contours_as_csv_keep_every_bit(tmp_path):
    path = write_contours(tmp_path / "c.csv", CONTOURS, "m4", "mu_tr_mu4")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    found = np.array([[float(row["m4"]), float(row["mu_tr_mu4"])] for row in rows])
    np.testing.assert_array_equal(found, np.concatenate([c.points for c in CONTOURS]))
    assert [row["path"] for row in rows] == ["0"] * 4 + ["1"] * 2
    assert [row["converged"] for row in rows] == list("110111")
    assert [row["m5"] for row in rows] == ["0.3"] * 4 + [""] * 2
    assert rows[0]["closed"] == "1"
    assert rows[5]["side"] == "lower"


def test_contours_as_json_and_netcdf(tmp_path):
    path = write_contours(tmp_path / "c.json", CONTOURS, "m4", "mu_tr_mu4")
    assert json.loads(path.read_text()) == document(CONTOURS, "m4", "mu_tr_mu4")
    path = write_contours(tmp_path / "c.nc", CONTOURS, "m4", "mu_tr_mu4", {"m4": "GeV"})
    with xr.open_dataset(path, engine="scipy") as dataset:
        assert dataset["x"].attrs["units"] == "GeV"
        found, x, y = from_dataset(dataset)
    assert (x, y) == ("m4", "mu_tr_mu4")
    for a, b in zip(found, CONTOURS, strict=True):
        np.testing.assert_array_equal(a.points, b.points)
        np.testing.assert_array_equal(a.converged, b.converged)
        assert (a.experiment, a.side, a.closed, a.point) == (
            b.experiment,
            b.side,
            b.closed,
            b.point,
        )


def test_limits_as_csv_and_json(tmp_path):
    path = write_limits(tmp_path / "l.csv", ["m4", "mu_tr_mu4"], LIMITS)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["experiment", "statistic", "confidence_level", "m4", "lower", "upper"]
    assert float(rows[0]["lower"]) == LIMITS[0].lower
    assert (rows[0]["upper"], rows[1]["lower"]) == ("", "")
    path = write_limits(tmp_path / "l.json", ["m4", "mu_tr_mu4"], LIMITS)
    result = json.loads(path.read_text())
    assert result["limits"][1]["lower"] is None
    assert result["limits"][1]["upper"] == LIMITS[1].upper


@pytest.mark.parametrize("name", ["c.txt", "c"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"\.csv, \.json, \.nc"):
        write_contours(tmp_path / name, CONTOURS, "m4", "mu_tr_mu4")
    with pytest.raises(InputError, match=r"\.csv, \.json$"):
        write_limits(tmp_path / name, ["m4"], LIMITS)
    assert list(tmp_path.iterdir()) == []
