"""Arithmetic, conditions, missing values, tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.comparing import compare
from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.arrays import default_of
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    Rule,
    always,
    fixed,
    to,
)
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import (
    BOOL,
    FLOAT64,
    NOTHING,
    STRING,
    UINT8,
    Type,
    arithmetic,
    no_supertype,
    supertype,
    tuple_of,
)


def _math(op: str) -> Rule:
    return lambda types: arithmetic(op, types[0], types[1])


def _branches(types: Sequence[Type]) -> Type:
    """`if(condition, value, ..., otherwise)`: every second one, and the last."""
    return supertype([*types[1:-1:2], types[-1]])


def _cases(args: Sequence[str], call: Call) -> str:
    whens = " ".join(f"WHEN {when} THEN {then}" for when, then in zip(args[:-1:2], args[1:-1:2], strict=True))
    return f"CASE {whens} ELSE {args[-1]} END"


def _reached(types: Sequence[Type]) -> int:
    """How many arguments of coalesce count: nothing behind one that is always there."""
    return next((place for place, kind in enumerate(types, 1) if not kind.nullable), len(types))


def _incomparable(args: Sequence[Expr]) -> None:
    compare("=", *args)


def _no_conditions(args: Sequence[Expr]) -> None:
    if len(args) % 2 == 0:
        detail = f"Number of arguments for function multiIf doesn't match: passed {len(args)}, should be odd"
        raise HogQLError(detail, "number_of_arguments_doesnt_match")
    for condition in args[:-1:2]:
        if condition.type.base not in ("UInt8", "Bool", "Nothing"):
            detail = f"Illegal type {condition.type} of argument (condition) of function multiIf"
            raise HogQLError(detail, "illegal_type_of_argument")


def _coalesce(types: Sequence[Type]) -> Type:
    known = types[: _reached(types)]
    return supertype(known).null(known[-1].nullable)


def _first_there(args: Sequence[str], call: Call) -> str:
    return f"coalesce({', '.join(args[: _reached([arg.type for arg in call.args])])})"


def _if_null(types: Sequence[Type]) -> Type:
    if not types[0].nullable:
        return types[0]
    return supertype(types).null(types[1].nullable)


def _or_else(args: Sequence[str], call: Call) -> str:
    return f"coalesce({args[0]}, {args[1]})" if call.args[0].type.nullable else args[0]


def _greatest(args: Sequence[str], call: Call) -> str:
    if not call.type.base.startswith("Float"):
        return f"greatest({', '.join(args)})"
    # What is no number is the greatest one for DuckDB, and left out by ClickHouse.
    return f"-least({', '.join(f'-CAST({arg} AS DOUBLE)' for arg in args)})"


def _extreme(*, signed: bool) -> Rule:
    """Of two numbers of 64 bits, one of them without a sign, the greater one has none, and the smaller one may."""

    def rule(types: Sequence[Type]) -> Type:
        two = len(types) == 2 and all(kind.integral and not kind.nullable for kind in types)
        if two and types[0].bits == types[1].bits == 64 and types[0].signed != types[1].signed:
            return types[0] if types[0].signed == signed else types[1]
        kind = supertype(types, exact=not two)
        if kind.family in ("array", "tuple") and NOTHING in types:
            raise no_supertype(types)
        return UINT8 if kind == BOOL and len(types) > 1 else kind

    return rule


def _rounded(name: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        if call.args[0].type.integral:
            return args[0] if len(args) == 1 else _rounded_whole(name, args, call)
        # `round` takes the even neighbour of a half, as ClickHouse does with floats.
        value = f"CAST({args[0]} AS DOUBLE)"
        if len(args) == 1:
            return f"round_even({value}, 0)" if name == "round" else f"{name}({value})"
        if name == "round":
            return f"round_even({value}, CAST({args[1]} AS INTEGER))"
        return f"{name}({value} * power(10, {args[1]})) / power(10, {args[1]})"

    def result(types: Sequence[Type]) -> Type:
        return types[0].null(any(kind.nullable for kind in types))

    return Function(name, 1, 2, result, write, "nw")


def _rounded_whole(name: str, args: Sequence[str], call: Call) -> str:
    kind, digits = call.args[0].type, call.args[1]
    power = f"power(10, -({args[1]}))"
    value = f"CAST({name}({args[0]} / {power}) * {power} AS BIGINT)"
    if isinstance(digits, Literal) and 10**-digits.value >= 1 << kind.bits - kind.signed:
        # The power of ten does not fit into the type.
        return f"({args[0]} * 0)"
    return f"CASE WHEN {args[1]} >= 0 THEN {args[0]} ELSE {value} END"


def _float(name: str, duckdb: str) -> Function:
    return fixed(1, name, to(FLOAT64), duckdb, "n")


def _tuple_item(types: Sequence[Type]) -> Type:
    return NOTHING


def _int_div(types: Sequence[Type]) -> Type:
    signed = any(kind.signed or not kind.integral for kind in types)
    return Type(f"{'Int' if signed else 'UInt'}{types[0].bits}", types[0].nullable or types[1].nullable)


def _unsigned(types: Sequence[Type]) -> Type:
    kind = types[0]
    return Type(f"UInt{kind.bits}", kind.nullable) if kind.signed or kind.base == "Bool" else kind


def _minus(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.family != "time" or call.args[0].type.base == "Date":
        return f"({args[0]} - {args[1]})"
    micros = f"(epoch_us({args[0]}) - epoch_us({args[1]}))"
    if call.type.base != "Decimal":
        return f"CAST({micros} // 1000000 AS INTEGER)"
    return f"CAST({micros} / 1000000 AS DECIMAL({call.type.detail}))"


def _negate(args: Sequence[str], call: Call) -> str:
    # From a number with a sign, because DuckDB gives what has none no room for one.
    return f"(0::BIGINT - {args[0]})" if call.args[0].type.integral else f"(-{args[0]})"


def _truth(types: Sequence[Type]) -> Type:
    kind = BOOL if any(given.base == "Bool" for given in types) else UINT8
    return kind.null(any(given.nullable for given in types))


def _xor(args: Sequence[str], call: Call) -> str:
    text = f"(({args[0]} <> 0) <> ({args[1]} <> 0))"
    return text if call.type.base == "Bool" else f"CAST({text} AS UTINYINT)"


def _negated(types: Sequence[Type]) -> Type:
    kind = types[0]
    if kind.signed or not kind.integral:
        return kind
    return Type(f"Int{min(kind.bits * 2, 64)}", kind.nullable)


def _bits(types: Sequence[Type]) -> Type:
    sign = "Int" if any(kind.signed for kind in types) else "UInt"
    return Type(f"{sign}{max(kind.bits for kind in types)}", any(kind.nullable for kind in types))


def _assumed(args: Sequence[str], call: Call) -> str:
    default = default_of(call.type)
    return args[0] if default == "NULL" else f"coalesce({args[0]}, {default})"


def _something(args: Sequence[Expr]) -> None:
    if args[0].type == NOTHING:
        raise HogQLError("assumeNotNull() needs a value that can be there", "illegal_column")


def _transform(args: Sequence[str], call: Call) -> str:
    otherwise = args[3] if len(args) > 3 else args[0]
    place = f"list_position({args[1]}, {args[0]})"
    return f"CASE WHEN {place} > 0 THEN ({args[2]})[{place}] ELSE {otherwise} END"


def _transformed(types: Sequence[Type]) -> Type:
    return supertype([types[2].item, types[3] if len(types) > 3 else types[0]])


TITLE: Final = "Arithmetic, conditions, tuples"
FUNCTIONS: Final = (
    fixed(2, "plus", _math("+"), "({0} + {1})", "n"),
    fixed(2, "minus", _math("-"), _minus, "n"),
    fixed(2, "multiply", _math("*"), "({0} * {1})", "n"),
    fixed(2, "divide", _math("/"), "(CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE))", "n"),
    fixed(2, "modulo", _math("%"), "({0} % {1})", "n"),
    fixed(2, "intDiv", _int_div, "CAST(trunc(CAST({0} AS DOUBLE) / {1}) AS BIGINT)", "n"),
    fixed(1, "negate", _negated, _negate, "n"),
    fixed(1, "abs", _unsigned, "abs({0})", "n"),
    fixed(1, "sign", to(Type("Int8")), "sign({0})", "n"),
    _rounded("round"),
    _rounded("floor"),
    _rounded("ceil"),
    _rounded("trunc"),
    *(
        _float(name, duckdb)
        for name, duckdb in (
            ("sqrt", "CASE WHEN {0} >= 0 THEN sqrt({0}) ELSE CAST('nan' AS DOUBLE) END"),
            ("exp", "exp({0})"),
            ("log", "CASE WHEN {0} > 0 THEN ln({0}) ELSE CAST('nan' AS DOUBLE) END"),
            ("ln", "CASE WHEN {0} > 0 THEN ln({0}) ELSE CAST('nan' AS DOUBLE) END"),
            ("log2", "CASE WHEN {0} > 0 THEN log2({0}) ELSE CAST('nan' AS DOUBLE) END"),
            ("log10", "CASE WHEN {0} > 0 THEN log10({0}) ELSE CAST('nan' AS DOUBLE) END"),
            ("sin", "sin({0})"),
            ("cos", "cos({0})"),
            ("tan", "tan({0})"),
        )
    ),
    fixed(2, "pow", to(FLOAT64), "power(CAST({0} AS DOUBLE), {1})", "n"),
    fixed(2, "power", to(FLOAT64), "power(CAST({0} AS DOUBLE), {1})", "n"),
    fixed(0, "pi", always(FLOAT64), "pi()"),
    Function("greatest", 1, None, _extreme(signed=False), _greatest, nulls=True),
    Function("least", 1, None, _extreme(signed=True), "least({*})", nulls=True),
    fixed(1, "isNaN", to(UINT8), "CAST(isnan(CAST({0} AS DOUBLE)) AS UTINYINT)", "n"),
    fixed(1, "isInfinite", to(UINT8), "CAST(isinf(CAST({0} AS DOUBLE)) AS UTINYINT)", "n"),
    fixed(1, "isFinite", to(UINT8), "CAST(isfinite(CAST({0} AS DOUBLE)) AS UTINYINT)", "n"),
    fixed(2, "bitAnd", _bits, "({0} & {1})", "w"),
    fixed(2, "bitOr", _bits, "({0} | {1})", "w"),
    fixed(2, "bitXor", _bits, "xor({0}, {1})", "w"),
    fixed(3, "if", _branches, _cases, "c*", nulls=True),
    Function("multiIf", 3, None, _branches, _cases, nulls=True, refuse=_no_conditions),
    Function("coalesce", 1, None, _coalesce, _first_there, nulls=True),
    fixed(2, "ifNull", _if_null, _or_else, nulls=True),
    fixed(
        2, "nullIf", lambda types: types[0].null(), "nullif({0}, {1})", "v", nulls=True, refuse=_incomparable
    ),
    fixed(1, "assumeNotNull", lambda types: types[0].null(False), _assumed, nulls=True, refuse=_something),
    fixed(1, "toNullable", lambda types: types[0].null(), "{0}", "v", nulls=True),
    fixed(
        1,
        "toTypeName",
        always(STRING),
        lambda args, call: f"'{call.args[0].type!s}'".replace("'UTC'", "''UTC''"),
        nulls=True,
    ),
    Function("transform", 3, 4, _transformed, _transform, "*aa*", nulls=True),
    Function("tuple", 1, None, tuple_of, "row({*})", nulls=True),
    fixed(2, "tupleElement", _tuple_item, lambda args, call: f"({args[0]})[{args[1]}]", "u*"),
    fixed(2, "xor", _truth, _xor, "n"),
)
