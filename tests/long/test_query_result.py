"""Rows come as Python values of their declared types; what does not fit stays as it was, and nothing raises."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars
import pyarrow
import pytest

from posthog_environments import InvalidRequestError, MissingDependencyError, QueryResult
from posthog_environments.models import QueryResponse
from posthog_environments.queries.columns import column_type, converter

ID = "01972b5e-445e-7dbb-b732-dcc51cbc2444"


def result(columns: list[str], types: list[str], rows: list[list[Any]], **fields: Any) -> QueryResult:
    pairs = [[name, kind] for name, kind in zip(columns, types, strict=True)]
    answer = {"columns": columns, "types": pairs, "results": rows, **fields}
    return QueryResult.from_response(QueryResponse.from_dict(answer), query_id="q")


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("DateTime", "2026-01-01T09:00:00Z", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("DateTime64(6, 'UTC')", "2026-01-01T09:00:00.000001Z", datetime(2026, 1, 1, 9, 0, 0, 1, UTC)),
        ("Nullable(DateTime64(3, 'UTC'))", None, None),
        ("DateTime", "2026-01-01 09:00:00", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("DateTime('Europe/Berlin')", "2026-07-01 09:00:00", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("DateTime64(6, 'Europe/Berlin')", "2026-07-01T07:00:00Z", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("DateTime64(9, 'UTC')", "2026-01-01T09:00:00.123456789Z", "2026-01-01T09:00:00.123456789Z"),
        ("DateTime('Nowhere/At_All')", "2026-01-01 09:00:00", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("Date", "2026-01-01", date(2026, 1, 1)),
        ("Date32", "1910-01-01", date(1910, 1, 1)),
        ("UUID", ID, uuid.UUID(ID)),
        ("LowCardinality(Nullable(String))", "x", "x"),
        ("Decimal(10, 2)", "1.10", Decimal("1.10")),
        ("Decimal64(2)", 1.5, Decimal("1.5")),
        ("Bool", 1, True),
        ("UInt64", "18446744073709551615", 2**64 - 1),
        ("Int8", -1, -1),
        ("Float64", 1, 1.0),
        ("Float64", "inf", float("inf")),
        ("Array(Date)", ["2026-01-01", "x"], [date(2026, 1, 1), "x"]),
        ("Tuple(Date, Nullable(UUID))", ["2026-01-01", None], (date(2026, 1, 1), None)),
        ("Tuple(a Date, b String)", ["2026-01-01", "b"], (date(2026, 1, 1), "b")),
        ("Map(UInt8, Array(Date))", {"1": ["2026-01-01"]}, {1: [date(2026, 1, 1)]}),
        ("SimpleAggregateFunction(max, Date)", "2026-01-01", date(2026, 1, 1)),
        ("Enum8('a, (b' = 1)", "a, (b", "a, (b"),
        ("Tuple(Date)", ["2026-01-01", 2], ("2026-01-01", 2)),
    ],
)
def test_values_have_the_type_of_their_column(kind: str, raw: Any, value: Any) -> None:
    found = result(["a"], [kind], [[raw]]).rows[0][0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "kind", ["DateTime", "DateTime64(9)", "Date", "UUID", "Decimal(3, 1)", "Bool", "Int8", "Float64"]
)
@pytest.mark.parametrize("raw", ["nonsense", [1], {"a": 1}, "", True])
def test_what_does_not_fit_stays_as_it_was_sent(kind: str, raw: Any) -> None:
    assert result(["a"], [kind], [[raw]]).rows == [(raw,)]


@pytest.mark.parametrize(
    "kind", ["", "Nonsense((", "Array(", "Nullable()", "Array()", "Map(String)", "(", "Tuple(" * 2_000]
)
def test_types_that_cannot_be_read_change_nothing(kind: str) -> None:
    assert result(["a"], [kind], [[[1]]]).raw_rows == [[[1]]]
    convert = converter(column_type(kind))
    assert convert is None or convert("x") == "x"


def test_times_are_in_the_zone_of_their_column() -> None:
    moment = result(["a"], ["DateTime('Europe/Berlin')"], [["2026-07-01T07:00:00Z"]]).rows[0][0]
    assert moment.tzinfo is ZoneInfo("Europe/Berlin")


def test_one_odd_value_leaves_the_others_converted() -> None:
    rows = result(["a"], ["DateTime"], [["2026-01-01T00:00:00Z"], ["odd"], [None]]).rows
    assert rows == [(datetime(2026, 1, 1, tzinfo=UTC),), ("odd",), (None,)]


def test_rows_of_another_length_are_kept() -> None:
    rows = result(["a", "b"], ["Date", "Date"], [["2026-01-01"], ["2026-01-01", "2026-01-02", 3]]).rows
    assert rows == [(date(2026, 1, 1),), (date(2026, 1, 1), date(2026, 1, 2), 3)]


def test_types_may_be_missing_or_bare() -> None:
    response = QueryResponse.from_dict({"columns": ["a"], "results": [["2026-01-01"]]})
    assert QueryResult.from_response(response).types == (None,)
    response = QueryResponse.from_dict({"columns": ["a"], "results": [["2026-01-01"]], "types": ["Date"]})
    assert QueryResult.from_response(response).rows == [(date(2026, 1, 1),)]


@pytest.mark.parametrize(
    "answer", [{"results": [[1]]}, {"columns": ["a"]}, {"columns": ["a"], "results": [{"a": 1}]}]
)
def test_an_answer_without_rows_and_columns_is_no_result(answer: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="use the response itself"):
        QueryResult.from_response(QueryResponse.from_dict(answer))


def test_a_result_is_read_in_many_ways() -> None:
    found = result(
        ["event", "count()"], ["String", "UInt64"], [["a", 1], ["b", 2]], is_cached=True, hogql="SELECT"
    )
    assert list(found) == [("a", 1), ("b", 2)]
    assert (len(found), bool(found), found[1], found.first()) == (2, True, ("b", 2), ("a", 1))
    assert found.dicts() == [{"event": "a", "count()": 1}, {"event": "b", "count()": 2}]
    assert found.column("count()") == [1, 2] == found.column(1)
    assert (found.is_cached, found.hogql, found.clickhouse, found.timings) == (True, "SELECT", None, [])
    assert repr(found) == "<QueryResult of 2 rows (event: String, count(): UInt64)>"
    with pytest.raises(InvalidRequestError, match="no column 'x'; there are 'event', 'count\\(\\)'"):
        found.column("x")
    with pytest.raises(InvalidRequestError, match="2 x 2"):
        found.scalar()
    assert result(["a"], ["Date"], [["2026-01-01"]]).scalar() == date(2026, 1, 1)
    assert result(["a"], ["Date"], []).first() is None


def test_columns_of_one_name_are_told_apart() -> None:
    found = result(["a", "a", "a_2", "a"], ["UInt8"] * 4, [[1, 2, 3, 4]])
    assert found.column_names == ["a", "a_3", "a_2", "a_4"]
    assert found.dicts() == [{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}]
    assert found.column("a") == [1]
    assert list(found.to_pandas().columns) == found.to_polars().columns == found.column_names


def test_the_notebook_table_is_bounded_and_escaped() -> None:
    found = result(["<b>"], ["String"], [["<script>" + "x" * 1_000]] * 500)
    page = found._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert page.count("<tr>") == 21
    assert "500 rows, the first 20 shown" in page
    assert len(page) < 6_000


# --- frames ----------------------------------------------------------------------------------------------------

KINDS = {
    "moment": ("DateTime64(6, 'UTC')", "2026-01-01T09:00:00.000001Z", "datetime64[us, UTC]"),
    "local": ("DateTime('Europe/Berlin')", "2026-07-01T07:00:00Z", "datetime64[us, Europe/Berlin]"),
    "day": ("Nullable(Date)", "2026-01-01", "datetime64[s]"),
    "number": ("Nullable(Int64)", 2**62 + 1, "Int64"),
    "count": ("UInt64", 2**64 - 1, "UInt64"),
    "part": ("Float64", 0.5, "float64"),
    "flag": ("Bool", True, "boolean"),
    "text": ("Nullable(String)", "x", "string"),
    "id": ("UUID", ID, "object"),
    "money": ("Decimal(10, 2)", "1.10", "object"),
    "list": ("Array(Date)", ["2026-01-01"], "object"),
    "pair": ("Tuple(a Date, b UUID)", ["2026-01-01", ID], "object"),
    "map": ("Map(String, UInt8)", {"a": 1}, "object"),
}


def frames(rows: list[list[Any]]) -> QueryResult:
    return result(list(KINDS), [kind for kind, _, _ in KINDS.values()], rows)


FULL = [raw for _, raw, _ in KINDS.values()]
NULLS = [None] * len(KINDS)


@pytest.mark.parametrize("rows", [[FULL], [], [NULLS], [FULL, NULLS]])
def test_frames_have_the_same_types_full_empty_and_all_null(rows: list[list[Any]]) -> None:
    found = frames(rows)
    frame = found.to_pandas()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        name: dtype for name, (_, _, dtype) in KINDS.items()
    }
    assert len(frame) == len(rows)

    other = found.to_polars()
    assert other.schema["moment"] == polars.Datetime("us", "UTC")
    assert other.schema["count"] == polars.UInt64
    assert other.schema["money"] == polars.Decimal(10, 2)
    assert other.schema["pair"] == polars.Struct({"a": polars.Date, "b": polars.String})
    assert other.schema["map"] == polars.List(polars.Struct({"key": polars.String, "value": polars.UInt8}))
    assert len(other) == len(rows)

    table = found.to_arrow()
    assert table.schema.field("local").type == pyarrow.timestamp("us", "Europe/Berlin")
    assert table.schema.field("map").type == pyarrow.map_(pyarrow.string(), pyarrow.uint8())
    assert table.schema.field("money").type == pyarrow.decimal128(10, 2)
    assert table.num_rows == len(rows)


def test_frames_hold_the_values() -> None:
    found = frames([FULL])
    assert found.to_polars().rows()[0][:9] == (*found.rows[0][:8], ID)
    assert found.to_arrow().to_pylist()[0]["pair"] == {"a": date(2026, 1, 1), "b": ID}
    assert found.to_pandas()["count"][0] == 2**64 - 1
    assert found.to_pandas()["moment"][0] == found.rows[0][0]


def test_values_that_do_not_fit_their_type_lose_nothing_in_frames() -> None:
    found = result(["n", "d"], ["Int8", "Date"], [[1, "2026-01-01"], [4_000, "odd"], [1.5, None]])
    assert list(found.to_pandas()["n"]) == [1, 4_000, 1.5]
    assert list(found.to_pandas()["d"])[1] == "odd"
    assert found.to_polars()["n"].to_list() == ["1", "4000", "1.5"]
    assert found.to_arrow()["d"].to_pylist() == ["2026-01-01", "odd", None]


@pytest.mark.parametrize(
    ("name", "extra"), [("pandas", "pandas"), ("polars", "polars"), ("pyarrow", "arrow")]
)
def test_a_missing_library_is_named_with_its_extra(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    found = result(["a"], ["UInt8"], [[1]])
    with pytest.raises(
        MissingDependencyError, match=rf'pip install "posthog-environments\[{extra}\]"'
    ) as caught:
        getattr(found, f"to_{extra}")()
    assert isinstance(caught.value, ImportError)
