"""Reading TOML files a user may have written, with errors that name the file and the key.

Every complaint is one sentence on one line, ``FILE: key.path: what was given, what is allowed, what
to do``, raised as `physics.errors.InputError`.
"""

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TypedDict, Unpack

from physics.errors import InputError, nearest

Key = str | int


class Bounds(TypedDict, total=False):
    """Bounds of a number, as keywords of `Table.number` and `Table.numbers`."""

    above: float
    at_least: float
    at_most: float


_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60


def show(value: object) -> str:
    """Write a value the way TOML does, shortened, on one line.

    Examples
    --------
    >>> show(True), show("GeV"), show(0.1)
    ('true', '"GeV"', '0.1')
    >>> show({"a": 1})
    'a table'
    """
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        text = "[" + ", ".join(show(v) for v in value[:8]) + (", ..." * (len(value) > 8)) + "]"
    elif isinstance(value, str | bool):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, int) and abs(value) >= 10**20:
        text = "an integer of more than 20 digits"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def read_bytes(path: Path, what: str) -> bytes:
    """Return the content of the file at `path`, called `what` in errors.

    Raises
    ------
    InputError
        When there is no such file, or it is a folder, or it may not be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        reason = "there is no such file"
    except IsADirectoryError:
        reason = "this is a folder"
    except (OSError, ValueError) as problem:
        reason = "cannot be read (" + str(getattr(problem, "strerror", None) or problem) + ")"
    raise InputError(one_line(f"{path}: {reason}, but {what} is needed; give the path of one"))


def read_text(path: Path, what: str) -> str:
    """Return the text of the UTF-8 file at `path`.

    Raises
    ------
    InputError
        As `read_bytes`, and when the bytes are not UTF-8.
    """
    content = read_bytes(path, what)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise InputError(
            one_line(
                f"{path}: line {line}: got bytes that are not UTF-8, but {what} is UTF-8 text; "
                "save the file in that encoding"
            )
        ) from None


def read_toml(path: Path, what: str) -> "Table":
    """Read the TOML file at `path` into a `Table`.

    Parameters
    ----------
    path : Path
        File to read.
    what : str
        What the file should be, for errors, e.g. ``"an experiment (TOML)"``.

    Raises
    ------
    InputError
        When the file is missing, is no file, is not UTF-8 or is not TOML.
    """
    text = read_text(path, what)
    try:
        return Table(str(path), tomllib.loads(text))
    except RecursionError:
        reason = "brackets are nested too deeply"
    except ValueError as problem:
        reason = str(problem).rstrip(".")
    raise InputError(
        one_line(f"{path}: got text that is not valid TOML: {reason}; {what} must be, correct it")
    )


def is_path(name_or_path: str | PathLike[str]) -> bool:
    """Tell a path from the name of something shipped: it ends in .toml, has a slash, or is a Path.

    Examples
    --------
    >>> is_path("sbnd"), is_path("mine.toml"), is_path("./sbnd")
    (False, True, True)
    """
    if not isinstance(name_or_path, str):
        return True
    return name_or_path.endswith(".toml") or "/" in name_or_path or "\\" in name_or_path


def one_line(text: str) -> str:
    """Escape what would break or hide a line: line feeds and other control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def then(suggestion: str, clause: str) -> str:
    """Join what `nearest` suggests, which may be nothing, with what follows.

    Examples
    --------
    >>> then("; did you mean 'x'?", "allowed are x, y"), then("", "allowed are x, y")
    ("; did you mean 'x'? allowed are x, y", '; allowed are x, y')
    """
    return f"{suggestion} {clause}" if suggestion else f"; {clause}"


