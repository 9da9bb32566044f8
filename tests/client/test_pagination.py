"""Lists go on for as long as the server says so, and not longer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from posthog_environments import InvalidRequestError, ServerError
from tests.client.conftest import Script, Side, reply

UUIDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(10)]


def persons(*numbers: int, next: str | None = None) -> httpx.Response:
    return reply({"next": next, "previous": None, "results": [{"id": UUIDS[number]} for number in numbers]})


def params(script: Script) -> list[dict[str, str]]:
    return [dict(request.url.params) for request in script.requests]


def test_nothing_is_sent_before_iterating(side: Side) -> None:
    script = Script([])

    pages = side.client(script).persons.list()

    assert script.requests == []
    assert "persons.list" in repr(pages)


def test_a_short_or_empty_page_does_not_end_the_list(side: Side) -> None:
    script = Script([persons(0, 1, next="?limit=3&offset=3"), persons(next="?limit=3&offset=6"), persons(2)])

    found = side.all(side.client(script).persons.list(limit=3))

    assert [str(item.id) for item in found] == UUIDS[:3]
    assert params(script) == [{"limit": "3"}, {"limit": "3", "offset": "3"}, {"limit": "3", "offset": "6"}]


def test_pages_come_as_the_server_sent_them(side: Side) -> None:
    script = Script([persons(0, next="?offset=1"), persons(1)])

    assert [len(page.results) for page in side.pages(side.client(script).persons.list())] == [1, 1]


def test_a_cap_stops_within_a_page_and_asks_for_no_further_one(side: Side) -> None:
    script = Script([persons(0, 1, next="?offset=2"), persons(2, 3, next="?offset=4")])

    assert len(side.all(side.client(script).persons.list(max_items=3))) == 3
    assert len(script.requests) == 2


def test_a_cap_at_the_end_of_a_page_asks_for_no_further_one(side: Side) -> None:
    script = Script([persons(0, 1, next="?offset=2")])

    assert len(side.all(side.client(script).persons.list(max_items=2))) == 2


def test_a_cap_of_zero_sends_nothing(side: Side) -> None:
    assert side.all(side.client(Script([])).persons.list(max_items=0)) == []


@pytest.mark.parametrize("cap", [-1, True, 1.5, "3"])
def test_a_cap_that_is_no_count_is_refused(side: Side, cap: Any) -> None:
    with pytest.raises(InvalidRequestError, match="max_items"):
        side.client(Script([])).persons.list(max_items=cap)


def test_first_reads_one_page_or_until_something_comes(side: Side) -> None:
    script = Script([persons(next="?offset=1"), persons(4, next="?offset=2")])

    assert str(side.first(side.client(script).persons.list()).id) == UUIDS[4]
    assert side.first(side.client(Script([persons()])).persons.list()) is None


def test_iterating_again_starts_again(side: Side) -> None:
    script = Script([persons(0, next="?offset=1"), persons(1), persons(0, next="?offset=1"), persons(1)])
    pages = side.client(script).persons.list()

    assert side.all(pages) == side.all(pages)


def test_a_page_is_retried_not_the_list(side: Side) -> None:
    script = Script([persons(0, next="?offset=1"), reply({}, 503), persons(1)])

    assert len(side.all(side.client(script).persons.list())) == 2
    assert params(script)[1] == params(script)[2] == {"offset": "1"}


def test_an_error_in_the_middle_keeps_what_was_read(side: Side) -> None:
    script = Script([persons(0, next="?offset=1"), reply({}, 500)], repeat=True)
    pages = side.client(script, max_retries=0).persons.list()

    with pytest.raises(ServerError):
        side.all(pages)


def test_events_go_on_by_time_as_the_server_says(side: Side) -> None:
    link = "https://us.posthog.com/api/environments/7/events/?before=2025-01-01T00%3A00%3A00.5%2B00%3A00"
    script = Script([reply({"next": link, "results": [{"id": "a"}]}), reply({"next": None, "results": []})])

    assert len(side.all(side.client(script).events.list(event="$pageview"))) == 1
    assert params(script)[1] == {"before": "2025-01-01T00:00:00.5+00:00"}


def recordings(*ids: str, **page: Any) -> httpx.Response:
    return reply({"results": [{"id": id} for id in ids], **page})


def test_recordings_go_on_by_has_next_in_steps_of_the_limit(side: Side) -> None:
    script = Script(
        [recordings("a", has_next=True), recordings(has_next=True), recordings("b", has_next=False)]
    )

    found = side.all(side.client(script).session_recordings.list(limit=20, date_from="-7d"))

    assert [item.id for item in found] == ["a", "b"]
    assert params(script) == [
        {"date_from": "-7d", "limit": "20"},
        {"date_from": "-7d", "limit": "20", "offset": "20"},
        {"date_from": "-7d", "limit": "20", "offset": "40"},
    ]


def test_recordings_without_a_limit_step_by_the_servers_own(side: Side) -> None:
    script = Script([recordings("a", has_next=True), recordings("b", has_next=False)])

    side.all(side.client(script).session_recordings.list(offset=10))

    assert params(script)[1] == {"offset": "60"}


def test_recordings_of_a_server_that_keeps_to_the_documentation_follow_next(side: Side) -> None:
    script = Script([recordings("a", next="?limit=1&offset=1", count=2), recordings("b", next=None, count=2)])

    assert len(side.all(side.client(script).session_recordings.list(limit=1))) == 2


def log(number: int, second: int) -> dict[str, Any]:
    return {
        "id": UUIDS[number],
        "team_id": 1,
        "plugin_id": 1,
        "plugin_config_id": 1,
        "timestamp": f"2025-01-01T00:00:{second:02d}Z",
        "source": "CONSOLE",
        "type": "LOG",
        "message": "hi",
        "instance_id": UUIDS[0],
    }


def logs(*entries: dict[str, Any], next: str | None = None) -> httpx.Response:
    return reply({"count": len(entries), "next": next, "previous": None, "results": list(entries)})


def test_plugin_logs_go_on_by_time_because_offsets_yield_nothing(side: Side) -> None:
    """PostHog source plugin_log_entry.py: the limit is applied twice."""
    first = logs(log(5, 9), log(4, 8))
    again = logs(log(4, 8), log(3, 8))
    script = Script([first, again, logs(log(3, 8), log(4, 8), log(2, 7)), logs(log(2, 7)), logs()])

    found = side.all(side.client(script).plugin_configs.logs("1", limit=2))

    assert [str(entry.id) for entry in found] == [UUIDS[5], UUIDS[4], UUIDS[3], UUIDS[2]]
    assert params(script)[1] == {"limit": "2", "before": "2025-01-01T00:00:08.000001+00:00"}
    assert all("offset" not in query for query in params(script))


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_plugin_logs_come_completely_whatever_the_page_size(side: Side, limit: int) -> None:
    from posthog_environments.emulator import Emulator

    emulator = Emulator(persons=5, events=20)
    client = emulator.client() if side.kind == "sync" else emulator.async_client()
    config = emulator.sample_id("plugin_configs")

    found = side.all(client.plugin_configs.logs(config, limit=limit))

    assert len(found) == len({entry.id for entry in found}) == 240


def test_plugin_logs_of_a_server_that_ignores_the_bound_come_once(side: Side) -> None:
    page = (log(5, 9), log(4, 8))
    script = Script([logs(*page, next="?limit=2&offset=2"), logs(log(3, 7)), logs(*page)])

    found = side.all(side.client(script).plugin_configs.logs("1", limit=2))

    assert [str(entry.id) for entry in found] == [UUIDS[5], UUIDS[4], UUIDS[3]]
