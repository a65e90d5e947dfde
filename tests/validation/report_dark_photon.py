"""Sections of docs/validation.md on events by a dark photon."""

import test_miniboone_tables as scan
import test_t2k_heavy as t2k
from report_in_flight import MISSING, rows_to_table, signed


def miniboone():
    """Events at the best fits of the authors: theirs, with their recipe, and with ours."""
    if not (scan.GRIDS.is_dir() and scan.CUTS.is_dir()):
        return MISSING
    rows = []
    for wanted in scan.ROWS:
        row = scan.best(*wanted)
        (like, error), (lost, _) = scan.published(row), scan.published(row, lost=True)
        right = scan.selected(row, {})[0] if row.on_shell else like
        found = (right, lost, scan.ours(row))
        rows.append(
            [f"{row.epsilon:g}", f"{row.mzprime:g}", f"{row.m4:g}", f"{row.ctau_cm:.2g}",
             f"{row.n_events:.1f}", f"{like / row.n_events:.3f} +- {error / row.n_events:.3f}",
             *(f"{n / row.n_events:.2f}" for n in found)]
        )  # fmt: skip
    heading = ["epsilon", "mzprime (GeV)", "m4 (GeV)", "c tau (cm)", "theirs", "their recipe",
               "right decay", "unseen leptons pass", "our default"]  # fmt: skip
    return rows_to_table(heading, rows)


def t2k_points():
    """Upscatterings and selected pairs at the points of the publication."""
    rows = []
    for masses, (published, recipe) in t2k.POINTS.items():
        like = t2k.selected(*masses)
        same = [t2k.upscatterings(*masses, theirs=False), t2k.selected(*masses, theirs=False)]
        rows.append(
            [*(f"{m:g}" for m in masses), f"{published:.1f}", f"{recipe:.1f}", f"{like:.1f}",
             signed(like / recipe), *(f"{n:.0f}" for n in (*same, *t2k.by_default(*masses)))]
        )  # fmt: skip
    heading = ["m4 (GeV)", "mzprime (GeV)", "published", "recipe", "ours with their constants",
               "difference", "same channels, upscatterings", "selected",
               "our default, upscatterings", "selected"]  # fmt: skip
    return rows_to_table(heading, rows)


def t2k_upscatterings():
    """Upscatterings at the benchmark, with the authors' constants."""
    return f"{t2k.upscatterings(*next(iter(t2k.POINTS))):.0f}"


def t2k_short_lived():
    """Events of short-lived HNLs on carbon and lead."""
    rows = []
    for nucleus, (published, recipe) in t2k.NEUTRINO_MODE.items():
        (like, error), (same, _) = t2k.events(nucleus), t2k.events(nucleus, theirs=False)
        rows.append(
            [nucleus, f"{published:g}", f"{recipe:g}", f"{like:.3f} +- {error:.3f}",
             signed(like / recipe), f"{same:.3f}"]
        )  # fmt: skip
    heading = ["nucleus", "published", "recipe", "ours with their constants", "difference",
               "with our constants"]  # fmt: skip
    return rows_to_table(heading, rows)


SECTIONS = {
    "SCAN": miniboone,
    "HEAVY": t2k_points,
    "HEAVYMADE": t2k_upscatterings,
    "HEAVYSHORT": t2k_short_lived,
}
