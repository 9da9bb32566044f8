"""What is known of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from attrs import define

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.nodes import Call, Column, Expr, Name, Subquery, walk
from posthog_environments.emulator.hogql.types import Type, supertype

Rule = Callable[[Sequence[Type]], Type]
Write = Callable[[Sequence[str], Call], str]
Fold = Callable[[Sequence[str], Call, str], str]
Refuse = Callable[[Sequence[Expr]], None]
Typed = Callable[[Sequence[Expr]], Type]
Kind = Literal["scalar", "aggregate", "window"]

_FAMILIES: Final = {
    "n": ("number", "bool"),
    "s": ("string",),
    "t": ("time",),
    "a": ("array",),
    "i": ("interval",),
    "u": ("tuple",),
    "l": ("string", "array"),
    "m": ("map",),
    "p": ("number", "bool", "string", "time"),
    "v": ("number", "bool", "string", "time", "uuid", "interval"),
    "x": ("string", "uuid"),
}

# What 0 / 0 is.
NAN: Final = "CAST('nan' AS DOUBLE)"


@define(frozen=True)
class Function:
    """A function of the allow-list.

    Attributes:
        name: Its name.
        least: How many arguments it needs.
        most: How many it takes; None: any number.
        result: From the types of its arguments to the type of what it gives.
        duckdb: How DuckDB writes it: a template with `{0}`, `{1}` ... and `{*}` for all, or a function that writes; ""
            where DuckDB cannot do it.
        takes: What its arguments must be, a letter each; the last letter holds for all that follow. n number, s text,
            t time, a array, c number of one byte, i interval, u tuple, l text or array, m map, * anything; w whole number,
            d time of a day, f time with fractions of seconds, p plain value, v what may be nullable, x text or UUID.
        kind: What it is.
        params: How many parameters it takes in brackets of their own: least and most.
        predicate: Whether its lambda is a condition.
        skips_missing: An aggregate that must be told to leave out missing values.
        fold: Writes an aggregate whose FILTER and OVER stand within the text; they are its last argument.
        empty: What an aggregate over no rows gives, where that is not its type's default; "NULL" for none.
        clickhouse: How ClickHouse writes it, likewise; "" for a call under the same name.
        zone: Which argument, the last one, is the time zone; None where it takes none.
        local: Whether it counts in the zone that is named, or else in that of its time.
        constant: Which arguments must be constant.
        nulls: Whether it has rules of its own for NULL; all others are NULL where NULL is written as an argument.
        refuse: Raises for arguments whose values it does not take.
        made_of: Of an aggregate that is a function of another one: the names of both.
        typed: Gives the type of what it gives, where that takes more than the types of the arguments.
    """

    name: str
    least: int
    most: int | None
    result: Rule
    duckdb: str | Write
    takes: str = "*"
    kind: Kind = "scalar"
    params: tuple[int, int] = (0, 0)
    predicate: bool = False
    skips_missing: bool = False
    empty: str = ""
    clickhouse: str | Write = ""
    zone: int | None = None
    local: bool = False
    fold: Fold | None = None
    constant: tuple[int, ...] = ()
    nulls: bool = False
    refuse: Refuse | None = None
    typed: Typed | None = None
    made_of: tuple[str, str] | None = None

    @property
    def on_duckdb(self) -> bool:
        """Whether DuckDB can do it."""
        return bool(self.duckdb) or self.fold is not None

    def letter(self, place: int) -> str:
        """What the argument there must be; see `takes`."""
        return self.takes[min(place, len(self.takes) - 1)]

    def check(self, args: Sequence[Expr]) -> None:
        """Refuse arguments of the wrong type.

        Raises:
            HogQLError: In ClickHouse's words.
        """
        for place, arg in enumerate(args):
            if not _fits(self.letter(place), arg.type):
                what = "aggregate function" if self.kind == "aggregate" else "function"
                raise HogQLError(
                    f"Illegal type {arg.type} of argument of {what} {self.name}", "illegal_type_of_argument"
                )
            if place in self.constant and any(isinstance(node, _CHANGING) for node in walk(arg)):
                raise HogQLError(
                    f"Argument {place + 1} of function {self.name} must be constant", "illegal_column"
                )
        if self.refuse is not None:
            self.refuse(args)

    def kind_of(self, args: Sequence[Expr]) -> Type:
        """The type of what a call with these arguments gives."""
        return self.typed(args) if self.typed is not None else self.result([arg.type for arg in args])

    def write(self, args: Sequence[str], call: Call) -> str:
        """The call in DuckDB's SQL."""
        return _written(self.duckdb, args, call)

    def write_fold(self, args: Sequence[str], call: Call, end: str) -> str:
        """The aggregate in DuckDB's SQL, with its FILTER and OVER."""
        return self.fold(args, call, end) if self.fold is not None else self.write(args, call) + end

    def write_clickhouse(self, args: Sequence[str], call: Call) -> str:
        """The call in ClickHouse's SQL."""
        return _written(self.clickhouse or f"{self.name}({{*}})", args, call)

    @property
    def clickhouse_name(self) -> str:
        """Name of the aggregate or window function in ClickHouse."""
        return self.clickhouse if isinstance(self.clickhouse, str) and self.clickhouse else self.name


