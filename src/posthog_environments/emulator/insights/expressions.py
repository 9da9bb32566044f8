"""Single HogQL expressions of a caller (`select`, `where`, `orderBy`), before they become part of a query.

PostHog parses each on its own. Here they are joined as text, so each is looked at first: one that would reach beyond
its place in the query is refused.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import define

from posthog_environments.emulator.hogql import HogQLError

_AGGREGATES: Final = frozenset(
    {
        *("count", "uniq", "sum", "avg", "min", "max", "any", "anyLast", "argMin", "argMax", "median"),
        *("groupArray", "groupUniqArray", "uniqExact", "quantile", "quantiles", "quantileExact", "topK"),
        *("stddevPop", "stddevSamp", "varPop", "varSamp", "sumMap", "windowFunnel"),
    }
)
_AGGREGATE_NAMES: Final = frozenset(name.lower() for name in _AGGREGATES)
_CALL: Final = re.compile(r"([A-Za-z_]\w*)\s*\(")
_CLAUSE: Final = re.compile(
    r"(?:from|where|having|limit|offset|union|intersect|except|settings|select)\b|(?:group|order)\s+by\b",
    re.I,
)
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_ALIAS: Final = re.compile(r"\s+as\s+([A-Za-z_$][\w$]*|`[^`]+`)\s*$", re.I)
_DIRECTION: Final = re.compile(r"\s+(asc|desc)\s*$", re.I)
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


@define(frozen=True)
class Expression:
    """One expression.

    Attributes:
        text: The HogQL, without a comment and without its alias.
        alias: Its alias, or None.
        aggregates: Whether it holds an aggregate function.
    """

    text: str
    alias: str | None
    aggregates: bool

    @property
    def aliased(self) -> str:
        return f"{self.text} AS {self.alias}" if self.alias else self.text


def without_comment(text: str) -> str:
    """The expression before ` -- label`, which PostHog takes for a column's title."""
    return _scan(text)[0].strip()


def read_expression(text: str) -> Expression:
    """An expression of the caller.

    Raises:
        HogQLError: It is empty, or no single expression.
    """
    code, plain = _scan(text)
    if not code.strip():
        raise HogQLError("Empty query")
    alias = _ALIAS.search(code)
    bare = code[: alias.start()] if alias else code
    return Expression(bare.strip(), alias[1] if alias else None, _aggregates(plain))


def read_order(text: str) -> tuple[Expression, bool]:
    """An expression to order by, and whether it descends.

    Raises:
        HogQLError: It is empty, or no single expression.
    """
    code = without_comment(text)
    direction = _DIRECTION.search(code)
    expression = read_expression(code[: direction.start()] if direction else code)
    return expression, bool(direction and direction[1].lower() == "desc")


def _aggregates(plain: str) -> bool:
    for found in _CALL.finditer(plain):
        name = found[1].lower()
        if name in _AGGREGATE_NAMES or name.removesuffix("if") in _AGGREGATE_NAMES:
            return True
    return False


def _scan(text: str) -> tuple[str, str]:
    """The code without comments, and the same with what is quoted blanked out.

    Raises:
        HogQLError: A bracket or quote stays open, or something ends the expression early.
    """
    code: list[str] = []
    plain: list[str] = []
    opened: list[str] = []
    place = 0
    while place < len(text):
        sign = text[place]
        if text.startswith("--", place):
            end = text.find("\n", place)
            place = len(text) if end < 0 else end
            continue
        if text.startswith("/*", place):
            end = text.find("*/", place)
            if end < 0:
                raise _no_expression(text, place)
            place = end + 2
            continue
        if sign in "'`\"":
            quoted = _QUOTED.match(text, place)
            if quoted is None:
                raise _no_expression(text, place)
            code.append(quoted[0])
            plain.append(" " * len(quoted[0]))
            place = quoted.end()
            continue
        if sign in "([{":
            opened.append(sign)
        elif sign in ")]}":
            if not opened or opened.pop() != _PAIRS[sign]:
                raise _no_expression(text, place)
        elif not opened and (sign in ",;" or _starts_clause(text, place)):
            raise _no_expression(text, place)
        code.append(sign)
        plain.append(sign)
        place += 1
    if opened:
        raise _no_expression(text, len(text))
    return "".join(code), "".join(plain)


def _starts_clause(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    return not (before.isalnum() or before in "_$.") and _CLAUSE.match(text, place) is not None


def _no_expression(text: str, place: int) -> HogQLError:
    rest = text[place : place + 20]
    return HogQLError(f"mismatched input '{rest or '<EOF>'}' expecting the end of the expression {text!r}")
