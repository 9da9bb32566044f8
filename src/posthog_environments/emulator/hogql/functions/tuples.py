"""Tuples of numbers: arithmetic, member by member."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, fixed
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import (
    NOTHING,
    STRING,
    UINT8,
    Type,
    arithmetic,
    array_of,
    supertype,
    tuple_of,
)

# A member in DuckDB's SQL, and its type.
Member = tuple[str, Type]


# --- types ---------------------------------------------------------------------------------------------------


def illegal(types: Sequence[Type]) -> HogQLError:
    named = " and ".join(map(str, types))
    return HogQLError(
        f"Illegal types {named} of arguments of a function of vectors", "illegal_type_of_argument"
    )


def computed(op: str, left: Type, right: Type) -> Type:
    """The type of one member.

    Raises:
        HogQLError: It is no number.
        HogQLUnsupported: It is more than one.
    """
    if NOTHING in (left, right):
        return NOTHING
    if "tuple" in (left.family, right.family):
        raise HogQLUnsupported("The emulator does not compute with tuples in tuples.")
    if not (left.numeric and right.numeric):
        raise illegal((left, right))
    return arithmetic(op, left, right)


def paired(types: Sequence[Type]) -> list[tuple[Type, Type]]:
    if len(types[0].args) != len(types[1].args):
        raise illegal(types)
    return list(zip(types[0].args, types[1].args, strict=True))


def added(kinds: Sequence[Type]) -> Type:
    return reduce(lambda left, right: computed("+", left, right), kinds)


def _negated(kind: Type) -> Type:
    if kind == NOTHING or (kind.numeric and (kind.signed or not kind.integral)):
        return kind
    if not kind.numeric:
        raise illegal((kind,))
    return Type(f"Int{min(kind.bits * 2, 64)}", kind.nullable)


# --- members in DuckDB's SQL ---------------------------------------------------------------------------------


def members_of(text: str, kind: Type) -> list[Member]:
    found = list[Member]()
    for place, item in enumerate(kind.args, 1):
        member = f"({text})[{place}]"
        found.append((f"CAST({member} AS BIGINT)" if item.base == "Bool" else member, item))
    return found


def computed_sql(op: str, left: Member, right: Member) -> Member:
    kind = computed(op, left[1], right[1])
    if kind == NOTHING:
        return "NULL", kind
    if op == "/":
        return f"(CAST({left[0]} AS DOUBLE) / CAST({right[0]} AS DOUBLE))", kind
    return f"({left[0]} {op} {right[0]})", kind


def row_of(members: Sequence[Member]) -> str:
    return f"row({', '.join(text for text, _ in members)})"


def sum_of(members: Sequence[Member]) -> str:
    return f"({' + '.join(text for text, _ in members)})"


def _each(op: str) -> Function:
    """Arithmetic of two tuples, member by member."""

    def write(args: Sequence[str], call: Call) -> str:
        left, right = (members_of(text, node.type) for text, node in zip(args, call.args, strict=True))
        return row_of([computed_sql(op, one, other) for one, other in zip(left, right, strict=True)])

    def result(types: Sequence[Type]) -> Type:
        return tuple_of(computed(op, left, right) for left, right in paired(types))

    return fixed(2, _EACH[op], result, write, "u")


_EACH: Final = {"+": "tuplePlus", "-": "tupleMinus", "*": "tupleMultiply", "/": "tupleDivide"}


def _by_number(name: str, op: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        number = (args[1], call.args[1].type)
        return row_of([computed_sql(op, member, number) for member in members_of(args[0], call.args[0].type)])

    def result(types: Sequence[Type]) -> Type:
        if types[1].nullable:
            raise HogQLUnsupported("The emulator knows no tuples that are missing as a whole.")
        return tuple_of(computed(op, kind, types[1]) for kind in types[0].args)

    return fixed(2, name, result, write, "un")


def _negate(args: Sequence[str], call: Call) -> str:
    return row_of([(f"(-{text})", kind) for text, kind in members_of(args[0], call.args[0].type)])


def _hamming_type(types: Sequence[Type]) -> Type:
    kinds = list[Type]()
    for left, right in paired(types):
        supertype([left, right], exact=False)
        kinds.append(NOTHING if NOTHING in (left, right) else UINT8.null(left.nullable or right.nullable))
    return added(kinds)


def _hamming(args: Sequence[str], call: Call) -> str:
    left, right = (members_of(text, node.type) for text, node in zip(args, call.args, strict=True))
    return sum_of(
        [
            (f"CAST({one} <> {other} AS UTINYINT)", UINT8)
            for (one, _), (other, _) in zip(left, right, strict=True)
        ]
    )


def _same_kind(args: Sequence[Expr]) -> None:
    kinds = args[0].type.args
    if any(
        (kind.base, kind.nullable, kind.args) != (kinds[0].base, kinds[0].nullable, kinds[0].args)
        for kind in kinds
    ):
        detail = "The argument tuple for function tupleToNameValuePairs must contain just one type"
        raise HogQLError(detail, "illegal_type_of_argument")


def _named(args: Sequence[str], call: Call) -> str:
    pairs = (f"row('{place}', ({args[0]})[{place}])" for place in range(1, len(call.args[0].type.args) + 1))
    return f"[{', '.join(pairs)}]"


TITLE: Final = "Tuples of numbers"
FUNCTIONS: Final[tuple[Function, ...]] = (
    *map(_each, _EACH),
    fixed(1, "tupleNegate", lambda types: tuple_of(map(_negated, types[0].args)), _negate, "u"),
    _by_number("tupleMultiplyByNumber", "*"),
    _by_number("tupleDivideByNumber", "/"),
    fixed(
        1,
        "tupleToNameValuePairs",
        lambda types: array_of(tuple_of((STRING, types[0].args[0]))),
        _named,
        "u",
        refuse=_same_kind,
    ),
    fixed(2, "tupleHammingDistance", _hamming_type, _hamming, "u"),
)
