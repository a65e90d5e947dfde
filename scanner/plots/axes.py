"""Axes of a plot: symbols, units, logarithmic scales and the numbers on them."""

from dataclasses import dataclass
from math import floor, log10

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, NullFormatter

_PLAIN = (1e-3, 1e4)
"""Between these, short axes carry plain numbers instead of powers of ten."""

_LABELLED = ((2.0, ()), (1.0, (2, 5)), (0.5, (2, 3, 5)), (0.0, (2, 3, 4, 5, 6, 7, 8, 9)))
"""Down to how many decades between powers of ten which multiples get a number: all that fit."""


@dataclass(frozen=True)
class PlotAxis:
    """What is written on an axis, and its range.

    Parameters
    ----------
    name : str
        As in the grid.
    symbol : str
        LaTeX without dollars.
    unit : str
        As in the models: "GeV", "GeV^-1", "1".
    low, high : float
        Ends of the scanned range, positive.
    """

    name: str
    symbol: str
    unit: str
    low: float
    high: float

    @property
    def label(self) -> str:
        r"""Symbol and unit, e.g. ``$m_4$ [GeV]``.

        Examples
        --------
        >>> PlotAxis("mu_tr_mu4", r"\mu", "GeV^-1", 1e-8, 1e-3).label
        '$\\mu$ [GeV$^{-1}$]'
        """
        base, _, power = self.unit.partition("^")
        unit = f"{base}$^{{{power}}}$" if power else base
        return f"${self.symbol}$" if self.unit == "1" else f"${self.symbol}$ [{unit}]"


def set_axes(axes: Axes, x: PlotAxis, y: PlotAxis) -> None:
    """Give a frame its scales, ranges, names and ticks.

    Parameters
    ----------
    axes : matplotlib Axes
        Empty.
    x, y : PlotAxis
        Its axes.
    """
    axes.set(xscale="log", yscale="log", xlim=(x.low, x.high), ylim=(y.low, y.high))
    axes.set_xlabel(x.label, fontsize=13)
    axes.set_ylabel(y.label, fontsize=13)
    axes.tick_params(which="both", direction="in", top=True, right=True)
    # regions would hide ticks otherwise
    axes.set_axisbelow(False)
    _set_numbers(axes.xaxis, x)
    _set_numbers(axes.yaxis, y)


def labelled_multiples(low: float, high: float) -> tuple[int, ...]:
    """Choose the multiples of powers of ten that get a number.

    Parameters
    ----------
    low, high : float
        Ends of the axis, positive.

    Returns
    -------
    tuple of int
        None on an axis of two decades or more.

    Examples
    --------
    >>> labelled_multiples(0.01, 1.0), labelled_multiples(0.02, 0.8)
    ((), (2, 5))
    """
    decades = log10(high / low)
    return next(found for least, found in _LABELLED if decades >= least)


def _set_numbers(axis: Axis, about: PlotAxis) -> None:
    """Write numbers where they have room: matplotlib's own run into each other."""
    multiples = labelled_multiples(about.low, about.high)
    axis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=100))
    if not multiples:
        axis.set_minor_formatter(NullFormatter())
        return
    plain = _PLAIN[0] <= about.low and about.high <= _PLAIN[1]
    powers = LogFormatterSciNotation(minor_thresholds=(float("inf"), float("inf")))
    powers.create_dummy_axis()

    def number(value: float, _: object = None) -> str:
        """Write one tick."""
        multiple = round(value / 10.0 ** floor(log10(value) + 1e-9))
        if multiple not in (1, *multiples):
            return ""
        return f"{value:g}" if plain else str(powers(value))

    axis.set_major_formatter(FuncFormatter(number))
    axis.set_minor_formatter(FuncFormatter(number))
