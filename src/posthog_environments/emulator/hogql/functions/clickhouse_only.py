"""Functions that only chDB has. They run under their own names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, to
from posthog_environments.emulator.hogql.nodes import Expr, Literal
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    STRING,
    UINT8,
    UINT64,
    Type,
    array_of,
    parse_type,
)

_TEXTS: Final = array_of(STRING)


def _scalar(name: str, result: Rule, takes: str = "*", least: int = 1, most: int | None = 1) -> Function:
    return Function(name, least, most, result, "", takes, nulls=True)


def _type_named(args: Sequence[Expr]) -> Type:
    """The type whose name is the last argument."""
    node = args[-1]
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLError("The last argument of JSONExtract() must be the name of a type", "illegal_column")
    return parse_type(node.value)


TITLE: Final = "Others"
FUNCTIONS: Final = (
    _scalar("cityHash64", always(UINT64), most=None),
    _scalar("unhex", to(STRING), "s"),
    _scalar("hex", to(STRING)),
    *(
        _scalar(f"formatReadable{what}", to(STRING), "n")
        for what in ("Size", "Quantity", "TimeDelta", "DecimalSize")
    ),
    _scalar("format", always(STRING), "s", 1, None),
    Function("JSONExtract", 2, None, always(STRING), "", "s*", typed=_type_named, nulls=True),
    _scalar("toJSONString", always(STRING)),
    _scalar("extractAllGroups", always(array_of(_TEXTS)), "s", 2, 2),
    _scalar("extractGroups", always(_TEXTS), "s", 2, 2),
    _scalar("cutURLParameter", to(STRING), "s", 2, 2),
    _scalar("ngramDistance", to(Type("Float32")), "s", 2, 2),
    _scalar("multiSearchAny", always(UINT8), "sa", 2, 2),
    _scalar("multiMatchAny", always(UINT8), "sa", 2, 2),
    _scalar("geoDistance", always(FLOAT64), "n", 4, 4),
)
