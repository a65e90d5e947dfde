"""TOML files that come with a package: their names and where they are."""

from importlib.resources import files
from os import PathLike
from pathlib import Path

from physics.documents import is_path, one_line, then
from physics.errors import InputError, nearest


def folder(package: str) -> Path:
    """Return the folder of an installed package (hnlscan is installed unpacked, never as a zip)."""
    return Path(str(files(package)))


def stems(package: str) -> tuple[str, ...]:
    """Return the sorted names of the TOML files shipped in `package`.

    Examples
    --------
    >>> "sbnd" in stems("physics.experiments")
    True
    """
    return tuple(sorted(path.stem for path in folder(package).glob("*.toml")))


def exists(path: Path) -> bool:
    """Tell whether `path` is a file; no for names no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def find(
    name_or_path: str | PathLike[str],
    package: str,
    noun: str,
    *,
    listed: str = "",
    relative_to: Path | None = None,
) -> Path:
    """Return the file of something shipped, given by name, or of the user, given by path.

    Parameters
    ----------
    name_or_path : str or path
        A name, or anything with a slash or the suffix .toml.
    package : str
        Where the shipped files are.
    noun : str
        What is looked for, in errors.
    listed : str
        Command that lists the names, for errors.
    relative_to : Path, optional
        Folder that relative paths start from, instead of the current one.

    Raises
    ------
    InputError
        When the name is unknown; the message gives the nearest.

    Examples
    --------
    >>> find("sbnd", "physics.experiments", "experiment").name
    'sbnd.toml'
    """
    if is_path(name_or_path):
        return (relative_to or Path()) / Path(name_or_path)
    name = str(name_or_path)
    known = stems(package)
    if name in known:
        return folder(package) / f"{name}.toml"
    shown = f"`{listed}` shows all {len(known)}" if listed else f"known are {', '.join(known)}"
    raise InputError(
        one_line(
            f"unknown {noun} {name!r}{then(nearest(name, known), shown)}, and a file is given by a "
            "path ending in .toml"
        )
    )
