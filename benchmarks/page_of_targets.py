"""The part of docs/comparison.md on targets: each with what was found."""

from typing import Any

import comparison_page as page

ELSEWHERE_FOUND = "[performance.md](performance.md#targets)"
LEAST_MILLION_PER_SECOND = 3.0
MOST_FOR_TEN = 1.5
MOST_MB, MOST_GROWTH = 500.0, 0.2
ELSEWHERE = [
    ["scheduler and store of a scan of one-second blocks below 5 %", ELSEWHERE_FOUND,
     "`python benchmarks/scaling.py`"],
    ["adaptive refinement of a plane of two masses from 15 % of its points", ELSEWHERE_FOUND,
     "`python benchmarks/adaptive.py`"],
    ["10⁶ grid points and 2 x 10⁴ masses: the client as for 10⁴ within 20 %", ELSEWHERE_FOUND,
     "`python benchmarks/memory.py`"],
    ["killed workers, clients and schedulers, full disks: nothing lost, the same bits",
     "[reliability.md](reliability.md)",
     "`pytest -m slow tests/scanner/test_kill_schedules.py`"],
]  # fmt: skip


def text(results: dict[str, Any]) -> str:
    """Set the table of targets."""
    rows = [*_against_darknews(results), *_by_itself(results), *ELSEWHERE]
    return page.table(["target", "found", ""], rows)


def verdict(holds: dict[str, bool]) -> str:
    """Tell whether a target is met at all points, and where it is not."""
    missed = [page.title(point) for point, held in holds.items() if not held]
    if not missed:
        return "met"
    return "missed" if len(missed) == len(holds) else f"missed: {'; '.join(missed)}"


def _against_darknews(results: dict[str, Any]) -> list[list[str]]:
    """Ratios and absolute times."""
    section = results["speed"]
    couplings = results["couplings"]
    rows = []
    for kind, some in _kinds(section).items():
        target = next(iter(some.values()))
        least, most = target["target_per_mass"], target["target_seconds"]
        for name, key, times in (
            ("per mass", "ratio_scan", 1), ("per grid point", "ratio_grid_point", couplings),
        ):  # fmt: skip
            found = {point: r[key]["median"] for point, r in some.items()}
            rows.append([
                f"{least * times:.0f} times DarkNews {name}, {kind}",
                _list(found, "{:.0f}") + " (cold scan)",
                verdict({point: value >= least * times for point, value in found.items()}),
            ])  # fmt: skip
        seconds = {point: r["scan_seconds"]["median"] for point, r in some.items()}
        rows.append([
            f"40 masses x 60 couplings in {most:g} s, {kind}",
            _list(seconds, "{:.2f} s"),
            verdict({point: value <= most for point, value in seconds.items()}),
        ])  # fmt: skip
    return rows


def _kinds(section: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Points with the same targets."""
    two = {point: r for point, r in section.items() if not point.startswith("heavy")}
    three = {point: r for point, r in section.items() if point.startswith("heavy")}
    return {"two-body and dipole": two, "three-body": three}


def _by_itself(results: dict[str, Any]) -> list[list[str]]:
    """Event loop, many experiments, memory."""
    loops = {p: r["million_events_per_second"] for p, r in results["kernel"].items()}
    ten = {point: r["ratio"] for point, r in results["ten_experiments"].items()}
    memory = results["memory_MB"]
    few, many = (value for name, value in memory.items() if name.startswith("client"))
    growth = many / few - 1
    return [
        ["bare loop with five observables above 3 M events/s", _list(loops, "{:.1f} M"),
         verdict({point: value >= LEAST_MILLION_PER_SECOND for point, value in loops.items()})],
        ["ten experiments on one beam for 1.5 of one", _list(ten, "{:.1f}"),
         verdict({point: value <= MOST_FOR_TEN for point, value in ten.items()})],
        ["worker below 500 MB", f"{memory['worker']:.0f} MB",
         "met" if memory["worker"] < MOST_MB else "missed"],
        ["client the same within 20 % for 10⁴ and 10⁶ points",
         f"{few:.0f} and {many:.0f} MB, {100 * growth:+.0f} %",
         "met" if abs(growth) <= MOST_GROWTH else "missed"],
    ]  # fmt: skip


def _list(values: dict[str, float], form: str) -> str:
    """Values in the order of the points, models apart."""
    found: dict[str, list[str]] = {}
    for point, value in values.items():
        found.setdefault(point.split()[0], []).append(form.format(value))
    return "; ".join(f"{case} {' and '.join(each)}" for case, each in found.items())
