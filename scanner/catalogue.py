"""Published limits to draw beside our own, with source, confidence level and nature.

The curves lie in scanner/published, as published; here they are turned into the axes of a scan.
"""

import csv
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Region = Literal["above", "inside"]

_FOLDER = files("scanner") / "published"
# the published d is half the transition moment: d = mu_tr / 2
_MOMENT_PER_D = 2.0
_DIPOLE_AXES = {"mu_tr_e4": "e", "mu_tr_mu4": "mu", "mu_tr_tau4": "tau"}


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
    files : list of str
        Tables of m4 (GeV) and d (GeV^-1); several are pieces of one path.
    region : {"above", "inside"}
        Whether what lies above the path, or what lies inside it, is excluded.
    source : str
        Papers.
    nature : {"dirac", "majorana", "not stated"}
        Nature of the HNL that the limit assumes.
    confidence_level : float or None
        None where the sources disagree.
    note : str
        What a reader must know before comparing.
    """

    name: str
    title: str
    model: str
    flavour: Literal["e", "mu", "tau", "all"]
    files: list[str]
    region: Region
    source: str
    nature: Literal["dirac", "majorana", "not stated"]
    confidence_level: float | None = None
    note: str = ""


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    curve: list[Entry]


@dataclass(frozen=True)
class Curve:
    """A published limit on the axes of a scan.

    Parameters
    ----------
    name, title, source, nature, flavour, note : str
        As in `Entry`.
    confidence_level : float or None
        As in `Entry`.
    x, y : ndarray (k,)
        The path, in the units of the axes.
    region : {"above", "inside"}
        As in `Entry`.
    """

    name: str
    title: str
    source: str
    confidence_level: float | None
    nature: str
    flavour: str
    x: FloatArray
    y: FloatArray
    region: Region
    note: str = ""


def entries() -> tuple[Entry, ...]:
    """List all published limits, in the order of the catalogue.

    Returns
    -------
    tuple of Entry
        Without their curves.

    Examples
    --------
    >>> [e.name for e in entries() if e.nature == "dirac"]
    ['miniboone', 'lep']
    """
    return _entries()


def curves(model: str, x: str, y: str) -> list[Curve]:
    """List the published limits on the plane of two axes.

    Parameters
    ----------
    model : str
        Model as in `physics.models`.
    x, y : str
        Axes; known so far are planes of m4 and a transition moment of the dipole model, for
        which d (GeV^-1) of the papers becomes mu_tr = 2 d.

    Returns
    -------
    list of Curve
        Those of the neutrino flavour of `y` and those of all flavours; empty on other planes.

    Examples
    --------
    >>> [c.name for c in curves("dipole", "m4", "mu_tr_e4")]
    ['lep', 'borexino', 'borexino_superk', 'sn1987a']
    """
    if model != "dipole" or x != "m4" or y not in _DIPOLE_AXES:
        return []
    wanted = {_DIPOLE_AXES[y], "all"}
    return [_curve(e) for e in entries() if e.model == model and e.flavour in wanted]


@lru_cache(maxsize=1)
def _entries() -> tuple[Entry, ...]:
    text = (_FOLDER / "catalogue.toml").read_text(encoding="utf-8")
    return tuple(msgspec.convert(tomllib.loads(text), _Catalogue).curve)


def _curve(entry: Entry) -> Curve:
    table = np.array(list(chain.from_iterable(_table(name) for name in entry.files)))
    return Curve(
        name=entry.name,
        title=entry.title,
        source=entry.source,
        confidence_level=entry.confidence_level,
        nature=entry.nature,
        flavour=entry.flavour,
        x=table[:, 0],
        y=_MOMENT_PER_D * table[:, 1],
        region=entry.region,
        note=entry.note,
    )


def _table(name: str) -> list[tuple[float, float]]:
    """Read the rows of a curve, without its comments and heading."""
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    next(rows)
    return [(float(mass), float(d)) for mass, d in rows]
