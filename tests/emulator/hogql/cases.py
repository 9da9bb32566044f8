"""Seven events of three persons and of nobody, small enough to work every answer out by hand."""

from __future__ import annotations

from typing import Any

from attrs import define

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, Result, execute

ADA = "0190aaaa-0000-7000-8000-000000000001"
BOB = "0190bbbb-0000-7000-8000-000000000002"
CYD = "0190cccc-0000-7000-8000-000000000003"
NOBODY = "00000000-0000-0000-0000-000000000000"
DAY = "2025-06-"


def make_emulator() -> Emulator:
    """The emulator's time is 2025-07-01 12:00 UTC, a Tuesday."""
    emulator = Emulator(persons=0, events=0)
    ada = emulator.add_person(
        "ada",
        "ada-phone",
        properties={"email": "ada@x.example", "plan": "pro", "logins": 7, "newsletter": True},
        created_at="2025-01-01T00:00:00Z",
        uuid=ADA,
    )
    emulator.add_person(
        "bob",
        properties={"email": "bob@y.example", "plan": "free", "newsletter": False},
        created_at="2025-02-01T00:00:00Z",
        uuid=BOB,
    )
    emulator.add_person("cyd", properties={"name": "Cyd"}, created_at="2025-03-01T00:00:00Z", uuid=CYD)
    emulator.add_cohort("payers", [ada])
    rows: list[tuple[str, str, str, dict[str, Any]]] = [
        (
            "$pageview",
            "ada",
            "2025-06-01T10:00:00Z",
            {
                "$browser": "Chrome",
                "$current_url": "https://app.example.com/home?a=1#top",
                "$session_id": "s1",
            },
        ),
        (
            "purchase",
            "ada-phone",
            "2025-06-01T10:05:00.5Z",
            {
                "$browser": "Chrome",
                "amount": 10,
                "currency": "EUR",
                "$session_id": "s1",
                "$groups": {"company": "acme"},
            },
        ),
        ("$pageview", "bob", "2025-06-02T09:00:00Z", {"$browser": "Safari", "$session_id": "s2"}),
        (
            "purchase",
            "bob",
            "2025-06-02T09:30:00Z",
            {"$browser": "Safari", "amount": 30, "currency": "USD", "$session_id": "s2"},
        ),
        (
            "purchase",
            "ada",
            "2025-06-03T00:00:00Z",
            {"amount": 20, "currency": "EUR", "tags": ["a", "b"], "deep": {"a": {"b": "x", "n": None}}},
        ),
        (
            "signed_up",
            "cyd",
            "2025-06-08T23:59:59Z",
            {"$browser": "", "note": 'say "hi"', "newsletter": True},
        ),
        ("$pageview", "ghost", "2025-06-09T00:00:00Z", {"$browser": None}),
    ]
    for name, who, when, properties in rows:
        emulator.add_event(name, who, properties, timestamp=when)
    return emulator


EMULATOR = make_emulator()


def ask(sql: str, values: dict[str, Any] | None = None, **more: Any) -> Result:
    """Run a query over the small project."""
    return execute(sql, values, EMULATOR.data, EMULATOR.clock.now(), **more)


def refusal(sql: str, values: dict[str, Any] | None = None, **more: Any) -> HogQLError:
    """How a query is refused."""
    try:
        result = ask(sql, values, **more)
    except HogQLError as error:
        return error
    raise AssertionError(f"{sql} was not refused but gave {result.rows}")


@define(frozen=True)
class Case:
    """A query and what it must give; a row of one column may be written as its value."""

    sql: str
    rows: list[Any]
    types: str = ""
    columns: list[str] | None = None

    def check(self) -> None:
        result = ask(self.sql)
        rows: list[list[Any]] = [row if isinstance(row, list) else [row] for row in self.rows]
        assert result.rows == rows
        if self.types:
            assert "; ".join(kind for _, kind in result.types) == self.types
        if self.columns is not None:
            assert result.columns == self.columns
        assert [name for name, _ in result.types] == result.columns