_CHANGING: Final = (Column, Name, Subquery)


def _fits(letter: str, kind: Type) -> bool:
    if letter == "*" or kind.family == "null":
        return True
    if kind.base == "Enum8":
        return letter in "pv"
    if letter == "c":
        return kind.base in ("UInt8", "Bool")
    if letter == "w":
        return kind.integral
    if letter == "d":
        return kind.family == "time" and kind.base != "Date"
    if letter == "f":
        return kind.base == "DateTime64"
    return kind.family in _FAMILIES[letter]


def _written(template: str | Write, args: Sequence[str], call: Call) -> str:
    if not isinstance(template, str):
        return template(args, call)
    # Only the template is searched: what the caller wrote may hold braces too.
    every = ", ".join(f"{{{place}}}" for place in range(len(args)))
    return template.replace("{*}", every).format(*args)


def to(kind: Type) -> Rule:
    """This type, nullable when an argument is."""
    return lambda types: kind.null(any(given.nullable for given in types))


def always(kind: Type) -> Rule:
    return lambda types: kind


def first(types: Sequence[Type]) -> Type:
    return types[0]


def counted(types: Sequence[Type]) -> Type:
    """The type of the first argument, where a truth value counts as a number."""
    return Type("UInt8", types[0].nullable) if types[0].base == "Bool" else types[0]


def last(types: Sequence[Type]) -> Type:
    return types[-1]


def widest(types: Sequence[Type]) -> Type:
    return supertype(types)


def fixed(
    count: int,
    name: str,
    result: Rule,
    duckdb: str | Write,
    takes: str = "*",
    *,
    clickhouse: str | Write = "",
    constant: tuple[int, ...] = (),
    nulls: bool = False,
    refuse: Refuse | None = None,
) -> Function:
    """A scalar function with so many arguments."""
    return Function(
        name,
        count,
        count,
        result,
        duckdb,
        takes,
        clickhouse=clickhouse,
        constant=constant,
        nulls=nulls,
        refuse=refuse,
    )


def whole(value: str, kind: Type) -> str:
    """A number without its fraction, in DuckDB's SQL, whose casts would round it."""
    return value if kind.integral else f"CAST(trunc({value}) AS BIGINT)"


def refused(code: str, message: str) -> str:
    """DuckDB's SQL that refuses, as ClickHouse does, where a value turns out to be none that it takes."""
    return f"error('refused as {code}: {message}')"


def where_there(text: str, args: Sequence[str], call: Call) -> str:
    """Nothing where an argument is missing, in DuckDB's SQL, for a text that would give something then."""
    missing = [f"{arg} IS NULL" for arg, node in zip(args, call.args, strict=True) if node.type.nullable]
    return f"CASE WHEN {' OR '.join(missing)} THEN NULL ELSE {text} END" if missing else text


def wrapped(value: str, kind: Type) -> str:
    """A whole number as so many bits hold it, in DuckDB's SQL, which has no overflow without an error."""
    size, low = 1 << kind.bits, 1 << kind.bits - 1 if kind.signed else 0
    inner = f"(CAST({value} AS HUGEINT) + {low})" if low else f"CAST({value} AS HUGEINT)"
    text = f"((({inner} % {size}) + {size}) % {size})"
    return f"({text} - {low})" if low else text
