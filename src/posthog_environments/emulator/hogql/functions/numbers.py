"""Mathematics and rounding beyond the everyday."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    Rule,
    Write,
    always,
    counted,
    fixed,
    refused,
    to,
    where_there,
    wrapped,
)
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    STRING,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    Type,
    arithmetic,
    no_supertype,
    supertype,
)

_DOUBLE: Final = "CAST({0} AS DOUBLE)"
_MOST: Final = 2**64 - 1
# Not a number, and missing where the argument is.
_NAN: Final = f"{_DOUBLE} * CAST('nan' AS DOUBLE)"
_INFINITY: Final = "CAST('inf' AS DOUBLE)"

# Where `1 + x` is rounded, the logarithm is set right by what the rounding took away.
_LOG1P: Final = (
    f"CASE WHEN {_DOUBLE} < -1 THEN {_NAN} WHEN {_DOUBLE} = -1 THEN -{_INFINITY} "
    f"WHEN isinf({_DOUBLE}) OR 1 + {_DOUBLE} = 1 THEN {_DOUBLE} "
    f"ELSE ln(1 + {_DOUBLE}) * {_DOUBLE} / ((1 + {_DOUBLE}) - 1) END"
)
# The larger side is set apart: its square may be too large.
_HYPOT: Final = (
    "CASE WHEN isinf(CAST({0} AS DOUBLE)) OR isinf(CAST({1} AS DOUBLE)) THEN abs(CAST({0} * {1} AS DOUBLE)) + "
    f"{_INFINITY} WHEN {{0}} = 0 AND {{1}} = 0 THEN CAST(0 AS DOUBLE) "
    "ELSE greatest(abs(CAST({0} AS DOUBLE)), abs(CAST({1} AS DOUBLE))) * sqrt(1 + power("
    "least(abs(CAST({0} AS DOUBLE)), abs(CAST({1} AS DOUBLE))) / "
    "greatest(abs(CAST({0} AS DOUBLE)), abs(CAST({1} AS DOUBLE))), 2)) END"
)
_MATHEMATICS: Final = {
    "exp2": f"power(CAST(2 AS DOUBLE), {_DOUBLE})",
    "exp10": f"power(CAST(10 AS DOUBLE), {_DOUBLE})",
    "cbrt": f"cbrt({_DOUBLE})",
    "log1p": _LOG1P,
    "lgamma": f"CASE WHEN {_DOUBLE} = 0 THEN {_INFINITY} ELSE lgamma({_DOUBLE}) END",
    "tgamma": f"CASE WHEN {_DOUBLE} = 0 THEN {_INFINITY} ELSE gamma({_DOUBLE}) END",
    "asin": f"CASE WHEN abs({_DOUBLE}) <= 1 THEN asin({_DOUBLE}) ELSE {_NAN} END",
    "acos": f"CASE WHEN abs({_DOUBLE}) <= 1 THEN acos({_DOUBLE}) ELSE {_NAN} END",
    "atan": f"atan({_DOUBLE})",
    "sinh": f"sinh({_DOUBLE})",
    "cosh": f"cosh({_DOUBLE})",
    "asinh": f"asinh({_DOUBLE})",
    "acosh": f"CASE WHEN {_DOUBLE} >= 1 THEN acosh({_DOUBLE}) ELSE {_NAN} END",
    "atanh": (
        f"CASE WHEN abs({_DOUBLE}) < 1 THEN atanh({_DOUBLE}) WHEN abs({_DOUBLE}) = 1 "
        f"THEN {_DOUBLE} * {_INFINITY} ELSE {_NAN} END"
    ),
    "degrees": f"degrees({_DOUBLE})",
    "radians": f"radians({_DOUBLE})",
    "erf": "",
    "erfc": "",
}


def _guarded(template: str) -> Write:
    """A template that gives something for what is missing."""
    return lambda args, call: where_there(template.format(*args), args, call)


def _math(op: str) -> Rule:
    return lambda types: arithmetic(op, types[0], types[1])


def _or_zero(whole: str, fraction: str) -> Write:
    """For whole numbers, of which none can be divided by nothing, and for others."""

    def write(args: Sequence[str], call: Call) -> str:
        both = all(arg.type.integral for arg in call.args)
        return (whole if both else fraction).format(*args)

    return write


def _quotient(types: Sequence[Type]) -> Type:
    signed = any(kind.signed or not kind.integral for kind in types)
    return Type(f"{'Int' if signed else 'UInt'}{types[0].bits}", types[0].nullable or types[1].nullable)


def _int_div_or_zero(args: Sequence[str], call: Call) -> str:
    left, right = call.args
    if not (left.type.integral and right.type.integral):
        found = f"CAST(trunc(CAST({args[0]} AS DOUBLE) / {args[1]}) AS BIGINT)"
    else:
        found = f"(CAST({args[0]} AS HUGEINT) // {args[1]})"
        if call.type.signed and not left.type.signed:
            # The quotient may need one bit more than is kept.
            found = wrapped(found, call.type)
    return where_there(f"CASE WHEN {args[1]} = 0 THEN 0 ELSE {found} END", args, call)


def _positive(types: Sequence[Type]) -> Type:
    if not (types[0].integral and types[1].integral):
        return _math("%")(types)
    return Type(f"UInt{types[1].bits}", types[0].nullable or types[1].nullable)


_MOD: Final = "CASE WHEN {0} % {1} < 0 THEN {0} % {1} + abs({1}) ELSE {0} % {1} END"
_POSITIVE: Final = (
    f"CASE WHEN {{1}} = 0 THEN {refused('illegal_division', 'Division by zero')} ELSE {_MOD} END"
)


def _common(name: str) -> Function:
    """Of two whole numbers, neither of which may be 0."""
    zero = refused("illegal_division", "Division by zero")
    text = f"CASE WHEN {{0}} = 0 OR {{1}} = 0 THEN {zero} ELSE {name}({{0}}, {{1}}) END"
    return fixed(2, name, _math("+"), text, "w")


def _of_two(name: str, duckdb: str) -> Function:
    """The larger or smaller one; of a number and none it is the number."""
    one, other = "CAST({0} AS DOUBLE)", "CAST({1} AS DOUBLE)"
    text = f"CASE WHEN isnan({one}) THEN {other} WHEN isnan({other}) THEN {one} ELSE {duckdb}({one}, {other}) END"
    return fixed(2, name, to(FLOAT64), _guarded(text), "n")


def _power(name: str, base: int, end: int) -> Function:
    """A power as a whole number, as far as 64 bits go."""
    nan = refused("bad_arguments", f"{name} must not be called with nan")
    text = (
        f"CASE WHEN isnan({_DOUBLE}) THEN {nan} WHEN {{0}} < 0 THEN 0 WHEN {{0}} >= {end} THEN {_MOST} "
        f"ELSE CAST(power(CAST({base} AS DOUBLE), trunc({_DOUBLE})) AS HUGEINT) END"
    )
    return fixed(1, name, to(UINT64), _guarded(text), "n")


_FACTORIAL: Final = (
    "CASE WHEN {0} > 20 THEN "
    + refused("bad_arguments", "The maximum value for the input argument of function factorial is 20")
    + " WHEN {0} < 0 THEN 1 ELSE factorial(CAST({0} AS INTEGER)) END"
)


def _bankers(args: Sequence[str], call: Call) -> str:
    digits = args[1] if len(args) > 1 else "0"
    if not call.args[0].type.integral:
        return f"round_even(CAST({args[0]} AS DOUBLE), CAST({digits} AS INTEGER))"
    power = f"power(CAST(10 AS DOUBLE), -({digits}))"
    rounded = f"CAST(round_even({args[0]} / {power}, 0) * {power} AS BIGINT)"
    return f"CASE WHEN {digits} >= 0 THEN {args[0]} ELSE {rounded} END"


def _step_type(types: Sequence[Type]) -> Type:
    kinds = [types[0], types[1].item]
    if any(not kind.integral for kind in kinds) and any(kind.integral and kind.bits == 64 for kind in kinds):
        raise no_supertype(kinds)
    return supertype(kinds, exact=False)


def _steps(args: Sequence[Expr]) -> None:
    item = args[1].type.item
    if args[1].type.base == "Array" and (not item.numeric or item.nullable):
        detail = "Elements of array of second argument of function roundDown must be numeric type"
        raise HogQLError(detail, "illegal_type_of_argument")


def _round_down(args: Sequence[str], call: Call) -> str:
    """The largest of the steps that is not above the value, and for values below all the smallest."""
    below = f"list_max(list_filter({args[1]}, lambda edge: edge <= {args[0]}))"
    return where_there(f"coalesce({below}, list_min({args[1]}))", args, call)


def _to_power_of_two(args: Sequence[str], call: Call) -> str:
    (value,) = args
    if call.args[0].type.integral:
        # As many binary digits, and none but the first one set.
        power = f"(CAST(1 AS HUGEINT) << (length(bin(CAST({value} AS HUGEINT))) - 1))"
        return where_there(f"CASE WHEN {value} <= 0 THEN 0 ELSE {power} END", args, call)
    size = f"abs({value})"
    power = f"power(CAST(2 AS DOUBLE), floor(log2({size})))"
    # The logarithm of what is just below a power may be that of the power.
    found = f"CASE WHEN {power} > {size} THEN {power} / 2 ELSE {power} END"
    return f"CASE WHEN {value} = 0 OR isnan({value}) OR isinf({value}) THEN {value} ELSE sign({value}) * {found} END"


def _laddered(name: str, kind: Type, steps: Sequence[tuple[int, int]]) -> Function:
    """What stands beside the highest step that the value reaches, and else 0."""
    whens = " ".join(f"WHEN {{0}} >= {edge} THEN {found}" for edge, found in reversed(steps))
    return fixed(1, name, to(kind), f"CASE {whens} WHEN {{0}} IS NOT NULL THEN 0 END", "n")


_DURATIONS: Final = (1, 10, 30, 60, 120, 180, 240, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000)
_AGES: Final = ((1, 17), (18, 18), (25, 25), (35, 35), (45, 45), (55, 55))


def _bucket_type(types: Sequence[Type]) -> Type:
    return to(Type(f"UInt{min(types[3].bits * 2, 64)}"))(types)


def _unsigned_count(args: Sequence[Expr]) -> None:
    kind = args[3].type
    if kind.family != "null" and (kind.signed or not kind.integral):
        detail = f"Illegal type {kind} of argument of function width_bucket"
        raise HogQLError(detail, "illegal_type_of_argument")


def _width_bucket(args: Sequence[str], call: Call) -> str:
    value, low, high = (f"CAST({arg} AS DOUBLE)" for arg in args[:3])
    zero = refused("bad_arguments", "Last argument (count) for function widthBucket cannot be 0")
    nan = refused("bad_arguments", "The first three arguments cannot be NaN in function widthBucket")
    infinite = refused(
        "bad_arguments", "The second and third arguments cannot be Inf in function widthBucket"
    )
    text = (
        f"CASE WHEN {args[3]} = 0 THEN {zero} WHEN isnan({value}) OR isnan({low}) OR isnan({high}) THEN {nan} "
        f"WHEN isinf({low}) OR isinf({high}) THEN {infinite} WHEN {value} < {low} OR {low} >= {high} THEN 0 "
        f"WHEN {value} >= {high} THEN {args[3]} + 1 "
        f"ELSE CAST(floor(({value} - {low}) * {args[3]} / ({high} - {low})) AS BIGINT) + 1 END"
    )
    return where_there(text, args, call)


def _bar_size(args: Sequence[Expr]) -> None:
    node = args[3]
    if isinstance(node, Literal) and node.value is not None and not 1 <= node.value <= 1000:
        raise HogQLError("Argument 'max_width' must be from 1 to 1000", "argument_out_of_bound")


def _bar(args: Sequence[str], call: Call) -> str:
    """Blocks, the last one of which may be some eighths of a block."""
    value, low, high, width = (f"CAST({arg} AS DOUBLE)" for arg in args)
    size = (
        f"CASE WHEN isnan({value}) OR {value} <= {low} THEN 0 WHEN {value} >= {high} THEN {width} "
        f"ELSE ({value} - {low}) * {width} / ({high} - {low}) END"
    )
    text = (
        f"list_transform([CAST(floor(8 * ({size})) AS BIGINT)], lambda eighths: "
        "repeat('█', eighths // 8) || ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8 + 1])[1]"
    )
    return where_there(text, args, call)


TITLE: Final = "Mathematics and rounding"
FUNCTIONS: Final[tuple[Function, ...]] = (
    fixed(0, "e", always(FLOAT64), "exp(CAST(1 AS DOUBLE))"),
    *(fixed(1, name, to(FLOAT64), duckdb, "n") for name, duckdb in _MATHEMATICS.items()),
    fixed(2, "atan2", to(FLOAT64), "atan2(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE))", "n"),
    fixed(2, "hypot", to(FLOAT64), _guarded(_HYPOT), "n"),
    fixed(1, "factorial", to(UINT64), _guarded(_FACTORIAL), "w"),
    _power("intExp2", 2, 64),
    _power("intExp10", 10, 20),
    fixed(2, "intDivOrZero", _quotient, _int_div_or_zero, "n"),
    fixed(
        2,
        "moduloOrZero",
        _math("%"),
        _or_zero("CASE WHEN {1} = 0 THEN {0} * 0 ELSE {0} % {1} END", "({0} % {1})"),
        "n",
    ),
    fixed(2, "positiveModulo", _positive, _or_zero(_POSITIVE, _MOD), "n"),
    _common("gcd"),
    _common("lcm"),
    _of_two("max2", "greatest"),
    _of_two("min2", "least"),
    Function(
        "roundBankers",
        1,
        2,
        lambda types: types[0].null(any(kind.nullable for kind in types)),
        _bankers,
        "nw",
    ),
    fixed(2, "roundDown", _step_type, _round_down, "na", constant=(1,), refuse=_steps),
    fixed(1, "roundToExp2", counted, _to_power_of_two, "n"),
    _laddered("roundDuration", UINT16, [(edge, edge) for edge in _DURATIONS]),
    _laddered("roundAge", UINT8, _AGES),
    fixed(4, "width_bucket", _bucket_type, _width_bucket, "n", refuse=_unsigned_count),
    fixed(4, "bar", to(STRING), _bar, "n", constant=(1, 2, 3), refuse=_bar_size),
    fixed(0, "rand", always(UINT32), "CAST(floor(random() * 4294967296) AS BIGINT)"),
)
