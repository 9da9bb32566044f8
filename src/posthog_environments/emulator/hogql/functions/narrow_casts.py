"""Conversions to types of other sizes, and of bytes as they are. Most of them run on chDB alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.casts import text_of
from posthog_environments.emulator.hogql.functions.registry import Function, always, fixed, to
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import DATE, NOTHING, STRING, UUID, Type

_DIGITS: Final = 18
_INTEGERS: Final = (*(f"Int{bits}" for bits in (8, 16, 32, 64)), "UInt64", "UInt128")
_BITS: Final = (8, 16, 32, 64, 128, 256)
_REINTERPRETED: Final = (
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in _BITS),
    *("Float32", "Float64", "UUID"),
)


def _scale(args: Sequence[Expr]) -> int:
    """How many digits come after the point.

    Raises:
        HogQLUnsupported: It is computed.
        HogQLError: It is none that ClickHouse takes.
    """
    node = args[1]
    if not isinstance(node, Literal) or not isinstance(node.value, int):
        raise HogQLUnsupported("The emulator supports only a constant scale in toDecimal().")
    if not 0 <= node.value <= _DIGITS:
        detail = "Negative scales and scales larger than precision are not supported"
        raise HogQLError(detail, "argument_out_of_bound")
    return int(node.value)


def _decimal(args: Sequence[Expr]) -> Type:
    return Type("Decimal", nullable=True, detail=f"{_DIGITS}, {_scale(args)}")


def _to_decimal(args: Sequence[str], call: Call) -> str:
    return f"accurateCastOrNull({args[0]}, 'Decimal64({_scale(call.args)})')"


def _default_uuid(args: Sequence[Expr]) -> None:
    text, default = (arg.type for arg in args)
    if text.family not in ("string", "uuid", "null") or default.family != "uuid" or default.nullable:
        detail = f"Default value type should be same as cast type. Expected UUID. Actual {default}"
        raise HogQLError(detail, "bad_arguments")


def _to_text(args: Sequence[str], call: Call) -> str:
    return text_of(args[0], call.args[0].type)


def _product(types: Sequence[Type]) -> Type:
    scales = [int(kind.detail.partition(", ")[2] or 0) for kind in types[:2]]
    return Type("Decimal", any(kind.nullable for kind in types), detail=f"76, {max(scales)}")


def _decimals(args: Sequence[Expr]) -> None:
    for arg in args[:2]:
        if arg.type.base != "Decimal" and arg.type != NOTHING:
            raise HogQLError("Arguments must be Decimal", "illegal_type_of_argument")


TITLE: Final = "Conversions to other sizes"
FUNCTIONS: Final[tuple[Function, ...]] = (
    fixed(
        1,
        "toNullableString",
        always(STRING.null()),
        _to_text,
        clickhouse="accurateCastOrNull({0}, 'Nullable(String)')",
    ),
    fixed(
        2,
        "toUUIDOrDefault",
        always(UUID),
        "coalesce(CAST(TRY_CAST({0} AS UUID) AS VARCHAR), {1})",
        nulls=True,
        refuse=_default_uuid,
    ),
    Function("toDecimal", 2, 2, to(UUID), "", "*w", clickhouse=_to_decimal, typed=_decimal, nulls=True),
    *(
        Function(name, 2, 3, _product, "", "nnw", refuse=_decimals)
        for name in ("multiplyDecimal", "divideDecimal")
    ),
    *(fixed(1, f"_to{name}", to(Type(name)), "", "p", clickhouse=f"to{name}({{0}})") for name in _INTEGERS),
    fixed(1, "_toDate", to(DATE), "", "p", clickhouse="toDate({0})"),
    *(fixed(1, f"reinterpretAs{name}", to(Type(name)), "", "v") for name in _REINTERPRETED),
)
