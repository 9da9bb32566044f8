"""Which SQL engine runs HogQL."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from posthog_environments.emulator import Emulator, query_engine
from posthog_environments.emulator.__main__ import main
from posthog_environments.emulator.hogql.types import parse_type


def _installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(query_engine, "find_spec", lambda name: find_spec("json") if name in names else None)


@pytest.mark.parametrize(
    ("installed", "taken"),
    [(("duckdb",), "duckdb"), (("chdb",), "chdb"), (("chdb", "duckdb"), "duckdb"), ((), "duckdb")],
)
def test_duckdb_is_the_default_unless_only_chdb_is_there(
    monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], taken: str
) -> None:
    _installed(monkeypatch, *installed)
    assert query_engine.chosen(None) == taken
    assert query_engine.chosen("chdb") == "chdb"


def test_an_engine_that_is_not_installed_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, "duckdb")
    with pytest.raises(ValueError, match=r"pip install posthog-environments\[emulator-chdb\]"):
        Emulator(persons=0, events=0, query_engine="chdb")


def test_an_unknown_engine_is_refused() -> None:
    name: Any = "sqlite"
    with pytest.raises(ValueError, match="must be one of duckdb, chdb, got 'sqlite'"):
        Emulator(query_engine=name)


def test_the_server_takes_the_name_of_an_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _installed(monkeypatch, "duckdb")
    with pytest.raises(SystemExit) as ended:
        main(["--query-engine", "chdb"])
    assert ended.value.code == 2
    assert "not installed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "again", "members"),
    [
        ("Nullable(Float64)", "Nullable(Float64)", []),
        (
            "Array(Tuple(UInt8, Nullable(String)))",
            "Array(Tuple(UInt8, Nullable(String)))",
            ["Tuple(UInt8, Nullable(String))"],
        ),
        (
            "Tuple(a UInt8, `b c` DateTime64(6, 'UTC'))",
            "Tuple(UInt8, DateTime64(6, 'UTC'))",
            ["UInt8", "DateTime64(6, 'UTC')"],
        ),
        ("LowCardinality(Nullable(String))", "Nullable(String)", []),
        ("Map(String, Array(UInt8))", "Map(String, Array(UInt8))", ["String", "Array(UInt8)"]),
        ("DateTime64(3, 'Europe/Berlin')", "DateTime64(3, 'Europe/Berlin')", []),
    ],
)
def test_types_are_read_as_clickhouse_writes_them(text: str, again: str, members: list[str]) -> None:
    kind = parse_type(text)
    assert str(kind) == again
    assert [str(member) for member in kind.args] == members


def test_the_zone_of_a_time_is_part_of_its_type() -> None:
    kind = parse_type("Nullable(DateTime64(3, 'Europe/Berlin'))")
    assert (kind.zone, kind.nullable) == ("Europe/Berlin", True)
    assert str(kind.in_zone("Asia/Tokyo")) == "Nullable(DateTime64(3, 'Asia/Tokyo'))"
    assert str(parse_type("DateTime").in_zone("Asia/Tokyo")) == "DateTime('Asia/Tokyo')"
    assert parse_type("DateTime").zone == "UTC"
    assert str(parse_type("Date").in_zone("Asia/Tokyo")) == "Date"
