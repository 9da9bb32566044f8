"""Queries in the background: progress, failures, cancelling, and what a test may make go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Api

QUERY: dict[str, Any] = {"kind": "HogQLQuery", "query": "select count() from events"}


def queue(api: Api, query: dict[str, Any] = QUERY, /, **fields: Any) -> dict[str, Any]:
    answer = api.send("POST", "query/", {"query": query, "refresh": "force_async", **fields})
    assert answer.status == 202, answer
    status: dict[str, Any] = answer.json["query_status"]
    return status


def poll(api: Api, query_id: str, **parameters: str) -> tuple[int, dict[str, Any]]:
    answer = api.send("GET", f"query/{query_id}/", query=parameters)
    return answer.status, answer.json["query_status"]


# --- progress --------------------------------------------------------------------------------------------------


def test_progress_grows_with_every_poll_up_to_its_total(api: Api) -> None:
    api.emulator.behaviour.job_seconds, api.emulator.behaviour.job_polls = 100, 4
    query_id = queue(api)["id"]
    answers = [poll(api, query_id, show_progress="true") for _ in range(5)]
    assert [status for status, _ in answers] == [202, 202, 202, 202, 200]
    shown = [status["query_progress"] for _, status in answers]
    for name in ("rows_read", "bytes_read", "active_cpu_time", "time_elapsed"):
        values = [progress[name] for progress in shown]
        assert values == sorted(values)
        assert values[0] < values[-1]
    assert len({progress["rows_read"] for progress in shown}) == 5
    assert all(progress["estimated_rows_total"] == 2000 for progress in shown)
    assert shown[-1]["rows_read"] == 2000


def test_progress_grows_with_time(api: Api) -> None:
    api.emulator.behaviour.job_seconds, api.emulator.behaviour.job_polls = 100, 1000
    query_id = queue(api)["id"]
    read: list[int] = []
    for _ in range(3):
        api.emulator.advance(30)
        read.append(poll(api, query_id, show_progress="true")[1]["query_progress"]["rows_read"])
    assert read == [600, 1200, 1800]
    assert poll(api, query_id)[1]["query_progress"] is None


def test_a_status_tells_when_what_happened(api: Api) -> None:
    """Source: PostHog execute_async.py: queued, taken by a worker, ended; forgotten twenty minutes later."""
    status = queue(api)
    times = ("start_time", "pickup_time", "end_time", "expiration_time")
    assert [status[name] for name in times] == ["2025-07-01T12:00:00Z", None, None, None]
    api.emulator.advance(1)
    _, status = poll(api, status["id"])
    assert [status[name] for name in times[1:]] == ["2025-07-01T12:00:01Z", None, None]
    api.emulator.advance(1)
    _, status = poll(api, status["id"])
    assert [status[name] for name in times] == [
        *("2025-07-01T12:00:00Z", "2025-07-01T12:00:01Z", "2025-07-01T12:00:02Z", "2025-07-01T12:20:02Z"),
    ]


# --- failures --------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "query_retrieve", "a query whose worker died stays at 202", source="PostHog/posthog#55218"
)
def test_a_query_can_be_stuck_for_as_long_as_it_is_remembered(api: Api) -> None:
    """PostHog/posthog#55218: some queries whose worker died stay at 202."""
    api.emulator.behaviour.stuck_queries = True
    query_id = queue(api)["id"]
    api.emulator.behaviour.stuck_queries = False
    for _ in range(20):
        api.emulator.advance(59)
        status, body = poll(api, query_id, show_progress="true")
        assert (status, body["complete"]) == (202, False)
        assert body["query_progress"]["rows_read"] < 2000
    api.emulator.advance(80)
    assert api.send("GET", f"query/{query_id}/").status == 404
    assert poll(api, queue(api)["id"])[0] == 202
    assert api.send("DELETE", f"query/{query_id}/").status == 200


