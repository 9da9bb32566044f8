"""What the tables hold, as far as their columns are not those of the events endpoints."""

from __future__ import annotations

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, execute
from posthog_environments.emulator.hogql.schema import CAMPAIGN_PROPERTIES

from .cases import Case

AT = "2025-06-01T10:00:"


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    emulator = Emulator(persons=0, events=0)
    emulator.add_person("ada", properties={"email": "ada@x.example"})

    def add(
        session: str, second: str, event: str = "$pageview", who: str = "ada", **properties: object
    ) -> None:
        emulator.add_event(event, who, {"$session_id": session, **properties}, timestamp=f"{AT}{second}Z")

    page = "https://shop.example/"
    add("long", "00", **{"$current_url": f"{page}a?gclid=1", "gclid": "1", "$referrer": "https://g.example/"})
    add("long", "40.5", **{"$current_url": f"{page}b"})
    add("long", "45", **{"$current_url": f"{page}a?gclid=1"})
    add("short", "01", **{"$current_url": f"{page}c"})
    add("quiet", "02", event="noticed", who="bob")
    emulator.add_event(
        "loose", "ada", {"$exception_issue_id": "0190aaaa-0000-7000-8000-00000000000f"}, timestamp=f"{AT}50Z"
    )
    return emulator


def rows(emulator: Emulator, sql: str) -> list[list[object]]:
    return execute(sql, None, emulator.data, emulator.clock.now()).rows


def test_the_star_of_sessions_has_every_column_but_the_other_names(emulator: Emulator) -> None:
    result = execute("select * from sessions", None, emulator.data, emulator.clock.now())
    assert result.columns[:3] == ["session_id", "distinct_id", "$start_timestamp"]
    assert {f"$entry_{name}" for name in CAMPAIGN_PROPERTIES} < set(result.columns)
    assert not {"id", "duration", "$exit_pathname", "person_id"} & set(result.columns)
    assert len(result.columns) == 44


def test_a_session_tells_its_addresses_and_its_campaign(emulator: Emulator) -> None:
    sql = (
        "select $urls, $num_uniq_urls, $entry_gclid, $entry_referrer, $end_hostname, $exit_current_url, $pageview_count, "
        "$session_duration, duration, distinct_id from sessions where id = 'long'"
    )
    first, second = "https://shop.example/a?gclid=1", "https://shop.example/b"
    assert rows(emulator, sql) == [
        [[first, second], 2, "1", "https://g.example/", "shop.example", first, 3, 45, 45, "ada"]
    ]


def test_a_bounce_is_one_thing_seen_in_less_than_ten_seconds(emulator: Emulator) -> None:
    """Source: PostHog sessions_v2.py; a session in which nothing was seen is neither."""
    sql = "select session_id, $is_bounce, $page_screen_autocapture_count_up_to from sessions order by 1"
    assert rows(emulator, sql) == [["long", 0, 2], ["quiet", None, 0], ["short", 1, 1]]


def test_an_event_without_a_session_has_an_empty_one(emulator: Emulator) -> None:
    """What the join misses is the type's default, as with every join of ClickHouse's."""
    sql = (
        "select $session_id, session.$session_duration, session.$urls, session.$is_bounce, session.id from events "
        "where event = 'loose'"
    )
    assert rows(emulator, sql) == [["", 0, [], None, ""]]


def test_an_event_knows_its_issue(emulator: Emulator) -> None:
    sql = "select toString(issue_id), issue_id = event_issue_id, event_person_id = person_id from events where event = 'loose'"
    assert rows(emulator, sql) == [["0190aaaa-0000-7000-8000-00000000000f", 1, 1]]


def test_a_person_has_a_row_for_each_distinct_id() -> None:
    emulator = Emulator(persons=0, events=0)
    emulator.add_person("one", "two", properties={"email": "x@y.example"})
    assert rows(emulator, "select pdi.distinct_id, properties.email from persons order by 1") == [
        ["one", "x@y.example"],
        ["two", "x@y.example"],
    ]


def test_elements_are_read_from_their_chain() -> None:
    emulator = Emulator(persons=2, events=400)
    sql = (
        "select elements_chain_elements, elements_chain_href, elements_chain_texts, elements_chain_ids from events "
        "where elements_chain_href = '' and notEmpty(elements_chain_ids) limit 1"
    )
    (found,) = rows(emulator, sql)
    assert found == [["button", "form"], "", ["Sign up"], ["signup"]]
    sql = "select distinct elements_chain_href != '', has(elements_chain_elements, 'a') from events where elements_chain_href != ''"
    assert rows(emulator, sql) == [[1, 1]]


@pytest.mark.parametrize(
    "sql", ["select person_id from sessions", "select person.id from sessions", "select star from events"]
)
def test_columns_that_posthog_has_not_are_not_there(emulator: Emulator, sql: str) -> None:
    with pytest.raises(HogQLError, match="Unable to resolve field"):
        rows(emulator, sql)


def test_types_of_what_is_computed() -> None:
    Case(
        "select elements_chain_href, elements_chain_texts, event_issue_id, event_person_id from events limit 0",
        [],
        "String; Array(String); Nullable(UUID); UUID",
    ).check()
