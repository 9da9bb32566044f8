"""Anything iterated as a file: exact, whole or not at all, with clear errors."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
from collections import namedtuple
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from posthog_environments import (
    InvalidRequestError,
    MissingDependencyError,
    ServerError,
    WriteError,
    WriteProgress,
    WrittenFile,
    downloads,
    files,
)
from posthog_environments.emulator import Emulator
from posthog_environments.models import Event, Person

from ..client.conftest import Script, Side, reply, side
from .sql_server import SqlServer

__all__ = ["side"]
MOMENT = datetime(2025, 6, 1, 12, 30, 0, 5, UTC)
NUMBER = UUID("01972b5e-445e-7dbb-b732-dcc51cbc2444")


class Rows:
    """A query's result: tuples, names of columns, ClickHouse types."""

    def __init__(self, columns: Sequence[str], types: Sequence[str | None], rows: Sequence[Any]) -> None:
        self.columns, self.types, self.rows = tuple(columns), tuple(types), rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)


async def later(items: Any) -> AsyncIterator[Any]:
    for item in items:
        yield item


def write(side: Side, items: Any, path: Path, **options: Any) -> WrittenFile:
    if side.kind == "sync":
        return files.write(items, path, **options)
    result: WrittenFile = side.run(files.write_async(items, path, **options))
    return result


def content(folder: Path) -> dict[str, bytes]:
    return {found.name: found.read_bytes() for found in folder.iterdir()}


def client_of(side: Side, emulator: Emulator) -> Any:
    return emulator.client() if side.kind == "sync" else emulator.async_client()


# --- formats ---------------------------------------------------------------------------------------------------


def test_json_lines_hold_models_exactly_as_they_were_sent(side: Side, tmp_path: Path) -> None:
    sent = [
        {"id": "1", "event": "é \u2028", "properties": {"a": [1, 2.5, None]}, "new_field": {"kept": True}},
        {"id": "2", "person": None, "elements": []},
    ]
    done = write(side, [Event.from_dict(item) for item in sent], tmp_path / "a.jsonl")
    lines = done.path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == sent
    assert (done.rows, done.bytes) == (2, done.path.stat().st_size)


def test_json_lines_hold_what_json_has_no_form_for(side: Side, tmp_path: Path) -> None:
    row = {
        "moment": MOMENT,
        "zone": MOMENT.astimezone(timezone(timedelta(hours=2))),
        "day": date(2025, 6, 1),
        "id": NUMBER,
        "price": Decimal("10.10"),
        "big": 2**80,
        "nan": float("nan"),
        "half": "\ud800",
        "model": Event(id="1"),
        "map": {NUMBER: (1, 2), 3: {float("inf")}},
    }
    write(side, [row], tmp_path / "a.ndjson")
    assert json.loads((tmp_path / "a.ndjson").read_text("utf-8")) == {
        "moment": "2025-06-01T12:30:00.000005Z",
        "zone": "2025-06-01T14:30:00.000005+02:00",
        "day": "2025-06-01",
        "id": str(NUMBER),
        "price": "10.10",
        "big": 2**80,
        "nan": None,
        "half": "\ud800",
        "model": {"id": "1"},
        "map": {str(NUMBER): [1, 2], "3": [None]},
    }


