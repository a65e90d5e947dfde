"""Options and arguments that name a store: a path or a URL.

`pathlib` would make one slash of the two in a URL.
"""

from pathlib import Path

import click

from physics.errors import InputError
from scanner.storage.place import Place, on_disk, parse
from scanner.storage.remote import Remote


def as_place(ctx: click.Context, param: click.Parameter, given: str | None) -> Place | None:
    """Read where a store is; a callback of click.

    Parameters
    ----------
    ctx, param
        What click passes.
    given : str or None
        Path or URL, None if the option was not used.

    Returns
    -------
    Path, Remote or None
        Where it is.
    """
    return None if given is None else parse(given)


def as_path(ctx: click.Context, param: click.Parameter, given: str | None) -> Path | None:
    """Read where a file goes, which must be on a disk; a callback of click.

    Parameters
    ----------
    ctx, param
        What click passes.
    given : str or None
        Path, None if the option was not used.

    Returns
    -------
    Path or None
        Where it goes.

    Raises
    ------
    InputError
        For a URL.
    """
    if given is None:
        return None
    place = parse(given)
    if isinstance(place, Remote):
        raise InputError(f"{place} is a URL; give a path, and copy the result there")
    return place


def on_disks(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> tuple[Path, ...]:
    """Read where stores are that are taken over from; a callback of click.

    Parameters
    ----------
    ctx, param
        What click passes.
    given : tuple of str
        Paths.

    Returns
    -------
    tuple of Path
        Where they are.

    Raises
    ------
    InputError
        For a URL.
    """
    return tuple(on_disk(parse(one), "taken over from") for one in given)
