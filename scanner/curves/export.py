"""Limits and contours as files: CSV for spreadsheets, JSON for programs, netCDF for xarray."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path

from physics.errors import InputError
from scanner.curves import contours as contour_module
from scanner.curves import limits as limit_module
from scanner.curves.contour_data import to_dataset
from scanner.curves.contours import Contour
from scanner.curves.limits import Limit

CONTOUR_SUFFIXES = (".csv", ".json", ".nc")
LIMIT_SUFFIXES = (".csv", ".json")
_WHOSE = ("experiment", "statistic", "confidence_level")


def write_contours(
    path: str | Path,
    contours: Sequence[Contour],
    x: str,
    y: str,
    units: Mapping[str, str] | None = None,
) -> Path:
    """Write contours in the format that the suffix of the file names.

    Parameters
    ----------
    path : str or Path
        Ends in .csv (one row per vertex), .json (keys x, y, contours) or .nc (netCDF 3).
    contours : sequence of Contour
        May be empty.
    x, y : str
        Names of the axes.
    units : mapping of str to str, optional
        Unit of each axis, for netCDF.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        For another suffix.
    """
    target = _checked(path, CONTOUR_SUFFIXES)
    if target.suffix == ".csv":
        target.write_text(contours_csv(contours, x, y), encoding="utf-8")
    elif target.suffix == ".json":
        _write_json(target, contour_module.document(contours, x, y))
    else:
        to_dataset(contours, x, y, units).to_netcdf(target, engine="scipy")
    return target


def write_limits(path: str | Path, axes: Sequence[str], limits: Sequence[Limit]) -> Path:
    """Write limits in the format that the suffix of the file names.

    Parameters
    ----------
    path : str or Path
        Ends in .csv (one row per excluded interval) or .json (keys axes, limits).
    axes : sequence of str
        Axes of the grid.
    limits : sequence of Limit
        May be empty.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        For another suffix.
    """
    target = _checked(path, LIMIT_SUFFIXES)
    if target.suffix == ".csv":
        target.write_text(limits_csv(axes, limits), encoding="utf-8")
    else:
        _write_json(target, limit_module.document(axes, limits))
    return target


def contours_csv(contours: Sequence[Contour], x: str, y: str) -> str:
    """Contours as CSV, one row per vertex, numbers in full precision.

    Parameters
    ----------
    contours : sequence of Contour
        May be empty.
    x, y : str
        Names of the axes, which become headings.

    Returns
    -------
    str
        With a heading and a column `path` that counts the contours from 0.

    Examples
    --------
    >>> print(contours_csv([], "m4", "mu_tr_mu4").strip())
    path,experiment,statistic,confidence_level,side,closed,converged,m4,mu_tr_mu4
    """
    others = list(dict.fromkeys(name for c in contours for name in c.point))
    heading = ["path", *_WHOSE, "side", "closed", "converged", *others, x, y]
    rows = (
        [
            *(k, c.experiment, c.statistic, c.confidence_level, c.side, int(c.closed), int(good)),
            *(c.point.get(name, "") for name in others),
            *(float(value) for value in vertex),
        ]
        for k, c in enumerate(contours)
        for vertex, good in zip(c.points, c.converged, strict=True)
    )
    return _table(heading, rows)


def limits_csv(axes: Sequence[str], limits: Sequence[Limit]) -> str:
    """Limits as CSV, one row per excluded interval, an empty field where it leaves the axis.

    Parameters
    ----------
    axes : sequence of str
        Axes of the grid; those that the points fix become headings.
    limits : sequence of Limit
        May be empty.

    Returns
    -------
    str
        With a heading.

    Examples
    --------
    >>> one = Limit("sbnd", "cls", 0.9, 1e-7, None, {"m4": 0.1})
    >>> print(limits_csv(["m4", "mu_tr_mu4"], [one]).strip())
    experiment,statistic,confidence_level,m4,lower,upper
    sbnd,cls,0.9,0.1,1e-07,
    """
    fixed = [name for name in axes if any(name in limit.point for limit in limits)]
    rows = (
        [
            *(limit.experiment, limit.statistic, limit.confidence_level),
            *(limit.point.get(name, "") for name in fixed),
            *("" if edge is None else edge for edge in (limit.lower, limit.upper)),
        ]
        for limit in limits
    )
    return _table([*_WHOSE, *fixed, "lower", "upper"], rows)


def _table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")


def _checked(path: str | Path, suffixes: Sequence[str]) -> Path:
    target = Path(path)
    if target.suffix not in suffixes:
        raise InputError(
            f"file '{target.name}' has no known format; end its name in {', '.join(suffixes)}"
        )
    return target
