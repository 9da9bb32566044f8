"""Differences between the emulator's engines that stay, each with its reason."""

from __future__ import annotations

import re
from typing import Final

from attrs import define

# ClickHouse promises no order of what these give.
UNORDERED: Final = frozenset({"groupUniqArray", "groupUniqArrayArray", "topK", "arrayIntersect"})


@define(frozen=True)
class Known:
    """Some differences.

    Attributes:
        reason: Why they stay.
        names: What is called, as a pattern.
        kind: How the engines differ, as a pattern.
        sql: What the query has in it, as a pattern.
    """

    reason: str
    names: str = ".*"
    kind: str = ".*"
    sql: str = ""


_VALUES: Final = "other values"
_TYPES: Final = "other types"
_DUCKDB_REFUSES: Final = "refused by DuckDB alone"
_CLICKHOUSE_REFUSES: Final = "refused by ClickHouse alone"

KNOWN: Final = (
    Known("by chance", "rand", _VALUES),
    Known("chDB is built without it", "uniqTheta", _CLICKHOUSE_REFUSES),
    Known("DuckDB reads JSON under constant paths alone, and says so", "JSON.*|isValidJSON", _DUCKDB_REFUSES),
    Known("approximate in ClickHouse, exact on DuckDB", "uniq.*", _VALUES),
    Known("which of equal rows is taken is not said", "argMin|argMax|topK", _VALUES),
    Known(
        "which members are taken is not said",
        "groupUniqArray(Array)?",
        _VALUES,
        sql=r"groupUniqArray(Array)?\(\d+\)",
    ),
    Known("this ClickHouse cuts fractions where the weights are whole", "avgWeighted", _VALUES),
    Known(
        "ClickHouse splits characters into bytes that are no text",
        "reverse|substring|leftPad|rightPad|splitBy.*",
        _VALUES,
        sql="ä",
    ),
    Known("a number of floats, a time: DuckDB has not their bytes, and says so", "hex", _DUCKDB_REFUSES),
    Known("ClickHouse decodes to bytes that are no text, DuckDB refuses", "unhex", _DUCKDB_REFUSES),
    Known(
        "DuckDB writes no times as JSON, and says so: how depends on settings",
        "toJSONString|json_agg",
        _DUCKDB_REFUSES,
    ),
    Known("DuckDB takes constants alone, and says so", "regexpExtract|split_part", _DUCKDB_REFUSES),
    Known("capital sharp s", "upperUTF8", _VALUES, sql="ß"),
    Known("ClickHouse decodes to bytes that are no text", "tryBase64Decode|base64Decode", _VALUES),
    Known("ClickHouse's Date ends in 2149 and begins in 1970", "(add|subtract|date).*", _VALUES, sql="300"),
    Known(
        "ClickHouse refuses by the value of an argument although there is nothing to compute with it",
        "range|modulo|intDiv|floor|ceil|round|trunc|substring|substringUTF8|gcd|lcm|width_bucket|bitTest.*|bitShift.*",
        _CLICKHOUSE_REFUSES,
    ),
    Known(
        "what a lambda makes of an array that can hold nothing is Nothing in ClickHouse, which no column can be",
        "(array|map).*",
        f"{_CLICKHOUSE_REFUSES}|{_TYPES}",
        sql=r"->.*(\[\]|map\(\))",
    ),
    Known(
        "DuckDB has each key of a map once, and writes times, fractions and arrays in other ways: it says so",
        "map|mapFromArrays|mapApply",
        _DUCKDB_REFUSES,
    ),
    Known(
        "DuckDB has other bits of fractions and of texts, and says so",
        "bit(Count|HammingDistance|Shift.*)",
        _DUCKDB_REFUSES,
    ),
    Known("DuckDB has no tuple that may be missing, and says so", "tumble|make_interval", _DUCKDB_REFUSES),
    Known(
        "DuckDB counts minutes that do not fill an hour in UTC alone, and says so",
        "toStartOfInterval|tumble.*",
        _DUCKDB_REFUSES,
        r"Minute\(7\)",
    ),
    Known(
        "an age in two zones is counted in seconds and minutes alone, and DuckDB says so",
        "age",
        _DUCKDB_REFUSES,
        "toTimeZone",
    ),
    Known("backwards in time ClickHouse's weeks depend on the day of the week", "age", _VALUES, sql="'week'"),
    Known("arrays and values of types that do not belong together", "transform"),
    Known("whether a fraction is true", "xor", _CLICKHOUSE_REFUSES, sql=r"2\.5|amount"),
    Known("a Variant in this ClickHouse: NULL beside arrays", "array|if|multiIf", _TYPES, sql="null"),
)


def known_reason(name: str, kind: str, sql: str) -> str | None:
    """Why a difference stays; None where it must not."""
    for known in KNOWN:
        if re.fullmatch(known.names, name) and re.fullmatch(known.kind, kind) and re.search(known.sql, sql):
            return known.reason
    return None