def test_csv_follows_rfc_4180(side: Side, tmp_path: Path) -> None:
    rows = [
        {"a": 'say "hi"', "b": "one\r\ntwo", "c": "x,y", "d": None},
        {"a": "", "b": True, "c": {"k": ["é"]}, "d": 1.5},
    ]
    write(side, rows, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes().decode()
    assert text == ('a,b,c,d\r\n"say ""hi""","one\r\ntwo","x,y",\r\n,true,"{""k"":[""é""]}",1.5\r\n')
    assert list(csv.reader(io.StringIO(text)))[2][2] == '{"k":["é"]}'


def test_csv_values_are_exact(side: Side, tmp_path: Path) -> None:
    row = {"m": MOMENT, "d": Decimal("1.10"), "u": NUMBER, "i": 2**70, "n": float("nan"), "h": "a\ud800"}
    write(side, [row], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().split("\n")[1] == (
        f"2025-06-01T12:30:00.000005Z,1.10,{NUMBER},{2**70},nan,a\\ud800"
    )


def test_all_fields_of_a_model_are_columns_whatever_the_first_one_has(side: Side, tmp_path: Path) -> None:
    write(side, [Event(id="1"), Event(id="2", event="e")], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        "id,distinct_id,properties,event,timestamp,person,elements,elements_chain",
        "1,,,,,,,",
        "2,,,e,,,,",
    ]


def test_columns_are_chosen_and_ordered(side: Side, tmp_path: Path) -> None:
    items = [Event(id="1", event="e", distinct_id="d"), Event(id="2")]
    rows = Rows(["a", "b", "c"], [None] * 3, [(1, 2, 3)])
    write(side, items, tmp_path / "a.csv", columns=["event", "id"])
    write(side, items, tmp_path / "a.jsonl", columns=["event", "id"])
    write(side, rows, tmp_path / "b.csv", columns=["c", "a"])
    write(side, [(1, 2)], tmp_path / "c.csv", columns=["x", "y"])
    write(side, [namedtuple("Pair", "x y")(1, 2)], tmp_path / "d.csv")
    assert {name: text.decode().splitlines() for name, text in content(tmp_path).items()} == {
        "a.csv": ["event,id", "e,1", ",2"],
        "a.jsonl": ['{"event":"e","id":"1"}', '{"id":"2"}'],
        "b.csv": ["c,a", "3,1"],
        "c.csv": ["x,y", "1,2"],
        "d.csv": ["x,y", "1,2"],
    }


def test_a_column_that_comes_later_is_an_error_or_left_out_when_asked_to(side: Side, tmp_path: Path) -> None:
    items = [{"a": 1}, {"a": 2, "b": 3}]
    with pytest.raises(WriteError, match=r"row 2 has a column 'b'.*extras='ignore'") as caught:
        write(side, items, tmp_path / "a.csv")
    assert (caught.value.row, caught.value.column) == (2, "b")
    assert content(tmp_path) == {}
    write(side, items, tmp_path / "a.csv", extras="ignore")
    assert (tmp_path / "a.csv").read_text().splitlines() == ["a", "1", "2"]


def test_packed_files_are_the_same_at_any_time_and_under_any_name(side: Side, tmp_path: Path) -> None:
    items = [{"a": number} for number in range(5_000)]
    done = [write(side, items, tmp_path / name) for name in ("a.csv.gz", "b.csv.gz", "c.jsonl.gz")]
    assert done[0].path.read_bytes() == done[1].path.read_bytes()
    assert gzip.decompress(done[0].path.read_bytes()).splitlines()[:2] == [b"a", b"0"]
    assert json.loads(gzip.decompress(done[2].path.read_bytes()).splitlines()[4_999]) == {"a": 4_999}
    assert done[0].bytes == done[0].path.stat().st_size


def test_parquet_takes_the_types_of_the_query(side: Side, tmp_path: Path) -> None:
    columns = {
        "n": ("Nullable(Int64)", 5, pa.int64()),
        "u": ("UInt64", 2**64 - 1, pa.uint64()),
        "small": ("UInt8", 255, pa.uint8()),
        "f": ("Float64", 1.5, pa.float64()),
        "t": ("DateTime64(6, 'UTC')", MOMENT, pa.timestamp("us", "UTC")),
        "s": ("DateTime", MOMENT.replace(microsecond=0), pa.timestamp("us", "UTC")),
        "d": ("Date", date(2025, 6, 1), pa.date32()),
        "p": ("Decimal(10, 2)", Decimal("1.10"), pa.decimal128(10, 2)),
        "x": ("LowCardinality(Nullable(String))", "text", pa.string()),
        "id": ("UUID", NUMBER, pa.string()),
        "b": ("Bool", True, pa.bool_()),
        "a": ("Array(String)", ["é"], pa.string()),
        "nothing": (None, 7, pa.int64()),
    }
    row = tuple(value for _, value, _ in columns.values())
    types = [kind for kind, _, _ in columns.values()]
    write(side, Rows(list(columns), types, [row, (None,) * len(row)]), tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert {field.name: field.type for field in table.schema} == {n: t for n, (_, _, t) in columns.items()}
    assert table.to_pylist()[0] == {
        **{name: value for name, (_, value, _) in columns.items()},
        "id": str(NUMBER),
        "a": '["é"]',
    }
    assert set(table.to_pylist()[1].values()) == {None}


def test_parquet_takes_the_types_of_the_model(side: Side, tmp_path: Path) -> None:
    emulator = Emulator(persons=40)
    done = write(side, client_of(side, emulator).persons.list(), tmp_path / "a.parquet", batch_size=15)
    found = pq.ParquetFile(done.path)
    assert found.metadata.num_row_groups == 3
    assert found.schema_arrow.field("created_at").type == pa.timestamp("us", "UTC")
    assert found.schema_arrow.field("is_identified").type == pa.bool_()
    rows = found.read().to_pylist()
    assert len(rows) == done.rows == 40
    for row, person in zip(rows, emulator.client().persons.list(), strict=True):
        assert json.loads(row["properties"]) == person.properties
        assert row["created_at"] == person.created_at
    found.close()


def test_parquet_takes_types_from_the_first_batch(side: Side, tmp_path: Path) -> None:
    items = [
        {"i": 1, "f": 1, "t": MOMENT, "s": "x", "b": True, "o": {"k": 1}, "none": None, "big": 2**70},
        {"i": None, "f": 2.5, "t": None, "s": None, "b": None, "o": [1], "none": None, "big": 1},
        {"i": 3.0, "f": 3, "t": MOMENT, "s": "y", "b": False, "o": "x", "none": 5, "big": 2},
    ]
    write(side, items, tmp_path / "a.parquet", batch_size=2)
    table = pq.read_table(tmp_path / "a.parquet")
    assert [str(field.type) for field in table.schema] == [
        *("int64", "double", "timestamp[us, tz=UTC]", "string", "bool", "string", "string", "string")
    ]
    assert table.to_pylist()[2] == {
        **{"i": 3, "f": 3.0, "t": MOMENT, "s": "y", "b": False, "o": "x", "none": "5", "big": "2"}
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [(1, "x"), ("x", 1), (1, 1.5), (True, 1), (1, True), (1, 2**63), (MOMENT, "x"), (MOMENT, MOMENT.date())],
)
def test_a_type_conflict_names_row_and_column(side: Side, tmp_path: Path, first: Any, second: Any) -> None:
    items = [{"n": number, "v": first} for number in range(5)] + [{"n": 5, "v": second}]
    with pytest.raises(WriteError, match=r"row 6, column 'v'.*does not fit") as caught:
        write(side, items, tmp_path / "a.parquet", batch_size=2)
    assert (caught.value.row, caught.value.column) == (6, "v")
    assert content(tmp_path) == {}


def test_a_decimal_too_long_for_its_column_is_named(side: Side, tmp_path: Path) -> None:
    rows = Rows(["p"], ["Decimal(4, 2)"], [(Decimal("1.50"),), (Decimal("1234.567"),)])
    with pytest.raises(WriteError, match="row 2, column 'p'"):
        write(side, rows, tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.jsonl.gz"])
def test_no_items_make_a_file_without_rows(side: Side, tmp_path: Path, name: str) -> None:
    done = write(side, [], tmp_path / name)
    assert done.rows == 0
    write(side, Rows(["a", "b"], [None, "Int64"], []), tmp_path / ("named-" + name))
    if name == "a.csv":
        assert (done.path.read_bytes(), (tmp_path / "named-a.csv").read_bytes()) == (b"", b"a,b\r\n")
    if name == "a.parquet":
        assert pq.read_table(done.path).num_rows == 0
        assert pq.read_table(tmp_path / "named-a.parquet").column_names == ["a", "b"]


# --- sources ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_lists_of_pages_iterators_and_generators_are_taken(side: Side, tmp_path: Path, name: str) -> None:
    emulator = Emulator(persons=120, events=500)
    client = client_of(side, emulator)
    count = len(list(emulator.client().persons.list()))
    assert write(side, client.persons.list(limit=50), tmp_path / name).rows == count
    assert write(side, client.persons.list(max_items=7), tmp_path / name).rows == 7
    events = client.events.iterate(after="2020-01-01")
    assert side.run(events.to_file(tmp_path / name)).rows == 500
    generator = ({"a": number} for number in range(9))
    assert write(side, generator if side.kind == "sync" else later(generator), tmp_path / name).rows == 9


def test_the_file_tells_how_far_it_is(side: Side, tmp_path: Path) -> None:
    seen: list[WriteProgress] = []
    items = [{"a": number} for number in range(25)]
    done = write(side, items, tmp_path / "a.jsonl", batch_size=10, on_progress=seen.append)
    assert [progress.rows for progress in seen] == [10, 20, 25]
    assert [progress.bytes for progress in seen] == [80, 170, 215]
    assert done == WrittenFile(tmp_path / "a.jsonl", 25, 215)


def test_one_batch_is_read_ahead_and_no_more(side: Side, tmp_path: Path) -> None:
    taken: list[int] = []

    def items() -> Iterator[dict[str, int]]:
        for number in range(100):
            taken.append(number)
            yield {"a": number}

    def stop(progress: WriteProgress) -> None:
        assert len(taken) == progress.rows

    write(side, items(), tmp_path / "a.csv", batch_size=10, on_progress=stop)
    assert len(taken) == 100


# --- failures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([{"a": 1}, (1, 2)], "row 2 is a tuple, but those before it are of another kind"),
        ([Event(id="1"), {"a": 1}], "row 2 is a dict"),
        ([Event(id="1"), Person(id=1)], "row 2 is a Person"),
        (["text"], "row 1 is a str; only models, mappings and tuples"),
        ([{"a": 1}, 5], "row 2 is a int"),
        ([(1, 2)], "the items are tuples, and their columns have no names: give columns="),
        ([{"a": 1}, {"a": b"raw"}], "row 2: a bytes has no form in a file"),
        (Rows(["a", "b"], [], [(1, 2), (1,)]), "row 2 has 1 values for 2 columns"),
        (Rows(["a", "a"], [], [(1, 2)]), "two columns are named 'a'"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_items_that_are_no_rows_are_refused_and_leave_no_trace(
    side: Side, tmp_path: Path, items: Any, reason: str, name: str
) -> None:
    with pytest.raises(WriteError, match=reason):
        write(side, items, tmp_path / name)
    assert content(tmp_path) == {}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.csv.gz"])
@pytest.mark.parametrize("failure", [ServerError, OSError, KeyboardInterrupt])
def test_a_source_that_fails_midway_leaves_the_old_file_alone(
    side: Side, tmp_path: Path, name: str, failure: type[BaseException]
) -> None:
    closed: list[bool] = []
    error = (
        ServerError(status=500, method="GET", path="/", detail="x") if failure is ServerError else failure()
    )

    def items() -> Iterator[dict[str, int]]:
        try:
            for number in range(25):
                yield {"a": number}
            raise error
        finally:
            closed.append(True)

    (tmp_path / name).write_bytes(b"old")
    with pytest.raises(failure):
        write(side, items(), tmp_path / name, batch_size=10)
    assert content(tmp_path) == {name: b"old"}
    assert closed == [True]


class FullDisk(io.FileIO):
    """A file on a disk with little room left."""

    room = 300

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > FullDisk.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.csv.gz"])
def test_a_full_disk_leaves_the_old_file_alone_and_says_where(
    side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).write_bytes(b"old")
    monkeypatch.setattr(downloads.os, "fdopen", lambda descriptor, mode: FullDisk(descriptor, mode))
    items = [{"a": os.urandom(20).hex()} for _ in range(200)]
    with pytest.raises(OSError, match="No space left") as caught:
        write(side, items, tmp_path / name, batch_size=20)
    monkeypatch.undo()
    assert content(tmp_path) == {name: b"old"}
    assert caught.value.__notes__[0].startswith(f"while writing {tmp_path / name}, after row ")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("none/a.csv", {}, "there is no folder"),
        ("", {}, "is a folder"),
        ("a.txt", {}, "not clear from the name a.txt"),
        ("a", {}, "give format="),
        ("a.gz", {}, "not clear"),
        ("a.parquet.gz", {}, "leave out .gz"),
        ("a.csv", {"format": "xml"}, "format must be"),
        ("a.csv", {"extras": "drop"}, "extras must be"),
        ("a.csv", {"batch_size": 0}, "batch_size must be"),
        ("a.csv", {"batch_size": True}, "batch_size must be"),
        ("a.csv", {"columns": "id"}, "columns must be a list of names"),
        ("a.csv", {"columns": []}, "columns must be a list of names"),
        ("a.csv", {"columns": ["a", "a"]}, "columns has 'a' twice"),
        ("a.parquet", {"resume": True}, "cannot be gone on with: write .jsonl or .csv"),
        ("a.csv.gz", {"resume": True}, "leave out .gz"),
        ("a.csv", {"resume": True}, "cannot be taken up again"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_read(
    side: Side, tmp_path: Path, name: str, options: dict[str, Any], reason: str
) -> None:
    def never() -> Iterator[Any]:
        raise AssertionError("read")
        yield

    with pytest.raises(InvalidRequestError, match=reason):
        write(side, never(), tmp_path / name, **options)
    assert content(tmp_path) == {}


def test_asynchronous_items_are_sent_to_the_asynchronous_function(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"await files\.write_async"):
        files.write(Emulator().async_client().persons.list(), tmp_path / "a.csv")  # type: ignore[arg-type]
    assert content(tmp_path) == {}


def test_what_cannot_be_iterated_is_refused(side: Side, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="a int cannot be iterated"):
        write(side, 5, tmp_path / "a.csv")


def test_a_missing_library_says_how_to_install_it(
    side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r"pip install .posthog-environments\[arrow\]"):
        write(side, [{"a": 1}], tmp_path / "a.parquet")
    assert content(tmp_path) == {}


def test_a_failing_request_leaves_no_trace(side: Side, tmp_path: Path) -> None:
    for resume in (False, True):
        client = side.client(Script([reply({"detail": "no"}, 500)], repeat=True), max_retries=0)
        events = client.events.iterate(after="2025-06-01", before="2025-06-01T00:00:01", event="x")
        with pytest.raises(ServerError):
            write(side, events, tmp_path / "a.jsonl", resume=resume)
        assert content(tmp_path) == {}


def test_a_link_stays_a_link_and_permissions_stay(side: Side, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    assert write(side, [{"a": 1}], link).path == link
    assert link.is_symlink()
    assert real.read_bytes() == b"a\r\n1\r\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_names_of_a_result_are_made_different(side: Side, tmp_path: Path) -> None:
    """Results of queries give `column_names` beside `columns`, where a name may come twice."""
    result = SimpleNamespace(column_names=["a", "a_2"], columns=("a", "a"))

    class Result(Rows):
        column_names = result.column_names

    write(side, Result(["a", "a"], [None, None], [(1, 2)]), tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == '{"a":1,"a_2":2}\n'


def test_rows_of_a_query_are_written_and_gone_on_with(side: Side, tmp_path: Path) -> None:
    server = SqlServer(
        """create table events as select make_timestamp(1767225600000000 + range // 3) as timestamp,
        cast(printf('00000000-0000-4000-8000-%012x', range) as uuid) as uuid, 'a' as event from range(900)"""
    )
    client = side.client(server)
    sql = "select uuid, timestamp, event from events"

    def rows(**options: Any) -> Any:
        return client.query.iterate(sql, key="uuid", page_size=200, **options)

    side.run(rows().to_file(tmp_path / "a.parquet"))
    side.run(rows(as_dicts=True).to_file(tmp_path / "b.parquet"))
    first, second = (pq.read_table(tmp_path / name) for name in ("a.parquet", "b.parquet"))
    assert first == second
    assert first.schema.field("timestamp").type == pa.timestamp("us", "UTC")

    def stop(progress: WriteProgress) -> None:
        if progress.rows == 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side.run(rows().to_file(tmp_path / "a.csv", batch_size=100, on_progress=stop, resume=True))
    done = side.run(rows().to_file(tmp_path / "a.csv", resume=True))
    assert done.rows == 900
    with done.path.open(newline="") as file:
        assert [row["uuid"] for row in csv.DictReader(file)] == first.column("uuid").to_pylist()


def test_the_result_of_a_query_is_written(side: Side, tmp_path: Path) -> None:
    client = client_of(side, Emulator(events=300))
    result = side.run(
        client.query.hogql("select event, count() as number from events group by event limit 50")
    )
    done = write(side, result, tmp_path / "a.jsonl")
    assert [json.loads(line) for line in done.path.read_bytes().splitlines()] == result.dicts()
