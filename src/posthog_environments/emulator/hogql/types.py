"""ClickHouse's types, as far as results and checks need them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import define, evolve, field

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported

_ZONE: Final = re.compile(r"'([^']*)'")
UTC_NAMES: Final = frozenset({"UTC", "Etc/UTC", "GMT"})
# Not every integer of so many bits is a Float64, and there is none twice as wide but the slow ones.
_WIDE: Final = 64
_BITS: Final = (8, 16, 32, 64, 128, 256)


@define(frozen=True)
class Type:
    """A type.

    Attributes:
        base: Its name without what is in brackets: String, UInt8, Array, Tuple ...
        nullable: Whether the value may be missing.
        args: Types of its members.
        detail: Precision and zone of times.
        json: Whether it is a text that holds JSON, so that properties can be read from it.
        fits_signed: Whether it is that of a constant which a type with a sign and as many bits holds as well.
    """

    base: str
    nullable: bool = False
    args: tuple[Type, ...] = ()
    detail: str = ""
    json: bool = field(default=False, eq=False)
    fits_signed: bool = field(default=False, eq=False)

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.args)) or self.detail
        name = f"{self.base}({inner})" if inner else self.base
        return f"Nullable({name})" if self.nullable and self.base not in ("Array", "Tuple", "Map") else name

    @property
    def family(self) -> str:
        """number, bool, string, time, uuid, array, tuple, map, interval, null, state."""
        return "interval" if self.base.startswith("Interval") else _FAMILIES.get(self.base, "number")

    @property
    def integral(self) -> bool:
        return self.family in ("number", "bool") and not self.base.startswith(("Float", "Decimal"))

    @property
    def numeric(self) -> bool:
        return self.family in ("number", "bool")

    @property
    def zone(self) -> str:
        """The zone of a time."""
        found = _ZONE.search(self.detail)
        return found[1] if found else "UTC"

    @property
    def has_zone(self) -> bool:
        """Whether it is a moment, not a date."""
        return self.base in ("DateTime", "DateTime64")

    def in_zone(self, zone: str) -> Type:
        """The same type of a time in another zone; a date has none."""
        if not self.has_zone:
            return self
        precision = self.detail.partition(",")[0]
        return evolve(self, detail=f"'{zone}'" if self.base == "DateTime" else f"{precision}, '{zone}'")

    @property
    def bits(self) -> int:
        return 8 if self.base == "Bool" else int("".join(filter(str.isdigit, self.base)) or 64)

    @property
    def signed(self) -> bool:
        return self.base.startswith("Int")

    @property
    def item(self) -> Type:
        """What an array holds."""
        return self.args[0] if self.base == "Array" and self.args else NOTHING

    def null(self, nullable: bool = True) -> Type:
        """The same type, nullable; arrays and tuples cannot be."""
        return evolve(self, nullable=nullable and self.base not in ("Array", "Tuple", "Map"))


_FAMILIES: Final = {
    "Bool": "bool",
    "String": "string",
    "FixedString": "string",
    "Enum8": "string",
    "Date": "time",
    "Date32": "time",
    "DateTime": "time",
    "DateTime64": "time",
    "UUID": "uuid",
    "Array": "array",
    "Tuple": "tuple",
    "Map": "map",
    "Nothing": "null",
    "AggregateFunction": "state",
}

STRING: Final = Type("String")
JSON: Final = Type("String", json=True)
BOOL: Final = Type("Bool")
UINT8: Final = Type("UInt8")
UINT16: Final = Type("UInt16")
UINT32: Final = Type("UInt32")
UINT64: Final = Type("UInt64")
INT32: Final = Type("Int32")
INT64: Final = Type("Int64")
FLOAT64: Final = Type("Float64")
DATE: Final = Type("Date")
DATETIME: Final = Type("DateTime", detail="'UTC'")
DATETIME6: Final = Type("DateTime64", detail="6, 'UTC'")
DATETIME3: Final = Type("DateTime64", detail="3, 'UTC'")
UUID: Final = Type("UUID")
NOTHING: Final = Type("Nothing", nullable=True)


def known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True


def array_of(item: Type) -> Type:
    return Type("Array", args=(item,))


def tuple_of(items: Iterable[Type]) -> Type:
    return Type("Tuple", args=tuple(items))


def type_of_constant(value: Any) -> Type:
    """As ClickHouse types a literal: the smallest integer that holds it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        for bits in _BITS:
            if value < 0 and value >= -(1 << bits - 1):
                return Type(f"Int{bits}")
            if 0 <= value < 1 << bits:
                return Type(f"UInt{bits}", fits_signed=value < 1 << bits - 1)
        raise HogQLUnsupported("The emulator does not support integers of more than 256 bits.")
    return FLOAT64 if isinstance(value, float) else STRING


