"""`hnlscan limits`, `contour` and `plot`: what a store says, without sampling."""

import dataclasses
from pathlib import Path
from typing import Any, Literal

import click

from physics.cosmology import BBN
from physics.documents import then
from physics.errors import InputError, nearest
from physics.models.points import complete
from physics.statistic_names import METHODS
from scanner import results
from scanner.assembly.assemble import Scan
from scanner.cli.main import command, emit
from scanner.cli.place import as_path, as_place
from scanner.cli.points import parse, set_option
from scanner.curves import contours as contour_module
from scanner.curves import export
from scanner.curves import limits as limit_module
from scanner.plots import catalogue
from scanner.storage.place import Place

store_argument = click.argument("path", metavar="STORE", callback=as_place)
out_option = click.option("--out", callback=as_path, help="File to write.")


@command("limits")
@store_argument
@click.option("--out", callback=as_path, help="File .csv or .json, or store .zarr.")
@click.option("--statistic", help=f"{' or '.join(METHODS)}; default as in the grid.")
@click.option("--confidence-level", type=float, help="Such as 0.95; default as in the grid.")
@set_option
def limits(
    path: Place,
    out: Path | None,
    statistic: str | None,
    confidence_level: float | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Excluded intervals at each mass, for these or other couplings and statistics."""
    scan = altered(results.scan_of(path), statistic, confidence_level, parse(assignments))
    if not scan.grid.coupling_axes:
        raise InputError(
            f"the grid {scan.grid.name} has no coupling axis and so no limits along it; "
            "open the cube in xarray, or scan a coupling"
        )
    found = results.limits(path, scan)
    axes = [axis.name for axis in scan.grid.axes]
    if out is not None and out.suffix == ".zarr":
        results.write_derived(out, path, scan, found)
    elif out is not None:
        export.write_limits(out, axes, found)
    emit(
        limit_module.document(axes, found), lambda: export.limits_csv(axes, found).strip(), as_json
    )


def altered(
    scan: Scan, statistic: str | None, level: float | None, assignments: dict[str, str]
) -> Scan:
    """Change the statistic or the fixed couplings of a scan.

    Parameters
    ----------
    scan : Scan
        As it was run.
    statistic : str or None
        A method, None to keep it.
    level : float or None
        Confidence level, None to keep it.
    assignments : dict of str
        Couplings by name, as text.

    Returns
    -------
    Scan
        Its responses are those of `scan`.

    Raises
    ------
    InputError
        For an unknown method, a level outside (0.5, 1), or a parameter that is no free coupling.
    """
    chosen = scan.grid.statistic
    if statistic is not None:
        if statistic not in METHODS:
            raise InputError(
                f"unknown statistic {statistic!r}"
                + then(nearest(statistic, METHODS), f"choose {' or '.join(METHODS)}")
            )
        chosen = dataclasses.replace(chosen, method=statistic)
    if level is not None:
        if not 0.5 < level < 1:
            raise InputError(f"confidence level {level:g} must be between 0.5 and 1, such as 0.9")
        chosen = dataclasses.replace(chosen, confidence_level=level)
    parameters = {**scan.grid.parameters, **_couplings(scan, assignments)}
    grid = dataclasses.replace(scan.grid, statistic=chosen, parameters=parameters)
    return Scan(grid, scan.model, scan.experiments)


def _couplings(scan: Scan, assignments: dict[str, str]) -> dict[str, float]:
    """Read couplings that may be set: those that are no axis and not tied."""
    free = {p.name for p in scan.model.of_role("coupling")} - set(scan.grid.tied)
    free -= {axis.name for axis in scan.grid.axes}
    for name in assignments:
        if name not in free:
            raise InputError(
                f"{name} cannot be set on this store"
                + then(
                    nearest(name, free), f"free couplings are {', '.join(sorted(free)) or 'none'}"
                )
            )
    if not assignments:
        return {}
    masses = {p.name: "1" for p in scan.model.of_role("mass")}
    some = next(p.name for p in scan.model.of_role("coupling"))
    point: dict[str, Any] = complete(scan.model, {**masses, some: "1", **assignments})
    return {name: float(point[name]) for name in assignments}


@command("contour")
@store_argument
@click.option("--out", callback=as_path, help="File, .csv, .json or .nc.")
def contour(path: Place, out: Path | None, as_json: bool) -> None:
    """Contours of the limits on the plane of the grid."""
    scan = results.scan_of(path)
    x, y = _plane(scan)
    found = results.contours(path, scan)
    if out is not None:
        export.write_contours(out, found, x, y, results.units(scan))
    emit(
        contour_module.document(found, x, y),
        lambda: export.contours_csv(found, x, y).strip() if out is None else f"{out}",
        as_json,
    )


def _plane(scan: Scan) -> tuple[str, str]:
    if scan.plane is None:
        raise InputError(
            f"the grid {scan.grid.name} has one axis and so no contours; "
            "use `hnlscan limits`, or scan a second axis"
        )
    return scan.plane


@command("plot")
@store_argument
@out_option
def plot(path: Place, out: Path | None, as_json: bool) -> None:
    """Exclusion plot with published limits overlaid."""
    from scanner.plots.axes import PlotAxis  # matplotlib takes a second to import
    from scanner.plots.plots import exclusion_plot

    scan = results.scan_of(path)
    x, y = _plane(scan)
    target = out or Path(f"{path.stem}.png")
    found = _one_slice(results.contours(path, scan))
    curves = catalogue.curves(scan.model.name, x, y, _nature(scan))
    exclusion_plot(
        found,
        curves,
        PlotAxis(**_axis(scan, x)),
        PlotAxis(**_axis(scan, y)),
        target,
        title=scan.grid.title,
        names=results.names(scan),
        projections=[e.name for e in scan.experiments if e.kind == "projection"],
        criteria=[each.name for each in BBN],
    )
    document = {
        "path": str(target),
        "contours": len(found),
        "published": [curve.name for curve in curves],
    }
    emit(document, lambda: f"{target}", as_json)


def _nature(scan: Scan) -> Literal["dirac", "majorana"] | None:
    """Nature of the HNL of a scan, if its model tells them apart."""
    chosen = scan.grid.parameters.get("hnl_type")
    declared = {p.name: p for p in scan.model.of_role("option")}.get("hnl_type")
    if declared is None:
        return None
    return "majorana" if (chosen or declared.choices[0]) == "majorana" else "dirac"


def _axis(scan: Scan, name: str) -> dict[str, Any]:
    """Name, symbol, unit and range of an axis."""
    values = scan.grid.axis(name).values
    parameter = {p.name: p for p in scan.model.parameters}.get(name)
    return {
        "name": name,
        "symbol": parameter.symbol if parameter else rf"\mathrm{{{name}}}",
        "unit": scan.axis_attrs(name)["units"],
        "low": values[0],
        "high": values[-1],
    }


def _one_slice(found: list[contour_module.Contour]) -> list[contour_module.Contour]:
    """Contours of the first slice of the axes that are not drawn."""
    return [c for c in found if c.point == found[0].point]
