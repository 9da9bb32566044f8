"""Comparisons: what can be compared, how constants are read for it, and what a missing side means."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID as Uuid
from zoneinfo import ZoneInfo

from posthog_environments.emulator.clock import parse_iso
from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.nodes import Call, Compare, Expr, Literal, Missing, Subquery
from posthog_environments.emulator.hogql.types import (
    BOOL,
    DATE,
    DATETIME6,
    FLOAT64,
    UINT8,
    UTC_NAMES,
    UUID,
    Type,
    no_supertype,
    type_of_constant,
)

NEGATIONS: Final = frozenset({"!=", "not_like", "not_ilike", "not_match", "not_imatch", "not_in"})
_OFFSET: Final = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")
_TEXT_OPS: Final = frozenset(
    {"like", "ilike", "match", "imatch", "not_like", "not_ilike", "not_match", "not_imatch"}
)


def compare(op: str, left: Expr, right: Expr) -> Expr:
    """A comparison under HogQL's null rules.

    A row that lacks a value is not equal to anything, not smaller and not like it, so `!=`, `not like` and `not in`
    hold for it. `in` alone stays missing.

    Raises:
        HogQLError: The sides cannot be compared.
    """
    if op in ("=", "!="):
        for one, other in ((left, right), (right, left)):
            if isinstance(other, Literal) and other.value is None:
                return Missing(UINT8, one, negated=op == "!=")
    if op in _TEXT_OPS:
        for side in (left, right):
            if side.type.family not in ("string", "null"):
                name = op.removeprefix("not_")
                raise HogQLError(
                    f"Illegal type {side.type} of argument of function {name}", "illegal_type_of_argument"
                )
    else:
        left, right = alike(left, right)
    if not left.type.nullable and not right.type.nullable:
        return Compare(UINT8, op, left, right)
    if left.type.nullable and right.type.nullable and op in ("=", "!="):
        return Compare(UINT8, op, left, right, "same")
    return Compare(UINT8, op, left, right, op in NEGATIONS)


def member(op: str, left: Expr, right: Expr) -> Expr:
    """`in` and `not in`: a missing value is in a set that holds one, and never missing itself.

    PostHog runs every query with ClickHouse's setting `transform_null_in`.

    Raises:
        HogQLError: A member cannot be compared.
    """
    if isinstance(right, Call):
        members = tuple(alike(left, item)[1] for item in right.args)
        right = Call(right.type, right.name, members)
    elif isinstance(right, Subquery):
        columns = right.query.columns
        width = len(left.type.args) if left.type.base == "Tuple" else 1
        if len(columns) != width:
            detail = (
                f"Number of columns in section IN doesn't match. {width} at left, {len(columns)} at right."
            )
            raise HogQLError(detail, "number_of_columns_doesnt_match")
        found = columns[0][1].type
        if width == 1 and {left.type.family, found.family} != {"uuid", "string"}:
            _check(left.type, found)
    return Compare(UINT8, op, left, right)


def alike(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides, a constant text read as what it is compared with.

    Raises:
        HogQLError: They have nothing in common.
    """
    if isinstance(right, Literal) and isinstance(right.value, str):
        return left, read_as(right, left.type)
    if isinstance(left, Literal) and isinstance(left.value, str):
        return read_as(left, right.type), right
    if isinstance(left, Call) and isinstance(right, Call) and left.name == right.name == "tuple":
        if len(left.args) != len(right.args):
            raise no_supertype((left.type, right.type))
        pairs = [alike(one, other) for one, other in zip(left.args, right.args, strict=True)]
        sides = zip(*pairs, strict=True)
        lefts, rights = (tuple(side) for side in sides)
        return Call(left.type, "tuple", lefts), Call(right.type, "tuple", rights)
    _check(left.type, right.type)
    return left, right


def _check(left: Type, right: Type) -> None:
    families = {left.family, right.family}
    if families == {"array"} and left.item != right.item:
        try:
            _check(left.item, right.item)
        except HogQLError:
            detail = f"Arrays of types {left.item} and {right.item} cannot be compared"
            raise HogQLError(detail, "illegal_type_of_argument") from None
    if len(families) == 1 or "null" in families or families == {"number", "bool"}:
        return
    if families in ({"time", "number"}, {"interval", "number"}) and "Date" not in (left.base, right.base):
        # Seconds since 1970, and units.
        return
    raise no_supertype((left, right))


def read_as(node: Literal, kind: Type) -> Literal:
    """A constant text as a value of a type.

    Raises:
        HogQLError: It cannot be read as one.
    """
    text = str(node.value)
    if kind.family in ("string", "null"):
        return node
    if kind.family == "uuid":
        with suppress(ValueError):
            return Literal(UUID, str(Uuid(text)))
        raise HogQLError(f"Cannot parse UUID '{text}'", "cannot_parse_uuid")
    if kind.family == "time":
        return time_of(text, kind)
    if kind.family == "bool" and text.lower() in ("true", "false", "1", "0"):
        return Literal(BOOL, text.lower() in ("true", "1"))
    if kind.numeric:
        try:
            value = int(text) if text.lstrip("+-").isdigit() else float(text)
        except ValueError:
            raise HogQLError(f"Cannot convert string '{text}' to type {kind}", "type_mismatch") from None
        return Literal(type_of_constant(value) if isinstance(value, int) else FLOAT64, value)
    raise no_supertype((kind, node.type))


def time_of(text: str, kind: Type) -> Literal:
    """A date or time, written as text.

    Raises:
        HogQLError: It is none.
    """
    moment = parse_iso(text)
    if moment is None:
        raise HogQLError(f"Cannot parse datetime: '{text}'", "cannot_parse_datetime")
    if kind.base == "Date":
        return Literal(DATE, moment.date())
    if kind.zone not in UTC_NAMES and not _OFFSET.search(text):
        moment = moment.replace(tzinfo=ZoneInfo(kind.zone)).astimezone(UTC)
    return Literal(DATETIME6, moment.replace(tzinfo=None))


def time_literal(value: date | datetime) -> Literal:
    if isinstance(value, datetime):
        return Literal(DATETIME6, value.replace(tzinfo=None))
    return Literal(DATE, value)
