"""What goes wrong because of what a user asked, in one sentence each."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Wrong input; the message is one sentence: what was given, what is allowed, what to do."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name closest to `name`.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : iterable of str
        Allowed names.

    Returns
    -------
    str
        ``"; did you mean 'x'?"``, or an empty string when nothing is near.

    Examples
    --------
    >>> nearest("minibone_fhc", ["miniboone_fhc", "sbnd"])
    "; did you mean 'miniboone_fhc'?"
    >>> nearest("qqq", ["sbnd"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
