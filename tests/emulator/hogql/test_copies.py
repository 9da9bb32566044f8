"""The engines' copies of the data: always of the present data, and not made again without need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import execute
from posthog_environments.emulator.hogql.tables import Version, copied

ALL = ("events", "persons", "person_distinct_ids", "groups", "sessions", "cohort_people")


def rows(emulator: Emulator, sql: str) -> list[list[Any]]:
    return execute(sql, None, emulator.data, emulator.clock.now()).rows


def add_everything(emulator: Emulator) -> None:
    ada = emulator.add_person("ada", properties={"plan": "free"})
    emulator.add_event("a", "ada", {"$session_id": "s"}, timestamp="2025-06-30T10:00:00Z")
    emulator.add_group(0, "acme", {"size": 1})
    emulator.add_cohort("all", [ada])


@pytest.mark.parametrize(
    ("sql", "change", "before", "after"),
    [
        (
            "select count() from events",
            lambda e: e.add_event("b", "ada", {}),
            [[1]],
            [[2]],
        ),
        (
            "select $session_duration from sessions",
            lambda e: e.add_event("b", "ada", {"$session_id": "s"}, timestamp="2025-06-30T10:01:00Z"),
            [[0]],
            [[60]],
        ),
        (
            "select person.properties.plan from events where event = 'a'",
            lambda e: e.client().persons.update(e.data.persons.get(0).uuid, properties={"plan": "pro"}),
            [["free"]],
            [["pro"]],
        ),
        (
            "select count() from person_distinct_ids",
            lambda e: e.add_person("bob", "bob-phone"),
            [[1]],
            [[3]],
        ),
        (
            "select key, properties.size from groups where key like 'acme%' order by key",
            lambda e: e.add_group(0, "acme-2", {"size": 2}),
            [["acme", "1"]],
            [["acme", "1"], ["acme-2", "2"]],
        ),
        (
            "select count() from cohort_people",
            lambda e: e.add_cohort("again", [e.add_person("cyd")]),
            [[1]],
            [[2]],
        ),
        (
            "select count() from persons",
            lambda e: e.client().persons.delete(e.data.persons.get(0).uuid),
            [[1]],
            [[0]],
        ),
    ],
)
def test_a_change_is_seen_by_the_next_query(
    sql: str, change: Callable[[Emulator], object], before: list[list[Any]], after: list[list[Any]]
) -> None:
    emulator = Emulator(persons=0, events=0)
    add_everything(emulator)
    assert rows(emulator, sql) == before
    change(emulator)
    assert rows(emulator, sql) == after


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda e: None, ()),
        (lambda e: e.add_cohort("c", [e.person]), ("cohort_people",)),
        (lambda e: e.add_group(0, "g", {}), ("groups",)),
        (lambda e: e.add_event("b", "ada", {}), ("events", "sessions")),
        (lambda e: e.add_session_recording("ada", session_id="t"), ("sessions",)),
    ],
)
def test_only_what_a_change_touches_is_copied_again(
    change: Callable[[Any], object], again: tuple[str, ...]
) -> None:
    emulator: Any = Emulator(persons=0, events=0)
    emulator.person = emulator.add_person("ada")
    versions: dict[str, Version] = {}
    assert set(copied(ALL, versions, emulator.data)) == set(ALL)
    change(emulator)
    found = list(copied(ALL, versions, emulator.data))
    assert set(again) <= set(found) <= {*again, *({"events"} if "sessions" in again else ())}
    assert list(copied(ALL, versions, emulator.data)) == []


def test_a_table_is_copied_after_what_it_is_computed_from() -> None:
    emulator = Emulator(persons=1, events=1)
    assert list(copied(["sessions"], {}, emulator.data)) == ["events", "sessions"]


def test_a_copy_that_failed_is_made_again() -> None:
    emulator = Emulator(persons=1, events=1)
    versions: dict[str, Version] = {}
    attempt = copied(["persons"], versions, emulator.data)
    assert next(attempt) == "persons"
    attempt.close()
    assert list(copied(["persons"], versions, emulator.data)) == ["persons"]