@pytest.mark.behaviour(
    "query_retrieve", "a failure without a message is a 500", source="PostHog source query.py, July 2025"
)
def test_a_query_that_fails_without_a_message_is_a_500(api: Api) -> None:
    """Source: PostHog query.py."""
    api.emulator.behaviour.silent_failures = True
    query_id = queue(api)["id"]
    poll(api, query_id)
    status, body = poll(api, query_id)
    assert status == 500
    assert (body["complete"], body["error"], body["error_message"], body["results"]) == (
        True,
        True,
        None,
        None,
    )
    assert poll(api, query_id)[0] == 500


def test_a_documented_failure_is_still_a_200(documented: Api) -> None:
    documented.emulator.behaviour.silent_failures = True
    documented.emulator.behaviour.job_polls = 0
    answer = documented.send("POST", "query/", {"query": QUERY, "refresh": "force_async"})
    status, body = poll(documented, answer.json["query_status"]["id"])
    assert (status, body["error"]) == (200, True)


def test_every_kind_can_run_in_the_background_and_say_why_it_failed(api: Api) -> None:
    api.emulator.behaviour.job_polls = 0
    trend = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode"}]}
    status, body = poll(api, queue(api, trend)["id"])
    assert (status, body["results"]["results"][0]["label"]) == (200, "All events")
    status, body = poll(api, queue(api, {"kind": "EventsQuery", "select": ["nope"]})["id"])
    assert (status, body["error_message"]) == (400, "Unable to resolve field: nope")
    late = {"kind": "EventsQuery", "select": ["event"], "after": "soon"}
    status, body = poll(api, queue(api, late)["id"])
    assert (status, body["error_message"]) == (400, "after is no time: 'soon'")


# --- ids -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "query_create",
    "a `client_query_id` that is known is not run twice",
    source="PostHog source execute_async.py, July 2025",
)
def test_an_id_that_is_known_is_not_run_twice(api: Api) -> None:
    """Source: PostHog execute_async.py: the status of the first one, so that a repeated request is safe."""
    first = queue(api, refresh="async", client_query_id="mine")
    assert first["id"] == "mine"
    assert queue(api, refresh="async", client_query_id="mine")["task_id"] == first["task_id"]
    assert queue(api, refresh="force_async", client_query_id="mine")["task_id"] != first["task_id"]


# --- cancelling ------------------------------------------------------------------------------------------------


def test_a_cancelled_query_is_forgotten_and_a_complete_one_is_not(api: Api) -> None:
    """Source: PostHog execute_async.py."""
    for query_id, parameters in (("a", {}), ("b", {"dequeue_only": "true"})):
        queue(api, client_query_id=query_id)
        assert api.send("DELETE", f"query/{query_id}/", query=parameters).status == 200
        assert api.send("GET", f"query/{query_id}/").status == 404
    api.emulator.behaviour.job_polls = 0
    queue(api, client_query_id="c")
    poll(api, "c")
    assert api.send("DELETE", "query/c/").json == {"message": "Query already complete"}
    assert poll(api, "c")[0] == 200


# --- too many --------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "query_create",
    "too many at once: 429 without Retry-After",
    source="PostHog documentation of API queries; saurabhav88/EnviousWispr#1588",
)
def test_too_many_queries_at_once_are_a_429_without_retry_after(api: Api) -> None:
    """Source: PostHog's limit of concurrent API queries (its documentation of API queries); saurabhav88/EnviousWispr#1588."""
    cached = {"kind": "HogQLQuery", "query": "select 1"}
    api.send("POST", "query/", {"query": cached})
    api.emulator.behaviour.concurrent_queries = 2
    first = queue(api, client_query_id="a")
    queue(api, client_query_id="b")
    for refresh in ("force_async", "async", "blocking"):
        answer = api.send("POST", "query/", {"query": QUERY, "refresh": refresh})
        assert answer.status == 429
        assert answer.json == {
            "type": "throttled_error",
            "code": "throttled",
            "detail": "Too many simultaneous queries. Try again later.",
            "attr": None,
        }
        assert "Retry-After" not in answer.headers
    assert api.send("POST", "query/", {"query": cached}).json["is_cached"] is True
    queue(api, client_query_id="a", refresh="async")
    api.send("DELETE", f"query/{first['id']}/")
    queue(api)
