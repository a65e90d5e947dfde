"""Arithmetic that ties parameters to others: numbers, names, + - * /, sqrt and parentheses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Number = float | NDArray[np.float64]
Node = float | str | tuple[str, "Node", "Node"]

LONGEST: Final = 500
DEEPEST: Final = 40
ROOT: Final = "sqrt"
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[-+*/()]))"
)


class ExpressionError(ValueError):
    """Text that is no expression; the message says where it goes wrong."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Parameters
    ----------
    text : str
        What the user wrote.
    tree : float, str or tuple
        A number, a name, or (operator, left, right); of a root, the left is nothing, 0.
    names : frozenset of str
        Names that need a value.

    Examples
    --------
    >>> ratio = parse("m4 * (1 + delta)")
    >>> sorted(ratio.names)
    ['delta', 'm4']
    >>> ratio.evaluate({"m4": 0.1, "delta": 0.5})
    0.15000000000000002
    """

    text: str
    tree: Node = field(repr=False)
    names: frozenset[str] = field(repr=False)

    def evaluate(self, values: Mapping[str, Number]) -> Number:
        """Return the value for `values` (floats or arrays, broadcast); dividing by zero gives inf.

        Examples
        --------
        >>> parse("1 / x").evaluate({"x": np.array([2.0, 0.0])})
        array([0.5, inf])
        """
        with np.errstate(all="ignore"):
            result = _evaluate(self.tree, values)
        return float(result) if np.ndim(result) == 0 else np.asarray(result)


def parse(text: str) -> Expression:
    """Parse `text`.

    Raises
    ------
    ExpressionError
        When it is no expression.

    Examples
    --------
    >>> parse("3 * m4").evaluate({"m4": 0.1})
    0.30000000000000004
    >>> parse("sqrt(m4 / 2)").evaluate({"m4": 0.5})
    0.5
    >>> parse("2 ** m4")
    Traceback (most recent call last):
    ...
    grids.expression.ExpressionError: a number, a name or ( is needed at '* m4'
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"it has {len(text)} characters where {LONGEST} are allowed")
    parser = _Parser(text)
    tree = parser.sum(0)
    if parser.token:
        raise ExpressionError(f"an operator or the end is needed {parser.rest()}")
    return Expression(text, tree, frozenset(parser.names))


class _Parser:
    """Recursive descent, one method per level: sum, product, factor."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.position = 0
        self.start = 0
        self.token = ""
        self.kind = ""
        self.names: set[str] = set()
        self.step()

    def rest(self) -> str:
        """Say where the current token is, by what is left from it on, shortened."""
        left = self.text[self.start :].lstrip()[:30]
        return f"at '{left}'" if left else "at the end"

    def step(self) -> None:
        """Move to the next token."""
        self.start = self.position
        if self.position == len(self.text):
            self.token = self.kind = ""
            return
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            raise ExpressionError(f"a number, a name or an operator is needed {self.rest()}")
        self.kind = str(match.lastgroup)
        self.token, self.position = match[self.kind], match.end()

    def sum(self, depth: int) -> Node:
        """Read: product (+|- product)*."""
        if depth > DEEPEST:
            raise ExpressionError(f"parentheses are nested more than {DEEPEST} deep")
        tree = self.product(depth)
        while self.token in ("+", "-"):
            sign = self.token
            self.step()
            tree = (sign, tree, self.product(depth))
        return tree

    def product(self, depth: int) -> Node:
        """Read: factor (*|/ factor)*."""
        tree = self.factor(depth)
        while self.token in ("*", "/"):
            sign = self.token
            self.step()
            tree = (sign, tree, self.factor(depth))
        return tree

    def factor(self, depth: int) -> Node:
        """Read: (+|-)* atom."""
        negative = False
        while self.token in ("+", "-"):
            negative ^= self.token == "-"
            self.step()
        tree = self.atom(depth)
        return ("-", 0.0, tree) if negative else tree

    def atom(self, depth: int) -> Node:
        """Read: number, name, sqrt ( sum ) or ( sum )."""
        token, kind = self.token, self.kind
        if kind not in ("number", "name") and token != "(":
            raise ExpressionError(f"a number, a name or ( is needed {self.rest()}")
        self.step()
        if token == ROOT and self.token == "(":
            self.step()
            return (ROOT, 0.0, self.closed(depth))
        if kind == "name":
            self.names.add(token)
            return token
        if kind == "number":
            if not np.isfinite(float(token)):
                raise ExpressionError(f"the number {token[:30]} is too large")
            return float(token)
        return self.closed(depth)

    def closed(self, depth: int) -> Node:
        """Read what follows an open parenthesis: sum )."""
        tree = self.sum(depth + 1)
        if self.token != ")":
            raise ExpressionError(f"a ) is missing {self.rest()}")
        self.step()
        return tree


def _evaluate(tree: Node, values: Mapping[str, Number]) -> NDArray[np.float64]:
    """Evaluate a tree with numpy's rules, so that dividing by zero is no exception."""
    if isinstance(tree, tuple):
        if tree[0] == ROOT:
            return np.asarray(np.sqrt(_evaluate(tree[2], values)))
        operation = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[tree[0]]
        left, right = _evaluate(tree[1], values), _evaluate(tree[2], values)
        return np.asarray(operation(left, right))
    return np.asarray(values[tree] if isinstance(tree, str) else tree, dtype=float)
