"""The part of docs/comparison.md on accuracy."""

from typing import Any

import comparison_page as page


def parts(section: dict[str, Any]) -> dict[str, str]:
    """Set all tables of accuracy, by their names in the template."""
    return {
        "STEPS": steps(section),
        "CHANNELS": channels(section),
        "WORST": worst(section),
        "ACCEPTANCES": acceptances(section),
        "LIFETIMES": lifetimes(section),
    }


def steps(section: dict[str, Any]) -> str:
    """Tell upscatterings from one convention to the other."""
    names = list(next(iter(section.values()))["steps"])
    rows: list[list[str]] = [
        ["DarkNews", *(measured(r["total"]) for r in section.values())],
        *([name, *(f"{r['steps'][name]:.5g}" for r in section.values())] for name in names),
    ]
    for name, step in (("like for like", names[0]), ("our default", names[-1])):
        ratios = [
            f"{r['total']['value'] / r['steps'][step]:.4f}"
            f" ± {r['total']['error'] / r['steps'][step]:.4f}"
            for r in section.values()
        ]
        rows.append([f"**DarkNews / {name}**", *ratios])
    return page.table(["", *map(page.title, section)], rows)


def channels(section: dict[str, Any]) -> str:
    """Divide DarkNews by ours like for like, by channel."""
    names = sorted({name for r in section.values() for name in r["channels"]})
    rows = []
    for name in names:
        cells = [_ratio(r["channels"].get(name)) for r in section.values()]
        rows.append([name, *cells])
    return page.table(["", *map(page.title, section)], rows)


def _ratio(numbers: dict[str, Any] | None) -> str:
    if numbers is None:
        return ""
    scale = numbers["like_for_like"]
    ratio, error = (numbers["darknews"][key] / scale for key in ("value", "error"))
    return f"{ratio:.4f} ({1e4 * error:.0f})"


def pulls(section: dict[str, Any]) -> dict[str, float]:
    """Give the deviations of channels and acceptances in units of their errors, like for like."""
    found = {}
    for point, r in section.items():
        for name, c in r["channels"].items():
            difference = c["darknews"]["value"] - c["like_for_like"]
            found[f"{page.title(point)}: {name}"] = difference / c["darknews"]["error"]
        one, other = r["acceptance"]["darknews"], r["acceptance"]["like_for_like"]
        error = (one["error"] ** 2 + other["error"] ** 2) ** 0.5
        found[f"{page.title(point)}: acceptance"] = (one["value"] - other["value"]) / error
    return found


def worst(section: dict[str, Any]) -> str:
    """Tell the largest deviations like for like."""
    found = pulls(section)
    name = max(found, key=lambda key: abs(found[key]))
    rms = (sum(pull**2 for pull in found.values()) / len(found)) ** 0.5
    seeds = next(iter(section.values()))["seeds"]
    # the variance of Student's t; errors of few seeds are often too small
    expected = ((seeds - 1) / (seeds - 3)) ** 0.5
    return (
        f"Of these {len(found)} numbers, with the acceptances below, the rms deviation is "
        f"{rms:.2f} of the errors, where {expected:.2f} is expected\nfor errors from {seeds} "
        f"seeds, and the largest is {found[name]:+.1f} ({name})."
    )


def acceptances(section: dict[str, Any]) -> str:
    """Tell the acceptance of DarkNews, with its decays, with ours, and with all channels."""
    names = {
        "DarkNews": "darknews", "like for like": "like_for_like", "our decays": "our_decays",
        "our default": "default",
    }  # fmt: skip
    return page.by_point(
        section,
        {name: lambda r, key=key: measured(r["acceptance"][key]) for name, key in names.items()},
    )


def lifetimes(section: dict[str, Any]) -> str:
    """Tell proper decay lengths, which both detectors share."""
    some = {point.split()[0]: r["ctau_cm"] for point, r in section.items()}
    rows = [
        [case, f"{r['darknews']:.4g} cm", f"{r['default']:.4g} cm",
         f"{r['darknews'] / r['default']:.3f}"]
        for case, r in some.items()
    ]  # fmt: skip
    return page.table(["", "DarkNews", "hnlscan", "ratio"], rows)


def measured(numbers: dict[str, float]) -> str:
    """Value and error."""
    value, error = numbers["value"], numbers["error"]
    if value < 1:
        return f"{value:.4f} ± {error:.4f}"
    return f"{value:.5g} ± {100 * error / value:.2f} %"
