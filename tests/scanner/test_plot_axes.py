from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from scanner.plots.axes import PlotAxis, set_axes

RANGES = [(0.01, 1.0), (0.011, 1.0), (0.02, 0.8), (0.03, 0.2), (0.3, 0.5), (0.41, 0.46)]


@pytest.mark.parametrize(("low", "high"), [*RANGES, *((a * 1e-6, b * 1e-6) for a, b in RANGES)])
def test_numbers_do_not_run_into_each_other(low, high):
    figure = Figure(figsize=(7.0, 5.2))
    axes = figure.add_subplot()
    set_axes(axes, PlotAxis("m4", "m_4", "GeV", low, high), PlotAxis("y", "y", "1", low, high))
    figure.draw_without_rendering()
    for axis, side in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        labels = [*axis.get_majorticklabels(), *axis.get_minorticklabels()]
        boxes = [t.get_window_extent() for t in labels if t.get_text()]
        ends = sorted((getattr(b, f"{side}0"), getattr(b, f"{side}1")) for b in boxes)
        assert len(ends) >= 2
        assert all(left[1] < right[0] for left, right in pairwise(ends))


def test_short_axes_carry_plain_numbers():
    figure = Figure()
    axes = figure.add_subplot()
    set_axes(axes, PlotAxis("m4", "m_4", "GeV", 0.02, 0.8), PlotAxis("y", "y", "1", 2e-7, 8e-6))
    figure.draw_without_rendering()
    texts = {t.get_text() for t in axes.get_xticklabels(which="both")}
    assert {"0.02", "0.05", "0.1", "0.2", "0.5"} <= texts
    assert r"$\mathdefault{2\times10^{-7}}$" in {
        t.get_text() for t in axes.get_yticklabels(which="both")
    }
