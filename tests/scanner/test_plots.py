import hashlib
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.path import Path as Outline
from matplotlib.text import Text

from physics.errors import InputError
from scanner.curves.contours import contours
from scanner.plots.catalogue import curves
from scanner.plots.plots import PlotAxis, exclusion_figure, exclusion_plot

X = PlotAxis("m4", "m_4", "GeV", 0.01, 1.0)
Y = PlotAxis("mu_tr_mu4", r"|\mu_{\mathrm{tr},\mu 4}|", "GeV^-1", 1e-8, 1e-3)
MASS, MOMENT = np.geomspace(0.01, 1.0, 30), np.geomspace(1e-8, 1e-3, 40)
PUBLISHED = curves("dipole", "m4", "mu_tr_mu4")


def region(experiment, floor, level=0.9, **more):
    """A triangle that opens to small masses and large couplings."""
    height = (MOMENT[:, None] / floor) ** 2 * (0.1 / MASS) ** 3
    return contours(
        MASS,
        MOMENT,
        height,
        1.0,
        experiment=experiment,
        statistic="cls",
        confidence_level=level,
        **more,
    )


OURS = region("miniboone_fhc", 1e-6) + region("sbnd", 3e-7)


def corners(text, renderer):
    """Rotated rectangle of a label, in pixels."""
    angle = text.get_rotation()
    text.set_rotation(0)
    text.update_positions(renderer)
    box = Text.get_window_extent(text, renderer)  # without the line to the curve
    text.set_rotation(angle)
    centre = np.array([box.x0 + box.x1, box.y0 + box.y1]) / 2
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([box.width, box.height]) / 2
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return centre + half @ np.array([[c, s], [-s, c]])


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_the_suffix_is_the_format_and_equal_plots_are_equal_files(tmp_path, suffix):
    digests = set()
    for name in ("a", "b"):
        path = exclusion_plot(OURS, PUBLISHED[:1], X, Y, tmp_path / (name + suffix))
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
        assert path.stat().st_size > 5000
    assert len(digests) == 1


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"'plot.gif'.*\.pdf, \.png, \.svg"):
        exclusion_plot(OURS, [], X, Y, tmp_path / "plot.gif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("low", "high"), [(1e-8, 1e-3), (1e-7, 1e-4)])
def test_names_on_published_curves_do_not_overlap_and_stay_in_the_frame(low, high):
    y = PlotAxis(Y.name, Y.symbol, Y.unit, low, high)
    figure = exclusion_figure(OURS, PUBLISHED, X, y)
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.axes[0]
    boxes = [corners(text, renderer) for text in axes.texts]
    names = [text.get_text() for text in axes.texts]
    assert "MiniBooNE (95 %)" in names
    assert "SN1987A" in names
    # Borexino alone ends at 3 MeV
    assert not any(name.startswith("Borexino (") for name in names)
    frame = axes.get_window_extent()
    for box in boxes:
        assert np.all(box >= [frame.x0 - 1, frame.y0 - 1])
        assert np.all(box <= [frame.x1 + 1, frame.y1 + 1])
    for a, b in combinations(boxes, 2):
        assert not Outline(a).intersects_path(Outline(b), filled=True)


def test_names_on_a_crowded_plane_keep_apart_and_some_lead_to_their_curves():
    y = PlotAxis("U2_mu4", "U", "1", 1e-11, 1.0)
    mass = PlotAxis("m4", "m_4", "GeV", 0.01, 0.387)
    figure = exclusion_figure([], curves("minimal", "m4", "U2_mu4", "dirac"), mass, y)
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = figure.axes[0].texts
    assert any(text.arrow_patch is not None for text in texts)
    for a, b in combinations([corners(text, renderer) for text in texts], 2):
        assert not Outline(a).intersects_path(Outline(b), filled=True)


def test_axes_legend_and_dashes():
    figure = exclusion_figure(
        OURS, [], X, Y, "dipole", names={"sbnd": "SBND"}, projections=("sbnd",)
    )
    axes = figure.axes[0]
    assert axes.get_xlabel() == "$m_4$ [GeV]"
    assert axes.get_ylabel() == r"$|\mu_{\mathrm{tr},\mu 4}|$ [GeV$^{-1}$]"
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (*axes.get_xlim(), *axes.get_ylim()) == (0.01, 1.0, 1e-8, 1e-3)
    [legend] = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == ["miniboone_fhc", "SBND (projection)"]
    assert legend.get_title().get_text() == "dipole\nthis scan at 90 % CL (CL$_s$)"
    styles = {line.get_linestyle() for line in axes.lines if len(line.get_xdata())}
    assert styles == {"-", "--"}


def test_regions_that_differ_in_level_or_slice_are_told_apart():
    ours = region("sbnd", 3e-7) + region("sbnd", 4e-7, 0.95, point={"m5": 0.3})
    figure = exclusion_figure(ours, [], X, Y)
    texts = [t.get_text() for t in figure.legends[0].get_texts()]
    assert texts == ["sbnd, 90 % CL (CL$_s$)", "sbnd, 95 % CL (CL$_s$), m5 = 0.3"]


def test_experiments_with_one_name_are_told_apart_by_their_files():
    ours = region("sbnd", 3e-7) + region("sbnd_half", 4e-7)
    figure = exclusion_figure(ours, [], X, Y, names=dict.fromkeys(("sbnd", "sbnd_half"), "SBND"))
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["sbnd", "sbnd_half"]
    alike = region("sbnd", 3e-7) + region("sbnd_half", 4e-7)
    names = dict.fromkeys(("sbnd", "sbnd_half"), "SBND")
    figure = exclusion_figure(alike, [], X, Y, names=names, projections=("sbnd_half",))
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["SBND", "SBND (projection)"]


def criterion(name, level):
    """What excludes small couplings, as the light elements do."""
    height = (1e-5 / MOMENT[:, None]) ** 2 * np.ones(MASS.size)
    return contours(
        MASS, MOMENT, height, 1.0, experiment=name, statistic="lifetime", confidence_level=level
    )


def test_criteria_are_thin_grey_lines_with_a_hint_of_a_fill():
    both = criterion("bbn_a", 0.0) + criterion("bbn_b", 0.95)
    names = {"bbn_a": "BBN, 0.1 s", "bbn_b": "BBN, tabulated"}
    figure = exclusion_figure(OURS + both, [], X, Y, "title", names, criteria=("bbn_a", "bbn_b"))
    [legend] = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [
        "miniboone_fhc",
        "sbnd",
        "BBN, 0.1 s (excluded below)",
        "BBN, tabulated, 95 % CL (excluded below)",
    ]
    assert legend.get_title().get_text() == "title\nthis scan at 90 % CL (CL$_s$)"
    lines = {to_hex(line.get_color()): line for line in figure.axes[0].lines if line.is_dashed()}
    assert len(lines) == 2
    for colour, line in lines.items():
        assert np.ptp(to_rgb(colour)) < 0.01, "grey"
        assert line.get_linewidth() < 1.6
    faces = [patch.get_facecolor() for patch in figure.axes[0].patches]
    assert sorted(alpha for *_, alpha in faces) == pytest.approx([0.04, 0.04, 0.17, 0.17])


def test_criteria_alone_have_a_heading_without_a_level():
    figure = exclusion_figure(criterion("bbn", 0.0), [], X, Y, "tau", criteria=("bbn",))
    assert figure.legends[0].get_title().get_text() == "tau"


LONG = "a rather long name of an experiment with all its beams and years"


@pytest.mark.parametrize("count", [1, 3, 6, 12])
@pytest.mark.parametrize("name", ["SBND", LONG, 4 * LONG])
def test_no_entry_of_the_legend_is_cut_off(count, name):
    ours = [c for k in range(count) for c in region(f"{name} {k}", 3e-7 * (1 + k))]
    figure = exclusion_figure(ours, PUBLISHED, X, Y, 3 * LONG)
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0.0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1
    frame = figure.axes[0].get_window_extent()
    assert box.y0 >= frame.y1 - 1
    assert frame.height > 0.4 * figure.dpi * 5.2
    for text in figure.legends[0].get_texts():
        assert text.get_window_extent().x1 <= figure.bbox.x1


def test_unconverged_vertices_are_marked():
    flags = np.zeros((40, 30), dtype=bool)
    flags[:, 10] = True
    figure = exclusion_figure(region("sbnd", 3e-7, unconverged=flags), [], X, Y)
    marked = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert sum(len(line.get_xdata()) for line in marked) > 0


def test_nothing_excluded_is_still_a_plot(tmp_path):
    assert exclusion_plot([], [], X, Y, tmp_path / "empty.png").exists()
