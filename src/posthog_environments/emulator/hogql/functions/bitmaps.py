"""Bitmaps: sets of whole numbers, which are states of groupBitmap. ClickHouse alone has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, first
from posthog_environments.emulator.hogql.types import UINT8, UINT64, Type, array_of, parse_type


def _built(types: Sequence[Type]) -> Type:
    return Type("AggregateFunction", detail=f"groupBitmap, {types[0].item}")


def _members(types: Sequence[Type]) -> Type:
    return array_of(parse_type(types[0].detail.rpartition(", ")[2] or "UInt64"))


def _bitmap(name: str, count: int, result: Rule, takes: str = "*") -> Function:
    return Function(name, count, count, result, "", takes, nulls=True)


_PAIRS: Final = ("And", "Or", "Xor", "Andnot")

TITLE: Final = "Bitmaps"
FUNCTIONS: Final = (
    _bitmap("bitmapBuild", 1, _built, "a"),
    _bitmap("bitmapToArray", 1, _members),
    *(_bitmap(name, 1, always(UINT64)) for name in ("bitmapCardinality", "bitmapMin", "bitmapMax")),
    *(_bitmap(name, 2, always(UINT8)) for name in ("bitmapContains", "bitmapHasAny", "bitmapHasAll")),
    *(_bitmap(f"bitmap{what}", 2, first) for what in _PAIRS),
    *(_bitmap(f"bitmap{what}Cardinality", 2, always(UINT64)) for what in _PAIRS),
    *(
        _bitmap(name, 3, first)
        for name in ("bitmapSubsetInRange", "bitmapSubsetLimit", "subBitmap", "bitmapTransform")
    ),
)