class Table:
    """A TOML table that knows its file and its key path, and complains in whole sentences.

    Parameters
    ----------
    file : str
        Name of the file in errors.
    data : mapping
        Content, as `tomllib` gives it.
    path : tuple
        Keys and list positions that lead here.
    """

    def __init__(self, file: str, data: Mapping[str, object], path: tuple[Key, ...] = ()) -> None:
        self.file = file
        self.data = data
        self.path = path

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def where(self, *keys: Key) -> str:
        """Write the key path to `keys` below this table, e.g. ``volumes[0].shape``."""
        text = ""
        for key in (*self.path, *keys):
            if str(key).isdecimal():
                text += f"[{key}]"
            else:
                text += "." * bool(text) + (k if _BARE.fullmatch(k := str(key)) else json.dumps(k))
        return text

    def error(self, keys: Key | tuple[Key, ...], sentence: str) -> InputError:
        """Make the error that names file, key path and `sentence` (to be raised by the caller)."""
        path = self.where(*(keys if isinstance(keys, tuple) else (keys,)))
        return InputError(one_line(f"{self.file}: {path + ': ' if path else ''}{sentence}"))

    def only(self, *known: str, noun: str = "key") -> None:
        """Raise when a key is not one of `known`, naming the nearest."""
        for key in self.data:
            if key not in known:
                raise self.error(
                    key,
                    f"unknown {noun} {show(key)}"
                    + then(nearest(key, known), f"allowed are {', '.join(known)}")
                    + "; rename or remove it",
                )

    def raw(self, key: str, example: str) -> object:
        """Return the value under `key` as it is; raise when it is missing."""
        if key not in self.data:
            raise self.error(key, f"missing; write for example {key} = {example}")
        return self.data[key]

    def number(
        self,
        key: str,
        example: str,
        **bounds: Unpack[Bounds],
    ) -> float:
        """Return the finite number under `key`, inside the bounds given."""
        value = self.raw(key, example)
        return self._number((key,), value, example, bounds)

    def integer(self, key: str, example: str, *, at_least: int, at_most: int = 2**63 - 1) -> int:
        """Return the integer under `key`, inside the bounds given."""
        value = self.raw(key, example)
        wrong = isinstance(value, bool) or not isinstance(value, int)
        if wrong or not at_least <= value <= at_most:  # type: ignore[operator]
            limited = f"from {at_least} to {at_most}"
            wanted = limited if at_most < 2**63 - 1 else f"of at least {at_least}"
            raise self.error(
                key,
                f"got {show(value)}, but an integer {wanted} is needed; "
                f"write for example {key} = {example}",
            )
        assert isinstance(value, int)
        return value

    def numbers(
        self,
        key: str,
        example: str,
        *,
        length: int | None = None,
        increasing: bool = False,
        **bounds: Unpack[Bounds],
    ) -> tuple[float, ...]:
        """Return the list of finite numbers under `key`."""
        items = self._list(key, example, length)
        values = tuple(self._number((key, i), v, example, bounds) for i, v in enumerate(items))
        for i in range(1, len(values)) if increasing else ():
            if values[i] <= values[i - 1]:
                raise self.error(
                    (key, i),
                    f"got {show(values[i])} after {show(values[i - 1])}, but the values must "
                    "increase strictly; sort them and remove duplicates",
                )
        return values

    def text(self, key: str, example: str, choices: Sequence[str] = ()) -> str:
        """Return the non-empty string under `key`, one of `choices` if there are any."""
        todo = example if key.isdecimal() else f"{key} = {example}"
        return self._text((key,), self.raw(key, example), todo, choices)

    def texts(
        self, key: str, example: str, choices: Sequence[str] = (), *, unique: bool = True
    ) -> tuple[str, ...]:
        """Return the list of non-empty strings under `key`, without repetition."""
        items = self._list(key, example, None)
        todo = f"{key} = {example}"
        values = tuple(self._text((key, i), v, todo, choices) for i, v in enumerate(items))
        for i, value in enumerate(values) if unique else ():
            if value in values[:i]:
                raise self.error(
                    (key, i), f"{show(value)} is given twice, but once is allowed; remove one"
                )
        return values

    def flag(self, key: str) -> bool:
        """Return the true or false under `key`; false when it is missing."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.error(
                key,
                f"got {show(value)}, but true or false is needed; write for example {key} = true",
            )
        return value

    def table(self, key: str, example: str) -> "Table":
        """Return the table under `key`."""
        value = self.raw(key, example)
        return self._table((key,), value, f"{key} = {example}")

    def tables(self, key: str, example: str) -> tuple["Table", ...]:
        """Return the non-empty list of tables under `key`."""
        items = self._list(key, example, None)
        return tuple(self._table((key, i), v, f"[[{key}]]") for i, v in enumerate(items))

    def rows(self, key: str, example: str) -> tuple["Table", ...]:
        """Return a list of lists under `key` as tables keyed "0", "1", ... by position."""
        items = self._list(key, example, None)
        return tuple(self._row(key, i, row, example) for i, row in enumerate(items))

    def _row(self, key: str, i: int, row: object, example: str) -> "Table":
        """Return one list as a table keyed by position."""
        if not isinstance(row, list):
            raise self.error(
                (key, i),
                f"got {show(row)}, but a list is needed; write for example {key} = {example}",
            )
        return Table(self.file, {str(j): v for j, v in enumerate(row)}, (*self.path, key, i))

    def _table(self, keys: tuple[Key, ...], value: object, todo: str) -> "Table":
        """Return `value` as a table."""
        if not isinstance(value, Mapping):
            raise self.error(
                keys, f"got {show(value)}, but a table is needed; write for example {todo}"
            )
        return Table(self.file, value, (*self.path, *keys))

    def _list(self, key: str, example: str, length: int | None) -> list[object]:
        """Return the non-empty list under `key`, of `length` when that is given."""
        value = self.raw(key, example)
        if not isinstance(value, list) or not value or len(value) != (length or len(value)):
            wanted = f"a list of {length} values" if length else "a list with at least one value"
            given = f"{len(value)} of them" if isinstance(value, list) and value else show(value)
            raise self.error(
                key,
                f"got {given}, but {wanted} is needed; write for example {key} = {example}",
            )
        return value

    def _text(self, keys: tuple[Key, ...], value: object, todo: str, choices: Sequence[str]) -> str:
        """Return `value` as a string."""
        if not isinstance(value, str) or not value.strip():
            raise self.error(
                keys,
                f"got {show(value)}, but a non-empty string is needed; write for example {todo}",
            )
        if choices and value not in choices:
            raise self.error(
                keys,
                f"unknown {show(value)}"
                + then(nearest(value, choices), f"allowed are {', '.join(choices)}")
                + f"; write for example {todo}",
            )
        return value

    def _number(self, keys: tuple[Key, ...], value: object, example: str, bounds: Bounds) -> float:
        """Return `value` as a finite float inside `bounds`."""
        number = as_float(value)
        if number is None or not math.isfinite(number) or not _inside(number, bounds):
            raise self.error(
                keys,
                f"got {show(value)}, but a finite number{_words(bounds)} is needed; "
                f"write for example {keys[0]} = {example}",
            )
        return number


def as_float(value: object) -> float | None:
    """Return a TOML number as float, None for anything else or when it does not fit.

    Examples
    --------
    >>> as_float(3), as_float(True), as_float("3")
    (3.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _inside(number: float, bounds: Bounds) -> bool:
    """Tell whether `number` is inside `bounds`."""
    return (
        number > bounds.get("above", -math.inf)
        and number >= bounds.get("at_least", -math.inf)
        and number <= bounds.get("at_most", math.inf)
    )


def _words(bounds: Bounds) -> str:
    """Say what `bounds` are, e.g. " above 0 and at most 1"."""
    said = [f"{word.replace('_', ' ')} {bound:g}" for word, bound in bounds.items()]
    return " " + " and ".join(said) if said else ""
