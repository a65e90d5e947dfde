"""The page docs/comparison.md, from the numbers of `side_by_side.py`."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import page_of_accuracy
import page_of_targets

DETECTORS = {"miniboone_fhc": "MiniBooNE", "microboone": "MicroBooNE"}

TEMPLATE = Path(__file__).with_name("comparison.md.in")


def text(results: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    results : dict
        All numbers, by section and point.

    Returns
    -------
    str
        Markdown.
    """
    page = TEMPLATE.read_text()
    parts = {
        "ROUNDS": str(results["rounds"]),
        "SEEDS": str(results["seeds"]),
        "RMS_SEEDS": str(results["rms_seeds"]),
        "SPEED": speed(results["speed"]),
        "SETTINGS": settings(results),
        **page_of_accuracy.parts(results["accuracy"]),
        "KERNEL": loops(results["kernel"]),
        "TEN": ten(results["ten_experiments"]),
        "EXCHANGES": exchanges(results["exchanges"]),
        "MEMORY": memory(results["memory_MB"]),
        "TARGETS": page_of_targets.text(results),
    }
    for name, part in parts.items():
        page = page.replace(f"@{name}@", part)
    return page


def title(point: str) -> str:
    """Name of a point for a heading."""
    case, detector = point.split()
    return f"{case}, {DETECTORS[detector]}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Set a table in Markdown."""
    heading = list(head)
    lines = [heading, ["---"] * len(heading), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_point(section: dict[str, Any], rows: dict[str, Callable[[dict[str, Any]], str]]) -> str:
    """Set a table with a column for each point."""
    return table(
        ["", *map(title, section)],
        [[name, *(tell(numbers) for numbers in section.values())] for name, tell in rows.items()],
    )


def ms(value: float) -> str:
    """Milliseconds."""
    return f"{_three_digits(value)} ms"


def told(values: dict[str, float], scale: float = 1.0, unit: str = "") -> str:
    """Median and range."""
    shown = [_three_digits(scale * values[key]) for key in ("median", "min", "max")]
    return f"{shown[0]} ({shown[1]} to {shown[2]}){unit and ' '}{unit}"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def masses_missed(numbers: dict[str, Any]) -> str:
    """Largest number of masses above 1 % in any round."""
    return str(max(numbers["masses_above_1_percent"]))


def speed(section: dict[str, Any]) -> str:
    """Tell times and ratios."""
    return by_point(
        section,
        {
            "DarkNews at 1 %": lambda r: told(r["darknews_seconds_at_1_percent"], 1e3, "ms"),
            "its setting": lambda r: str(tuple(r["darknews_setting"])),
            "hnlscan, the point": lambda r: told(r["point_seconds"], 1e3, "ms"),
            "hnlscan, cold scan, per mass": lambda r: told(r["scan_seconds_per_mass"], 1e3, "ms"),
            "hnlscan, 40 masses x 60 couplings": lambda r: told(r["scan_seconds"], 1.0, "s"),
            "masses of the scan above 1 %, most of a round": masses_missed,
            "true rms, worst coupling": lambda r: f"{r['true_rms_percent_worst_coupling']:.2f} %",
            "**ratio, the point**": lambda r: told(r["ratio_point"]),
            "**ratio, cold scan, per mass**": lambda r: told(r["ratio_scan"]),
            "**ratio, cold scan, per grid point**": lambda r: told(r["ratio_grid_point"]),
        },
    )


def settings(results: dict[str, Any]) -> str:
    """Tell what each setting of DarkNews takes and scatters."""
    section = results["speed"]
    rows = []
    for i, setting in enumerate(results["settings"]):
        cells = [
            f"{r['darknews_seconds'][i]:.2f} s, {r['darknews_rms_percent'][i]:.2f} %"
            for r in section.values()
        ]
        rows.append([str(tuple(setting)), *cells])
    return table(["", *map(title, section)], rows)


def loops(section: dict[str, Any]) -> str:
    """Tell the speed of the bare event loop, and what perfect sampling would need."""
    return by_point(
        section,
        {
            "per event": lambda r: f"{r['ns_per_event']:.0f} ns",
            "events": lambda r: f"{r['million_events_per_second']:.1f} M/s",
            "two experiments over one": lambda r: f"{r['two_experiments_over_one']:.2f}",
            "acceptance": lambda r: f"{r['acceptance']:.3f}",
            "perfect sampling at 1 %": lambda r: (
                f"{r['events_of_a_perfect_sampler']:.0f} events, {r['bound_ms_per_mass']:.2f} ms"
            ),
            "events sampled at 1 %": lambda r: str(r["events_sampled"]),
        },
    )


def ten(section: dict[str, Any]) -> str:
    """Tell what ten experiments take."""
    return by_point(
        section,
        {
            "one experiment": lambda r: ms(r["one_ms"]),
            "ten experiments": lambda r: ms(r["ten_ms"]),
            "ratio": lambda r: f"{r['ratio']:.2f}",
        },
    )


def exchanges(section: dict[str, Any]) -> str:
    """Tell what the exchanges take."""
    names = list(dict.fromkeys(name for r in section.values() for name in r))
    return by_point(section, {n: lambda r, n=n: _exchange(r.get(n)) for n in names})


def memory(numbers: dict[str, float]) -> str:
    """Tell the memory."""
    return table(numbers, [[f"{value:.0f} MB" for value in numbers.values()]])


def _exchange(numbers: dict[str, float] | None) -> str:
    if numbers is None:
        return ""
    return f"{numbers['points']:.0f} points, {ms(numbers['ms'])}"
