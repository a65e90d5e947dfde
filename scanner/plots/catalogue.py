"""Published limits to draw beside our own, with source, confidence level and nature.

The curves lie in scanner/published, as published; here they are turned into the axes of a scan and
to the nature of its HNL.
"""

import csv
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Flavour = Literal["e", "mu", "tau", "all"]
Kind = Literal["search", "recast", "projection", "cosmology"]
Nature = Literal["dirac", "majorana", "either", "not stated"]
Region = Literal["above", "inside"]
Signal = Literal["decay", "lifetime", "peak", "indirect", "other"]

_FOLDER = files("scanner") / "published"
# the published d is half the transition moment: d = mu_tr / 2
_MODELS = {"dipole": ("mu_tr_{}4", 2.0), "minimal": ("U2_{}4", 1.0)}
# limits of a Dirac HNL over those of a Majorana HNL, on lower and upper edges
_DIRAC_OVER_MAJORANA: dict[str, tuple[float, float]] = {
    "decay": (np.sqrt(2.0), 2.0),
    "lifetime": (1.0, 2.0),
}


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of catalogue.toml.

    Parameters
    ----------
    name, title : str
        For the command line, and for the plot.
    model : str
        Model as in `physics.models`.
    flavour : {"e", "mu", "tau", "all"}
        Neutrino that the limited coupling belongs to; "all" limits hold for any.
    files, upper_files : list of str
        Tables of m4 (GeV) and the coupling: the path, in pieces, and its upper edge if that is
        another path, both towards higher masses.
    region : {"above", "inside"}
        Whether what lies above the path, or what lies inside it, is excluded.
    kind : {"search", "recast", "projection", "cosmology"}
        Who found it: the experiment, or others with its data; projections exclude nothing yet;
        cosmology has supernovae too.
    signal : {"decay", "lifetime", "peak", "indirect", "other"}
        What is looked for, which decides how the limit depends on the nature: decays in flight,
        too long a life, a peak in a decay that makes HNLs, a change of known rates.
    source : str
        Papers.
    nature : {"dirac", "majorana", "either", "not stated"}
        Nature of the HNL that the limit assumes.
    confidence_level : float or None
        None where the sources disagree.
    drawn : bool
        False when another curve takes its place; `note` says which.
    note : str
        What a reader must know before comparing.
    """

    name: str
    title: str
    model: Literal["dipole", "minimal"]
    flavour: Flavour
    files: list[str]
    upper_files: list[str] = []
    region: Region
    kind: Kind
    signal: Signal = "other"
    source: str
    nature: Nature
    confidence_level: float | None = None
    drawn: bool = True
    note: str = ""


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    curve: list[Entry]


@dataclass(frozen=True)
class Curve:
    """A published limit on the axes of a scan.

    Parameters
    ----------
    name, title, source, kind, flavour, note : str
        As in `Entry`.
    confidence_level : float or None
        As in `Entry`.
    nature : {"dirac", "majorana", "either", "not stated"}
        Nature that the curve holds for, after conversion.
    x, y : ndarray (k,)
        The path, in the units of the axes: the lower edge to higher masses, then the upper back.
    region : {"above", "inside"}
        As in `Entry`.
    doubtful : bool
        Whether the curve depends on the nature that was asked for, but does not state its own.
    """

    name: str
    title: str
    source: str
    confidence_level: float | None
    nature: Nature
    flavour: str
    x: FloatArray
    y: FloatArray
    region: Region
    kind: Kind = "search"
    doubtful: bool = False
    note: str = ""


def entries() -> tuple[Entry, ...]:
    """List all published limits, in the order of the catalogue.

    Returns
    -------
    tuple of Entry
        Without their curves.

    Examples
    --------
    >>> [e.name for e in entries() if e.model == "dipole" and e.nature == "dirac"]
    ['miniboone', 'lep']
    """
    return _entries()


def curves(
    model: str,
    x: str,
    y: str,
    hnl_type: Literal["dirac", "majorana"] | None = None,
    *,
    superseded: bool = False,
) -> list[Curve]:
    r"""List the published limits on the plane of two axes.

    Limits from decays in flight go as :math:`|U|^4 \Gamma`, and the width of a Majorana HNL is
    twice that of a Dirac one: :math:`|U|^2_D = \sqrt2 |U|^2_M`. Where lifetimes limit, so on upper
    edges and in cosmology, :math:`|U|^2_D = 2 |U|^2_M`. Peaks and indirect limits are the same.

    Parameters
    ----------
    model : str
        Model as in `physics.models`.
    x, y : str
        Axes; known so far are planes of m4 and the mixings of the minimal model, or the transition
        moments of the dipole model, for which d (GeV^-1) of the papers becomes mu_tr = 2 d.
    hnl_type : {"dirac", "majorana"}, optional
        Nature to convert to; None leaves all as published. A curve that does not state its
        nature is never converted but marked `doubtful`.
    superseded : bool
        Add those whose place another curve takes.

    Returns
    -------
    list of Curve
        Those of the neutrino flavour of `y` and those of all flavours; empty on other planes.

    Examples
    --------
    >>> [c.name for c in curves("dipole", "m4", "mu_tr_e4")]
    ['lep', 'borexino', 'borexino_superk', 'sn1987a']
    >>> [[f"{c.y[0]:.3e}" for c in curves("minimal", "m4", "U2_mu4", nature)[:1]]
    ...  for nature in ("majorana", "dirac")]
    [['7.299e-07'], ['1.032e-06']]
    """
    if x != "m4" or model not in _MODELS:
        return []
    axis, _ = _MODELS[model]
    wanted = [
        e
        for e in entries()
        if e.model == model and y in _axes(axis, e.flavour) and (e.drawn or superseded)
    ]
    return [_curve(e, hnl_type) for e in wanted]


@lru_cache(maxsize=1)
def _entries() -> tuple[Entry, ...]:
    text = (_FOLDER / "catalogue.toml").read_text(encoding="utf-8")
    return tuple(msgspec.convert(tomllib.loads(text), _Catalogue).curve)


def _axes(axis: str, flavour: Flavour) -> list[str]:
    """Name the axes that limits of a flavour belong on."""
    return [axis.format(f) for f in (("e", "mu", "tau") if flavour == "all" else (flavour,))]


def _curve(entry: Entry, hnl_type: Nature | None) -> Curve:
    lower, upper = (_path(names) for names in (entry.files, entry.upper_files))
    _, unit = _MODELS[entry.model]
    low, high = _conversion(entry, hnl_type)
    converted = hnl_type is not None and entry.signal in _DIRAC_OVER_MAJORANA
    known = entry.nature in ("dirac", "majorana")
    return Curve(
        name=entry.name,
        title=entry.title,
        source=entry.source,
        confidence_level=entry.confidence_level,
        nature=hnl_type if hnl_type and converted and known else entry.nature,
        flavour=entry.flavour,
        x=np.concatenate([lower[:, 0], upper[::-1, 0]]),
        y=unit * np.concatenate([low * lower[:, 1], high * upper[::-1, 1]]),
        region=entry.region,
        kind=entry.kind,
        doubtful=converted and entry.nature == "not stated",
        note=entry.note,
    )


def _conversion(entry: Entry, hnl_type: Nature | None) -> tuple[float, float]:
    """Give the factors on the lower and the upper edge from the published nature to another."""
    low, high = _DIRAC_OVER_MAJORANA.get(entry.signal, (1.0, 1.0))
    if (entry.nature, hnl_type) == ("majorana", "dirac"):
        return low, high
    if (entry.nature, hnl_type) == ("dirac", "majorana"):
        return 1.0 / low, 1.0 / high
    return 1.0, 1.0


def _path(names: list[str]) -> FloatArray:
    """Read a path (k, 2), piece by piece."""
    rows = [row for name in names for row in _table(name)]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _table(name: str) -> list[tuple[float, float]]:
    """Read the rows of a curve, without its comments and heading."""
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    next(rows)
    return [(float(mass), float(coupling)) for mass, coupling in rows]
