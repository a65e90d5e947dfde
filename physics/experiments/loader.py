"""Reading experiments: shipped ones by name, a user's by path."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Literal

import msgspec

from physics import beams
from physics.citations import read as read_sources
from physics.documents import Table, is_path, one_line, read_toml, show
from physics.errors import InputError
from physics.experiments import signature, volumes
from physics.experiments.base import merged
from physics.experiments.schema import FLUX_METHODS, Experiment
from physics.packaged import exists, find, stems

PACKAGE = "physics.experiments"
RESERVED = ("combined", "contours", "cosmology", "limits", "response")
"""Names of groups of the store, which no experiment may have."""

_DEEPEST = 8
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_KEYS = ["title", "kind", "beam", "exposure_pot", "flux_method", "source", "volumes", "signature"]
_SOURCED = (
    "selection",
    "smearing",
    "merging",
    "efficiency",
    "observed",
    "background",
    "channels",
    "signal_uncertainty",
)


def names() -> tuple[str, ...]:
    """Return the names of the shipped experiments.

    Examples
    --------
    >>> {"ps191", "sbnd"} <= set(names())
    True
    """
    return stems(PACKAGE)


def load(name_or_path: str | PathLike[str]) -> Experiment:
    """Load an experiment with its beam, and check all of it.

    Parameters
    ----------
    name_or_path : str or path
        Name of a shipped experiment, or the path of a TOML file.

    Returns
    -------
    Experiment
        Checked and immutable.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.

    Examples
    --------
    >>> load("miniboone_fhc").signature.observed
    2870
    """
    path = find(name_or_path, PACKAGE, "experiment", listed="hnlscan list experiments")
    document = _document(path)
    _check_name(path)
    document.only(*_KEYS)
    beam = _beam(document, path.parent)
    kind: Literal["search", "projection"] = (
        "projection"
        if document.text("kind", '"search"', choices=("search", "projection")) == "projection"
        else "search"
    )
    analysis = document.table("signature", "{ single_photon = { ... } }")
    experiment = Experiment(
        name=path.stem,
        title=document.text("title", '"a detector in a beam"'),
        kind=kind,
        beam=beam,
        exposure_pot=_exposure(document, beam),
        flux_method=_flux_method(document, beam),
        volumes=volumes.read(
            document, beam.baseline_cm, targets=not isinstance(beam, beams.ParentBeam)
        ),
        signature=signature.read(analysis, projection=kind == "projection", beam=beam),
        source=read_sources(document, ("exposure_pot", "volumes", *_sourced(analysis))),
        digest="",
        path=str(path),
    )
    return msgspec.structs.replace(experiment, digest=digest(experiment))


def load_all(names_or_paths: Iterable[str | PathLike[str]]) -> tuple[Experiment, ...]:
    """Load several experiments that are computed together.

    Raises
    ------
    InputError
        As `load`, and when two have the same name or beams of a group differ in their envelope.

    Examples
    --------
    >>> [e.name for e in load_all(["sbnd", "microboone"])]
    ['sbnd', 'microboone']
    """
    experiments = tuple(load(given) for given in names_or_paths)
    for i, experiment in enumerate(experiments):
        for other in experiments[:i]:
            if other.name == experiment.name:
                raise InputError(
                    one_line(
                        f"experiment '{experiment.name}' is asked for twice ({other.path} and "
                        f"{experiment.path}), but names are unique; remove or rename one"
                    )
                )
    beams.check_groups(experiment.beam for experiment in experiments)
    return experiments


def unverified(experiment: Experiment) -> list[str]:
    """List the keys, of experiment and beam, whose numbers nobody read in their source.

    Examples
    --------
    >>> "efficiency" in unverified(load("sbnd"))
    True
    """
    own = [key for key, cite in experiment.source.items() if not cite.verified]
    return own + [f"beam.{k}" for k, cite in experiment.beam.source.items() if not cite.verified]


def digest(experiment: Experiment) -> str:
    """Return the SHA-256 of everything in an experiment that enters a number.

    Titles, sources, remarks and places of files do not enter; the name does, since it is part of
    the store.
    """
    content = msgspec.structs.asdict(experiment)
    for word in ("title", "source", "digest", "path"):
        del content[word]
    beam = msgspec.structs.asdict(experiment.beam)
    for word in ("name", "title", "source", "path"):
        del beam[word]
    content["beam"] = beam | {"flux": _flux_numbers(experiment.beam)}
    content["signature"] = msgspec.to_builtins(experiment.signature)
    for channel in content["signature"]["channels"]:
        channel["background"].pop("made")
    text = json.dumps(msgspec.to_builtins(content), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _document(path: Path, depth: int = 0) -> Table:
    """Read a file and put it on top of its base, if it names one."""
    document = read_toml(path, "an experiment (TOML)")
    if "beam" in document and isinstance(beam := document.data["beam"], str) and is_path(beam):
        document = Table(
            document.file, {**document.data, "beam": str((path.parent / beam).absolute())}
        )
    if "base" not in document:
        return document
    given = document.text("base", '"miniboone_fhc"')
    try:
        base = find(
            given,
            PACKAGE,
            "experiment",
            listed="hnlscan list experiments",
            relative_to=path.parent,
        )
    except InputError as problem:
        raise document.error("base", str(problem)) from None
    if not exists(base):
        raise document.error(
            "base",
            f"got {show(given)}, but there is no such file; give a path relative to this file or "
            f"one of {', '.join(names())}",
        )
    if depth == _DEEPEST:
        raise document.error(
            "base",
            f"got {show(given)} after {depth} bases of bases, which is a circle or too deep; name "
            "a file without base",
        )
    return merged(_document(base, depth + 1), document)


def _flux_numbers(beam: beams.Beam | beams.ParentBeam) -> dict[str, object]:
    """Return the flux of a beam as lists."""
    if isinstance(beam, beams.ParentBeam):
        return {p: [f.energy.tolist(), f.value.tolist()] for p, f in beam.flux.items()}
    values = {name: values.tolist() for name, values in beam.flux.values.items()}
    return {"energy": beam.flux.energy.tolist()} | values


def _exposure(document: Table, beam: beams.Beam | beams.ParentBeam) -> float | dict[str, float]:
    """Read the protons on target, of each mode for a beam that has several."""
    if not isinstance(beam, beams.ParentBeam) or len(beam.modes) == 1:
        given = document.number("exposure_pot", "6.6e20", above=0)
        return {next(iter(beam.modes)): given} if isinstance(beam, beams.ParentBeam) else given
    example = "{ " + ", ".join(f"{mode} = 1e21" for mode in beam.modes) + " }"
    table = document.table("exposure_pot", example)
    table.only(*beam.modes, noun="mode")
    exposure = {mode: table.number(mode, "1e21", at_least=0) for mode in beam.modes}
    if not any(exposure.values()):
        raise document.error("exposure_pot", f"is zero; write for example {example}")
    return exposure


def _flux_method(document: Table, beam: beams.Beam | beams.ParentBeam) -> str:
    """Read how HNLs follow from the neutrinos of their parents."""
    if "flux_method" not in document:
        return FLUX_METHODS[0]
    if not isinstance(beam, beams.ParentBeam):
        raise document.error(
            "flux_method",
            "given for a beam of neutrinos that scatter, but it belongs to one of parents; "
            "remove it",
        )
    return document.text("flux_method", '"two_branch"', choices=FLUX_METHODS)


def _beam(document: Table, folder: Path) -> beams.Beam | beams.ParentBeam:
    """Load the beam, complaining here about its name and in its own file about all else."""
    name = document.text("beam", '"bnb_at_sbnd"')
    try:
        path = find(name, beams.PACKAGE, "beam", relative_to=folder)
    except InputError as problem:
        raise document.error("beam", str(problem)) from None
    if not exists(path):
        raise document.error(
            "beam",
            f"got {show(name)}, but there is no such file; give a path relative to this file or "
            f"one of {', '.join(beams.names())}",
        )
    return beams.load(path)


def _check_name(path: Path) -> None:
    """Hold that the stem of the file can name a group of the store."""
    if not _NAME.fullmatch(path.stem) or path.stem in RESERVED:
        raise InputError(
            one_line(
                f"{path}: the name of the file names the experiment, but '{path.stem}' is "
                f"{'reserved' if path.stem in RESERVED else 'no word'}; rename the file to "
                "letters, digits, - and _ after a letter, other than "
                f"{', '.join(RESERVED)}"
            )
        )


def _sourced(analysis: Table) -> list[str]:
    """Return the keys of the signature that carry numbers and are present."""
    present: set[str] = set()
    for inner in analysis.data.values():
        present.update(inner if isinstance(inner, Mapping) else ())
    return [key for key in _SOURCED if key in present]
