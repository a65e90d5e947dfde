"""How published curves are drawn: what is shaded, what is dashed, what is marked."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex

from scanner.plots.catalogue import curves
from scanner.plots.plots import PlotAxis, exclusion_figure
from scanner.plots.published import line_colours, published_name

MASS = PlotAxis("m4", "m_4", "GeV", 0.01, 1.0)
SHADES = {"search": "#ededed", "recast": "#ededed", "cosmology": "#f7f7f7"}


def drawn(flavour, hnl_type=None):
    """Curves of a plane, and the figure of them alone."""
    y = f"U2_{flavour}4"
    found = curves("minimal", "m4", y, hnl_type)
    axis = PlotAxis(y, rf"|U_{{{flavour} 4}}|^2", "1", 1e-12, 1.0)
    return found, exclusion_figure([], found, MASS, axis)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_projections_are_dashed_and_shade_nothing(flavour):
    found, figure = drawn(flavour)
    lines, patches = figure.axes[0].lines, figure.axes[0].patches
    assert [line.is_dashed() for line in lines] == [c.kind == "projection" for c in found]
    shades = [SHADES[c.kind] for c in found if c.kind != "projection"]
    assert [to_hex(patch.get_facecolor()) for patch in patches] == shades
    assert legend(figure) == ["published (CL in brackets)", "published projection"]


def test_a_region_is_open_where_its_upper_edge_leaves_the_plane():
    found, figure = drawn("mu")
    outlines = {
        curve.name: patch.get_path()
        for curve, patch in zip(
            [c for c in found if c.kind != "projection"], figure.axes[0].patches, strict=True
        )
    }
    assert outlines["bbn_mu"].contains_points([[0.0015, 1e-3], [0.1, 1e-7]]).all()
    assert not outlines["bbn_mu"].contains_points([[0.1, 1e-2], [0.1, 1e-12]]).any()
    ps191 = outlines["ps191_mu"].contains_points([[0.2, 1e-4], [0.2, 0.1], [0.2, 1e-9]])
    np.testing.assert_array_equal(ps191, [True, False, False])


@pytest.mark.parametrize(
    ("nature", "expected"),
    [(None, set()), ("majorana", {"MicroBooNE ee, π0 (90 %)*", "DUNE ND (90 %)*"})],
)
def test_curves_that_state_no_nature_are_starred_once_a_nature_is_asked_for(nature, expected):
    _, figure = drawn("mu", nature)
    names = {text.get_text() for text in figure.axes[0].texts}
    assert {name for name in names if name.endswith("*")} == expected
    explained = any("* Dirac or Majorana not stated" in text for text in legend(figure))
    assert explained == bool(expected)


@pytest.mark.parametrize(("model", "y"), [("minimal", f"U2_{f}4") for f in ("e", "mu", "tau")])
def test_no_two_curves_share_a_colour_and_each_name_has_that_of_its_curve(model, y):
    found = curves(model, "m4", y, "dirac")
    figure = exclusion_figure([], found, MASS, PlotAxis(y, "U", "1", 1e-12, 1.0))
    colours = {
        published_name(curve): to_hex(line.get_color())
        for curve, line in zip(found, figure.axes[0].lines, strict=True)
    }
    assert len(set(colours.values())) == len(colours) <= 14
    for text in figure.axes[0].texts:
        assert to_hex(text.get_color()) == colours[text.get_text()]


def test_with_more_curves_than_colours_neighbours_differ():
    levels = np.geomspace(1e-11, 0.1, 40)
    paths = {f"{k}": [np.array([[0.01, v], [1.0, v]])] for k, v in enumerate(levels)}
    found = list(line_colours(paths, (0.01, 1.0, 1e-12, 1.0)).values())
    assert all(a != b for a, b in pairwise(found))
    assert len(set(found)) == 14


def test_pieces_with_one_name_are_one_curve():
    found = curves("minimal", "m4", "U2_mu4")
    twice = [found[0], replace(found[0], x=found[0].x / 2)]
    figure = exclusion_figure([], twice, MASS, PlotAxis("U2_mu4", "U", "1", 1e-12, 1.0))
    assert len({line.get_color() for line in figure.axes[0].lines}) == 1
    assert len(figure.axes[0].texts) == 1
