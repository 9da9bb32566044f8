"""Reads the small part of HogQL that the emulator runs: one SELECT over one table.

What is HogQL but not read here is refused by name and position. Whether a text is no HogQL at all cannot be told
apart from that, so the message never claims so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from attrs import define

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Compare,
    Constant,
    Expr,
    Field,
    Item,
    Logic,
    Select,
    Shift,
    Star,
)

# --- words -----------------------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>`(?:[^`\\]|\\.)+`|"(?:[^"\\]|\\.)+")
  | (?P<placeholder>\{\s*[A-Za-z_][\w.]*\s*\})
  | (?P<word>[A-Za-z_$][\w$]*)
  | (?P<symbol><=|>=|!=|<>|==|[=<>(),.*+\-;\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f"}
_RESERVED: Final = frozenset(
    {
        *(
            "select",
            "from",
            "where",
            "group",
            "by",
            "order",
            "limit",
            "offset",
            "having",
            "union",
            "with",
            "join",
        ),
        *(
            "inner",
            "left",
            "right",
            "full",
            "cross",
            "array",
            "sample",
            "prewhere",
            "window",
            "and",
            "or",
            "not",
        ),
        *("in", "like", "ilike", "is", "between", "as", "asc", "desc", "distinct", "case", "interval", "on"),
        *("using", "final", "settings", "qualify", "intersect", "except"),
    }
)
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_OPERATORS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@define(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(sql: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(sql):
        found = _TOKEN.match(sql, position)
        if found is None:
            raise _unread(sql[position], position)
        if found.lastgroup != "space":
            tokens.append(_Token(str(found.lastgroup), found[0], position))
        position = found.end()
    tokens.append(_Token("end", "", len(sql)))
    return tokens


def _unread(text: str, position: int) -> HogQLUnsupported:
    what = f"{text!r} at character {position}" if text else "a query that ends here"
    return HogQLUnsupported(
        f"The emulator cannot read {what}. It runs SELECT of columns, count(), count(distinct …), min, max, sum "
        "and avg from events or persons, with WHERE, GROUP BY, ORDER BY and LIMIT."
    )


def unquote(text: str) -> str:
    """The text of a string or of a quoted name."""
    quote = text[0]
    inner = text[1:-1].replace(quote * 2, quote)
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), inner, flags=re.DOTALL)


# --- grammar ---------------------------------------------------------------------------------------------------


class _Parser:
    def __init__(self, sql: str, values: Mapping[str, Any] | None) -> None:
        self._tokens = _tokens(sql)
        self._place = 0
        self._values = values or {}
        self._depth = 0
        self._aliases: frozenset[str] = frozenset()

    # words

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _keyword(self, *words: str) -> bool:
        """Take these words if they are next."""
        ahead = self._tokens[self._place : self._place + len(words)]
        if [token.text.lower() for token in ahead if token.kind == "word"] != list(words):
            return False
        self._place += len(words)
        return True

    def _symbol(self, symbol: str) -> bool:
        if self._next.kind != "symbol" or self._next.text != symbol:
            return False
        self._place += 1
        return True

    def _need(self, taken: bool) -> None:
        if not taken:
            raise self._unread()

    def _unread(self) -> HogQLUnsupported:
        return _unread(self._next.text, self._next.position)

    # clauses

    def select(self) -> Select:
        self._need(self._keyword("select"))
        items = [self._item()]
        while self._symbol(","):
            items.append(self._item())
        table = self._table() if self._keyword("from") else None
        where = self._expr() if self._keyword("where") else None
        group_by: list[Expr] = []
        if self._keyword("group", "by"):
            group_by.append(self._expr())
            while self._symbol(","):
                group_by.append(self._expr())
        order_by: list[Item] = []
        if self._keyword("order", "by"):
            order_by.append(self._order())
            while self._symbol(","):
                order_by.append(self._order())
        limit = offset = None
        if self._keyword("limit"):
            limit = self._whole()
            if self._symbol(","):
                limit, offset = self._whole(), limit
        if self._keyword("offset"):
            offset = self._whole()
        self._symbol(";")
        self._need(self._next.kind == "end")
        return Select(
            tuple(items), table, self._aliases, where, tuple(group_by), tuple(order_by), limit, offset
        )

    def _item(self) -> Item:
        if self._symbol("*"):
            return Item(Star())
        expr = self._expr()
        return Item(expr, self._name() if self._keyword("as") else None)

    def _order(self) -> Item:
        expr = self._expr()
        descending = self._keyword("desc")
        if not descending:
            self._keyword("asc")
        return Item(expr, None, descending)

    def _table(self) -> str:
        name = self._name()
        alias = name
        if self._keyword("as") or (self._next.kind == "word" and self._next.text.lower() not in _RESERVED):
            alias = self._name()
        self._aliases = frozenset({name, alias})
        return name

    def _name(self) -> str:
        token = self._next
        if token.kind == "quoted":
            self._place += 1
            return unquote(token.text)
        self._need(token.kind == "word" and token.text.lower() not in _RESERVED)
        self._place += 1
        return token.text

    def _whole(self) -> int:
        value = self._operand()
        if (
            isinstance(value, Constant)
            and isinstance(value.value, int)
            and not isinstance(value.value, bool)
            and value.value >= 0
        ):
            return value.value
        raise self._unread()

    # expressions

    def _expr(self) -> Expr:
        self._depth += 1
        if self._depth > 50:
            raise HogQLUnsupported("The emulator does not read expressions that are nested so deeply.")
        expr = self._joined("or", self._and)
        self._depth -= 1
        return expr

    def _and(self) -> Expr:
        return self._joined("and", self._not)

    def _joined(self, word: str, member: Any) -> Expr:
        members: list[Expr] = [member()]
        while self._keyword(word):
            members.append(member())
        return members[0] if len(members) == 1 else Logic(word, tuple(members))

    def _not(self) -> Expr:
        if self._keyword("not"):
            return Logic("not", (self._comparison(),))
        return self._comparison()

    def _comparison(self) -> Expr:
        left = self._operand()
        token = self._next
        if token.kind == "symbol" and token.text in _OPERATORS:
            self._place += 1
            operator = _OPERATORS[token.text]
            right = self._operand()
            return Compare("=", left, right, True) if operator == "!=" else Compare(operator, left, right)
        if self._keyword("is"):
            negated = self._keyword("not")
            self._need(self._keyword("null"))
            return Compare("is null", left, Constant(None), negated)
        negated = self._keyword("not")
        for word in ("like", "ilike"):
            if self._keyword(word):
                return Compare(word, left, self._operand(), negated)
        if self._keyword("in"):
            return Compare("in", left, self._list(), negated)
        self._need(not negated)
        return left

    def _list(self) -> Expr:
        if self._next.kind == "placeholder":
            return self._operand()
        self._need(self._symbol("("))
        members = [self._operand()]
        while self._symbol(","):
            members.append(self._operand())
        self._need(self._symbol(")"))
        if not all(isinstance(member, Constant) for member in members):
            raise HogQLUnsupported("The emulator supports only constants inside IN (…).")
        return Constant([cast(Constant, member).value for member in members])

    def _operand(self) -> Expr:
        expr = self._primary()
        while self._next.kind == "symbol" and self._next.text in "+-":
            sign = 1 if self._next.text == "+" else -1
            self._place += 1
            self._need(self._keyword("interval"))
            amount = self._whole()
            unit = self._name().lower().removesuffix("s")
            if unit not in _UNITS:
                raise HogQLUnsupported(f"The emulator does not know intervals of {unit}s.")
            expr = Shift(expr, sign, amount * _UNITS[unit], unit)
        return expr

    def _primary(self) -> Expr:
        token = self._next
        self._place += 1
        if token.kind == "string":
            return Constant(unquote(token.text))
        if token.kind == "number":
            if len(token.text) > 40:
                raise HogQLUnsupported("The emulator does not read numbers that long.")
            return Constant(int(token.text) if token.text.isdecimal() else float(token.text))
        if token.kind == "placeholder":
            return self._placeholder(token.text[1:-1].strip())
        if token.kind == "symbol" and token.text == "-" and self._next.kind == "number":
            return Constant(-cast(Constant, self._primary()).value)
        if token.kind == "symbol" and token.text == "(":
            expr = self._expr()
            self._need(self._symbol(")"))
            return expr
        self._place -= 1
        if token.kind == "word" and token.text.lower() in ("true", "false", "null"):
            self._place += 1
            return Constant({"true": True, "false": False, "null": None}[token.text.lower()])
        name = self._name()
        if token.kind == "word" and self._symbol("("):
            return self._call(name)
        return self._field(name)

    def _placeholder(self, name: str) -> Expr:
        if name in self._values:
            return Constant(self._values[name])
        if name.split(".")[0] in ("filters", "variables"):
            raise HogQLUnsupported(f"The emulator does not support the placeholder {{{name}}}.")
        if self._values:
            known = ", ".join(self._values)
            raise HogQLError(
                f"Placeholder {{{name}}} is not available in this context. You can use the following: {known}"
            )
        raise HogQLError(f"Unresolved placeholder: {{{name}}}")

    def _call(self, name: str) -> Expr:
        distinct = self._keyword("distinct")
        args: list[Expr] = []
        if self._symbol("*"):
            self._need(self._symbol(")"))
            return Call(name, (), distinct)
        if not self._symbol(")"):
            args.append(self._expr())
            while self._symbol(","):
                args.append(self._expr())
            self._need(self._symbol(")"))
        return Call(name, tuple(args), distinct)

    def _field(self, first: str) -> Expr:
        chain = [first]
        while True:
            if self._symbol("."):
                token = self._next
                if token.kind in ("word", "number"):
                    self._place += 1
                    chain.append(token.text)
                else:
                    chain.append(self._name())
            elif self._symbol("["):
                key = self._primary()
                if not isinstance(key, Constant) or not isinstance(key.value, str):
                    raise HogQLUnsupported("The emulator supports only texts inside […].")
                self._need(self._symbol("]"))
                chain.append(key.value)
            else:
                return Field(tuple(chain))


def parse(sql: str, values: Mapping[str, Any] | None = None) -> Select:
    """Read a query; `{name}` stands for a value.

    Raises:
        HogQLError: It cannot be read, or lacks a value.
    """
    return _Parser(sql, values).select()
