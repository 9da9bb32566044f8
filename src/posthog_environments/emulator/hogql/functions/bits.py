"""Bits of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    Write,
    fixed,
    refused,
    to,
    where_there,
    whole,
    wrapped,
)
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import INT64, STRING, UINT8, UINT64, Type

_LARGEST: Final = 64


def _whole(call: Call) -> None:
    """Refuse what DuckDB holds in other bits than ClickHouse.

    Raises:
        HogQLUnsupported: It is no whole number of up to 64 bits.
    """
    for arg in call.args:
        if not arg.type.integral or arg.type.bits > _LARGEST:
            detail = f"The emulator on DuckDB does not support {call.name}() of {arg.type}; chDB does."
            raise HogQLUnsupported(detail)


def _widened(types: Sequence[Type]) -> Type:
    sign = "Int" if any(kind.signed for kind in types) else "UInt"
    return Type(f"{sign}{max(kind.bits for kind in types)}", any(kind.nullable for kind in types))


def _shifted(types: Sequence[Type]) -> Type:
    nullable = any(kind.nullable for kind in types)
    return STRING.null(nullable) if types[0].family == "string" else _widened(types)


def _counted(types: Sequence[Type]) -> Type:
    return to(UINT64 if types[0].family == "string" else UINT8)(types)


def _turned(types: Sequence[Type]) -> Type:
    kind = types[0]
    if not kind.integral:
        return to(INT64)(types)
    return UINT8.null(kind.nullable) if kind.base == "Bool" else kind


def _not(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.integral:
        _whole(call)
    else:
        args = [whole(args[0], call.args[0].type)]
    return f"({-1 if call.type.signed else (1 << call.type.bits) - 1} - {args[0]})"


def _power(count: str) -> str:
    return f"(CAST(1 AS HUGEINT) << CAST({count} AS HUGEINT))"


def _rest(value: str, size: str) -> str:
    """What is left over by a division, and never negative."""
    return f"(((CAST({value} AS HUGEINT) % {size}) + {size}) % {size})"


def _left(value: str, count: str, kind: Type) -> str:
    # Bits that would be lost are left out before, so that nothing overflows.
    kept = _rest(value, _power(f"({kind.bits} - {count})"))
    return wrapped(f"{kept} * {_power(count)}", kind)


def _right(value: str, count: str, kind: Type) -> str:
    return f"((CAST({value} AS HUGEINT) - {_rest(value, _power(count))}) // {_power(count)})"


def _shift(moved: Write) -> Write:
    """Nothing is left beyond the last bit, and there is no shift to before the first."""
    negative = refused(
        "argument_out_of_bound", "The number of shift positions needs to be a non-negative value"
    )

    def write(args: Sequence[str], call: Call) -> str:
        _whole(call)
        count = args[1]
        text = (
            f"CASE WHEN {count} < 0 THEN {negative} WHEN {count} >= {call.type.bits} THEN 0 "
            f"ELSE {moved(args, call)} END"
        )
        return where_there(text, args, call)

    return write


def _rotate(sign: str) -> Write:
    def write(args: Sequence[str], call: Call) -> str:
        _whole(call)
        bits = call.type.bits
        count = _rest(f"({sign}({args[1]}))", str(bits))
        pattern = _rest(args[0], str(1 << bits))
        high = f"({pattern} % {_power(f'({bits} - {count})')}) * {_power(count)}"
        low = f"{pattern} // {_power(f'({bits} - {count})')}"
        return where_there(wrapped(f"({high} + {low})", call.type), args, call)

    return write


def _count(args: Sequence[str], call: Call) -> str:
    _whole(call)
    return f"bit_count({_rest(args[0], str(1 << call.args[0].type.bits))})"


def _distance(args: Sequence[str], call: Call) -> str:
    _whole(call)
    # All 64 bits count, whatever the types: a negative number has its sign in the upper ones.
    return f"bit_count(xor(CAST({args[0]} AS BIGINT), CAST({args[1]} AS BIGINT)))"


def _bit(value: str, place: str, call: Call) -> str:
    kind = call.args[0].type
    outside = refused("parameter_out_of_bound", "The bit position argument is out of bounds for number")
    digit = f"({_rest(value, str(1 << kind.bits))} // {_power(place)}) % 2"
    return f"CASE WHEN {place} < 0 OR {place} >= {kind.bits} THEN {outside} ELSE {digit} END"


def _tested(args: Sequence[str], call: Call) -> str:
    _whole(call)
    return where_there(f"CAST({_bit(args[0], args[1], call)} AS UTINYINT)", args, call)


def _tests(wanted: str) -> Write:
    def write(args: Sequence[str], call: Call) -> str:
        _whole(call)
        found = ", ".join(f"CAST({_bit(args[0], place, call)} AS UTINYINT)" for place in args[1:])
        return where_there(f"{wanted}({found})", args, call)

    return write


def _places(args: Sequence[Expr]) -> None:
    for arg in args[1:]:
        if arg.type.family != "null" and (arg.type.signed or not arg.type.integral):
            detail = f"Illegal type {arg.type} of argument of a function that tests bits"
            raise HogQLError(detail, "illegal_type_of_argument")


def _whole_places(args: Sequence[Expr]) -> None:
    kind = args[0].type
    if kind.family not in ("string", "null") and not kind.integral:
        detail = f"Illegal types {kind} and {args[1].type} of arguments of a function that shifts bits"
        raise HogQLError(detail, "illegal_type_of_argument")


def _like(args: Sequence[Expr]) -> None:
    families = {arg.type.family.replace("bool", "number") for arg in args}
    if len(families - {"null"}) > 1 or not families <= {"number", "string", "null"}:
        detail = (
            f"Illegal types {args[0].type} and {args[1].type} of arguments of function bitHammingDistance"
        )
        raise HogQLError(detail, "illegal_type_of_argument")


def _countable(args: Sequence[Expr]) -> None:
    if args[0].type.family not in ("number", "bool", "string", "null"):
        detail = f"Illegal type {args[0].type} of argument of function bitCount"
        raise HogQLError(detail, "illegal_type_of_argument")


TITLE: Final = "Bits"
FUNCTIONS: Final[tuple[Function, ...]] = (
    fixed(1, "bitNot", _turned, _not, "n"),
    fixed(
        2,
        "bitShiftLeft",
        _shifted,
        _shift(lambda args, call: _left(args[0], args[1], call.type)),
        "*w",
        refuse=_whole_places,
    ),
    fixed(
        2,
        "bitShiftRight",
        _shifted,
        _shift(lambda args, call: _right(args[0], args[1], call.type)),
        "*w",
        refuse=_whole_places,
    ),
    fixed(2, "bitRotateLeft", _widened, _rotate(""), "w"),
    fixed(2, "bitRotateRight", _widened, _rotate("-"), "w"),
    fixed(1, "bitCount", _counted, _count, refuse=_countable),
    fixed(2, "bitHammingDistance", _counted, _distance, refuse=_like),
    fixed(2, "bitTest", to(UINT8), _tested, "w"),
    Function("bitTestAll", 3, None, to(UINT8), _tests("least"), "w", refuse=_places),
    Function("bitTestAny", 3, None, to(UINT8), _tests("greatest"), "w", refuse=_places),
    Function("bitSlice", 3, 3, lambda types: STRING.null(any(t.nullable for t in types)), "", "sw"),
)