def supertype(types: Sequence[Type], *, exact: bool = True) -> Type:
    """The type that holds the values of all of them.

    Args:
        types: The types.
        exact: Whether it must hold each value of theirs; what only compares them takes wider and rounded ones.

    Raises:
        HogQLError: There is none.
    """
    known = [kind for kind in types if kind.base != "Nothing"]
    nullable = any(kind.nullable for kind in types)
    if not known:
        return NOTHING.null(nullable)
    first = known[0]
    if all(_same(kind, first) for kind in known):
        return first.null(nullable) if nullable else first
    if all(kind.numeric for kind in known):
        return _number(known, exact=exact).null(nullable)
    if all(kind.family == "time" for kind in known):
        return max(known, key=lambda kind: (kind.base, kind.detail)).null(nullable)
    if all(kind.base == "Array" for kind in known):
        items = [kind.item for kind in known]
        return array_of(supertype(items, exact=exact))
    if all(kind.base == "Tuple" and len(kind.args) == len(first.args) for kind in known):
        columns = zip(*(kind.args for kind in known), strict=True)
        return tuple_of(supertype(members, exact=exact) for members in columns)
    raise no_supertype(known)


def no_supertype(types: Iterable[Type]) -> HogQLError:
    names = ", ".join(map(str, types))
    return HogQLError(f"There is no supertype for types {names}", "no_common_type")


def _same(one: Type, other: Type) -> bool:
    return (one.base, one.args, one.detail) == (other.base, other.args, other.detail)


def _number(types: Sequence[Type], *, exact: bool) -> Type:
    wide = [kind for kind in types if kind.integral and kind.bits >= _WIDE]
    if any(kind.base.startswith("Float") for kind in types):
        if exact and wide:
            raise no_supertype(types)
        return FLOAT64
    bits = max(kind.bits for kind in types)
    signed = any(kind.signed for kind in types)
    if exact and bits == _WIDE and signed and not all(kind.signed for kind in wide):
        if all(kind.signed or kind.fits_signed for kind in wide):
            return INT64
        raise no_supertype(types)
    if bits == 8 and not signed:
        # Bool is one byte as well: the first of them it is.
        return types[0].null(False)
    if signed:
        unsigned = max((kind.bits for kind in types if not kind.signed), default=0)
        if unsigned >= bits:
            bits = unsigned * 2
    return Type(f"{'Int' if signed else 'UInt'}{min(bits, 256)}")


def arithmetic(op: str, left: Type, right: Type) -> Type:
    """Type of `+ - * / %` over numbers, as ClickHouse widens it."""
    nullable = left.nullable or right.nullable
    if op == "/" or not (left.integral and right.integral):
        return FLOAT64.null(nullable)
    bits = max(left.bits, right.bits)
    if op == "%":
        # -199 % 200 is -199, which one byte cannot hold.
        return (
            Type(f"Int{min(right.bits * 2, 64)}", nullable)
            if left.signed
            else Type(f"UInt{right.bits}", nullable)
        )
    signed = op == "-" or left.signed or right.signed
    return Type(f"{'Int' if signed else 'UInt'}{min(bits * 2, 64)}", nullable)


def illegal_types(left: Type, right: Type, name: str) -> HogQLError:
    return HogQLError(
        f"Illegal types {left} and {right} of arguments of function {name}", "illegal_type_of_argument"
    )


def difference(left: Type, right: Type) -> Type:
    """The type of one time less another: days of dates, seconds of times, with their fractions where one has them.

    Raises:
        HogQLError: A date and a time of a day.
    """
    if (left.base == "Date") != (right.base == "Date"):
        raise illegal_types(left, right, "minus")
    scale = max((int(kind.detail[:1]) for kind in (left, right) if kind.base == "DateTime64"), default=None)
    return INT32 if scale is None else Type("Decimal", detail=f"18, {scale}")


def named_type(name: str) -> Type | None:
    """The type of a cast, by any of the names that PostHog takes; None for others."""
    return _NAMED.get(name.lower())


_NAMED: Final = {
    "string": STRING,
    "text": STRING,
    "varchar": STRING,
    "int": INT64,
    "integer": INT64,
    "int8": Type("Int8"),
    "int16": Type("Int16"),
    "int32": INT32,
    "int64": INT64,
    "bigint": INT64,
    "uint8": UINT8,
    "uint16": UINT16,
    "uint32": UINT32,
    "uint64": UINT64,
    "float": FLOAT64,
    "double": FLOAT64,
    "float32": FLOAT64,
    "float64": FLOAT64,
    "bool": BOOL,
    "boolean": BOOL,
    "date": DATE,
    "datetime": DATETIME,
    "timestamp": DATETIME6,
    "datetime64": DATETIME6,
    "uuid": UUID,
}


def parse_type(text: str) -> Type:
    """A type as ClickHouse writes it."""
    name, _, inner = text.partition("(")
    inner = inner.removesuffix(")")
    if name == "Nullable":
        return parse_type(inner).null()
    if name == "LowCardinality":
        return parse_type(inner)
    if name in ("Array", "Map"):
        return Type(name, args=tuple(map(parse_type, split_types(inner))))
    if name == "Tuple":
        return Type(name, args=tuple(parse_type(_MEMBER_NAME.sub("", part)) for part in split_types(inner)))
    return Type(name, detail=inner)


_MEMBER_NAME: Final = re.compile(r"^(?:`[^`]*`|\w+) ")


def split_types(text: str) -> list[str]:
    """Parts between commas that are in no brackets."""
    parts, depth, start = list[str](), 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()] if text.strip() else parts
