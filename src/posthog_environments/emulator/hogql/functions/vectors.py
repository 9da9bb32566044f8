"""Tuples and arrays as vectors: products, norms, distances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.registry import Function, Write, fixed, wrapped
from posthog_environments.emulator.hogql.functions.tuples import (
    Member,
    added,
    computed,
    computed_sql,
    illegal,
    members_of,
    paired,
    row_of,
    sum_of,
)
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import FLOAT64, NOTHING, Type, arithmetic, array_of, tuple_of

_FLOAT32: Final = Type("Float32")
_NOT_LESS: Final = "must be a finite number not less than one"


def _unsigned(kind: Type) -> Type:
    if kind == NOTHING or (kind.numeric and not kind.integral):
        return kind
    if not kind.numeric:
        raise illegal((kind,))
    return Type(f"UInt{kind.bits}", kind.nullable)


def _floating(kinds: Sequence[Type]) -> Type:
    return NOTHING if NOTHING in kinds else FLOAT64.null(any(kind.nullable for kind in kinds))


def _float_of_arrays(types: Sequence[Type]) -> Type:
    return _FLOAT32 if all(kind.item.base == "Float32" for kind in types) else FLOAT64


# --- norms and distances -------------------------------------------------------------------------------------


def _doubles(text: str) -> str:
    return f"CAST({text} AS DOUBLE[])"


def _summed(text: str, member: str) -> str:
    return f"coalesce(list_sum(list_transform({text}, lambda x: {member})), 0)"


def _greatest(text: str) -> str:
    return f"coalesce(list_max(list_transform({text}, lambda x: abs(x))), 0)"


def _present(members: Sequence[Member], text: str) -> str:
    """Functions of DuckDB that leave out what is missing would give something."""
    nullable = [f"{member} IS NULL" for member, kind in members if kind.nullable]
    return f"CASE WHEN {' OR '.join(nullable)} THEN NULL ELSE {text} END" if nullable else text


# By the name of the norm: of members, of an array of floats.
_OF_MEMBERS: Final[dict[str, Callable[[Sequence[Member], str], str]]] = {
    "L1": lambda members, power: sum_of([(f"abs({text})", kind) for text, kind in members]),
    "L2": lambda members, power: (
        f"sqrt({sum_of([(f'power(CAST({text} AS DOUBLE), 2)', kind) for text, kind in members])})"
    ),
    "Linf": lambda members, power: _present(
        members, f"greatest({', '.join(f'abs({text})' for text, _ in members)})"
    ),
    "Lp": lambda members, power: (
        f"power({sum_of([(f'power(abs(CAST({text} AS DOUBLE)), {power})', kind) for text, kind in members])}, "
        f"1 / CAST({power} AS DOUBLE))"
    ),
}
_OF_ARRAY: Final[dict[str, Callable[[str, str], str]]] = {
    "L1": lambda text, power: _summed(text, "abs(x)"),
    "L2": lambda text, power: f"sqrt({_summed(text, 'x * x')})",
    "Linf": lambda text, power: _greatest(text),
    "Lp": lambda text, power: (
        f"power({_summed(text, f'power(abs(x), {power})')}, 1 / CAST({power} AS DOUBLE))"
    ),
}


def _norm_type(norm: str, kinds: Sequence[Type]) -> Type:
    sizes = [_unsigned(kind) for kind in kinds]
    if norm == "L1":
        return added(sizes)
    return sizes[0] if norm == "Linf" and len(sizes) == 1 else _floating(sizes)


def _differences(args: Sequence[str], call: Call) -> list[Member]:
    left, right = (members_of(text, node.type) for text, node in zip(args[:2], call.args[:2], strict=True))
    return [computed_sql("-", one, other) for one, other in zip(left, right, strict=True)]


def _zipped(args: Sequence[str]) -> str:
    """Pairs of two arrays of the same size."""
    one, other = _doubles(args[0]), _doubles(args[1])
    return f"CASE WHEN len({one}) <> len({other}) THEN error('sizes of arrays') ELSE list_zip({one}, {other}) END"


def _norm(norm: str) -> Function:
    count = 2 if norm == "Lp" else 1

    def result(types: Sequence[Type]) -> Type:
        return _float_of_arrays(types[:1]) if types[0].base == "Array" else _norm_type(norm, types[0].args)

    def write(args: Sequence[str], call: Call) -> str:
        return _length(norm, args[0], call.args[0].type, args[-1])

    return _of_vectors(f"{norm}Norm", count, 1, result, write)


def _length(norm: str, text: str, kind: Type, power: str) -> str:
    if kind.base == "Array":
        return _OF_ARRAY[norm](_doubles(text), power)
    return _OF_MEMBERS[norm](members_of(text, kind), power)


def _distance(norm: str) -> Function:
    count = 3 if norm == "Lp" else 2

    def result(types: Sequence[Type]) -> Type:
        if types[0].base == "Array":
            return _float_of_arrays(types[:2])
        return _norm_type(norm, [computed("-", left, right) for left, right in paired(types)])

    def write(args: Sequence[str], call: Call) -> str:
        if call.args[0].type.base == "Array":
            moved = f"list_transform({_zipped(args)}, lambda pair: pair[1] - pair[2])"
            return _OF_ARRAY[norm](moved, args[-1])
        return _OF_MEMBERS[norm](_differences(args, call), args[-1])

    return _of_vectors(f"{norm}Distance", count, 2, result, write)


def _normalized(norm: str) -> Function:
    count = 2 if norm == "Lp" else 1

    def result(types: Sequence[Type]) -> Type:
        kind = types[0]
        if kind.base == "Array":
            return array_of(_float_of_arrays(types[:1]))
        whole = _norm_type(norm, kind.args)
        return tuple_of(computed("/", item, whole) for item in kind.args)

    def write(args: Sequence[str], call: Call) -> str:
        kind = call.args[0].type
        whole = _length(norm, args[0], kind, args[-1])
        if kind.base == "Array":
            return f"list_transform({_doubles(args[0])}, lambda y: y / {whole})"
        divisor = (whole, _norm_type(norm, kind.args))
        return row_of([computed_sql("/", member, divisor) for member in members_of(args[0], kind)])

    return _of_vectors(f"{norm}Normalize", count, 1, result, write)


def _of_vectors(
    name: str, count: int, vectors: int, result: Callable[[Sequence[Type]], Type], write: Write
) -> Function:
    def refuse(args: Sequence[Expr]) -> None:
        given = [arg.type for arg in args[:vectors] if arg.type != NOTHING]
        if len({kind.base for kind in given}) > 1 or not {kind.base for kind in given} <= {"Array", "Tuple"}:
            raise illegal(given)
        for kind in given:
            if kind.base == "Array" and (not kind.item.numeric or kind.item.nullable):
                raise illegal((kind,))
        power = args[-1]
        if (
            count > vectors
            and isinstance(power, Literal)
            and power.value is not None
            and not power.value >= 1
        ):
            raise HogQLError(f"The power of {name} {_NOT_LESS}", "argument_out_of_bound")

    constant = (vectors,) if count > vectors else ()
    takes = "*" * vectors + "n" if count > vectors else "*"
    return fixed(count, name, result, write, takes, constant=constant, refuse=refuse)


# --- products ------------------------------------------------------------------------------------------------


def _dot_type(types: Sequence[Type]) -> Type:
    if types[0].base == "Array":
        items = [kind.item for kind in types]
        return arithmetic("*", *items) if all(item.integral for item in items) else _float_of_arrays(types)
    return added([computed("*", left, right) for left, right in paired(types)])


def _dot(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.base != "Array":
        left, right = (members_of(text, node.type) for text, node in zip(args, call.args, strict=True))
        return sum_of([computed_sql("*", one, other) for one, other in zip(left, right, strict=True)])
    if not call.type.integral:
        return f"coalesce(list_sum(list_transform({_zipped(args)}, lambda pair: pair[1] * pair[2])), 0)"
    one, other = (f"CAST({text} AS HUGEINT[])" for text in args)
    pairs = f"CASE WHEN len({one}) <> len({other}) THEN error('sizes of arrays') ELSE list_zip({one}, {other}) END"
    found = f"coalesce(list_sum(list_transform({pairs}, lambda pair: pair[1] * pair[2])), 0)"
    return wrapped(found, call.type)


def _cosine_type(types: Sequence[Type]) -> Type:
    if types[0].base == "Array":
        return _float_of_arrays(types)
    return _floating([computed("*", left, right) for left, right in paired(types)])


def _cosine(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.base == "Array":
        product = f"coalesce(list_sum(list_transform({_zipped(args)}, lambda pair: pair[1] * pair[2])), 0)"
    elif call.type.nullable:
        # ClickHouse gives nothing where a member may be missing, even where none is.
        return "CAST(NULL AS DOUBLE)"
    else:
        product = _dot(args, call)
    one, other = (_length("L2", text, node.type, "") for text, node in zip(args, call.args, strict=True))
    return f"(1 - CAST({product} AS DOUBLE) / CAST({one} * {other} AS DOUBLE))"


_NORMS: Final = ("L1", "L2", "Linf", "Lp")

TITLE: Final = "Vectors"
FUNCTIONS: Final[tuple[Function, ...]] = (
    _of_vectors("dotProduct", 2, 2, _dot_type, _dot),
    *map(_norm, _NORMS),
    *map(_distance, _NORMS),
    *map(_normalized, _NORMS),
    _of_vectors("cosineDistance", 2, 2, _cosine_type, _cosine),
)
