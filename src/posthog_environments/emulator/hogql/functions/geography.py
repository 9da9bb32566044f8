"""Places on the globe and on a plane. They run on chDB alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, to
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    STRING,
    UINT8,
    UINT64,
    Type,
    array_of,
    tuple_of,
)

_FLOAT32: Final = Type("Float32")
_POINT: Final = tuple_of((FLOAT64, FLOAT64))
_CELLS: Final = array_of(UINT64)


def _function(name: str, takes: str, result: Rule, least: int, most: int | None = None, /) -> Function:
    return Function(name, least, least if most is None else most, result, "", takes)


def _distance(types: Sequence[Type]) -> Type:
    kind = FLOAT64 if any(item.base == "Float64" for item in types) else _FLOAT32
    return to(kind)(types)


# What the functions of hexagons take, and what they give.
_OF_CELLS: Final[dict[str, tuple[str, Type]]] = {
    **dict.fromkeys(("IsValid", "GetResolution", "GetBaseCell", "IsResClassIII", "IsPentagon"), ("w", UINT8)),
    **dict.fromkeys(("IndexesAreNeighbors", "UnidirectionalEdgeIsValid"), ("w", UINT8)),
    **dict.fromkeys(("EdgeAngle", "EdgeLengthM", "EdgeLengthKm", "HexAreaM2", "HexAreaKm2"), ("w", FLOAT64)),
    **dict.fromkeys(("CellAreaM2", "CellAreaRads2"), ("w", FLOAT64)),
    **dict.fromkeys(("ExactEdgeLengthM", "ExactEdgeLengthKm", "ExactEdgeLengthRads"), ("w", FLOAT64)),
    **dict.fromkeys(("PointDistM", "PointDistKm", "PointDistRads"), ("n", FLOAT64)),
    **dict.fromkeys(("ToParent", "ToCenterChild", "GetUnidirectionalEdge"), ("w", UINT64)),
    "GetOriginIndexFromUnidirectionalEdge": ("w", UINT64),
    "GetDestinationIndexFromUnidirectionalEdge": ("w", UINT64),
    **dict.fromkeys(("kRing", "ToChildren", "Line", "HexRing", "GetPentagonIndexes"), ("w", _CELLS)),
    "GetUnidirectionalEdgesFromHexagon": ("w", _CELLS),
    "GetIndexesFromUnidirectionalEdge": ("w", tuple_of((UINT64, UINT64))),
    "GetRes0Indexes": ("w", _CELLS),
    "GetFaces": ("w", array_of(UINT8)),
    "NumHexagons": ("w", Type("Int64")),
    "Distance": ("w", Type("Int64")),
    "ToString": ("w", STRING),
    "ToGeo": ("w", _POINT),
    **dict.fromkeys(("ToGeoBoundary", "GetUnidirectionalEdgeBoundary"), ("w", array_of(_POINT))),
}
_TWO: Final = frozenset(
    {
        *("kRing", "IndexesAreNeighbors", "ToChildren", "ToParent", "ToCenterChild", "Line", "Distance"),
        *("HexRing", "GetUnidirectionalEdge"),
    }
)


def _size(name: str) -> int:
    if name.startswith("PointDist"):
        return 4
    return 0 if name == "GetRes0Indexes" else 1 + (name in _TWO)


TITLE: Final = "Geography"
FUNCTIONS: Final[tuple[Function, ...]] = (
    _function("greatCircleDistance", "n", _distance, 4),
    _function("greatCircleAngle", "n", _distance, 4),
    Function("pointInPolygon", 2, None, to(UINT8), "", "ua"),
    Function("pointInEllipses", 6, None, to(UINT8), "", "n"),
    _function("geohashEncode", "n", to(STRING), 2, 3),
    _function("geohashDecode", "s", always(_POINT), 1),
    _function("geohashesInBox", "n", always(array_of(STRING)), 5),
    _function("geoToH3", "n", to(UINT64), 3),
    _function("stringToH3", "s", to(UINT64), 1),
    *(
        _function(f"h3{name}", takes, to(kind) if kind.args == () else always(kind), _size(name))
        for name, (takes, kind) in _OF_CELLS.items()
    ),
)
