"""What is safe to repeat is repeated, nothing else; both clients do exactly the same."""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from posthog_environments import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    DeadlineExceeded,
    PostHogError,
    RateLimitError,
    RetryEvent,
    ServerError,
)
from posthog_environments.policy import Outcome, RetryPolicy, retry_after_seconds
from tests.client.conftest import FakeClock, Script, Side, reply

PERSON = reply({"id": 1})
CREATE = {
    "target_type": "email",
    "target_value": "a@b.c",
    "frequency": "daily",
    "start_date": "2025-01-01T00:00:00Z",
}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 512, 520, 521, 522, 523, 524])
def test_a_read_is_repeated_on_what_may_pass(side: Side, status: int) -> None:
    script = Script([reply({}, status), reply({}, status), PERSON])

    assert side.run(side.client(script).persons.retrieve(1)).id == 1
    assert len(script.requests) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 409, 415, 422, 501, 505])
def test_what_will_not_pass_is_not_repeated(side: Side, status: int) -> None:
    script = Script([reply({}, status)])

    with pytest.raises(APIStatusError) as caught:
        side.run(side.client(script).persons.retrieve(1))

    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    "fault",
    [reply({}, 500), reply({}, 502), reply({}, 503), httpx.ReadTimeout("x"), httpx.ReadError("x")],
    ids=str,
)
def test_a_creation_is_never_sent_twice_after_the_server_may_have_acted(side: Side, fault: Any) -> None:
    script = Script([fault])

    with pytest.raises(PostHogError):
        side.run(side.client(script).subscriptions.create(**CREATE))

    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [reply({}, 429), httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")],
    ids=str,
)
def test_a_creation_is_repeated_when_the_server_cannot_have_acted(side: Side, fault: Any) -> None:
    script = Script([fault, reply({"id": 5}, 201)])

    assert side.run(side.client(script).subscriptions.create(**CREATE)).id == 5
    assert script.trace[0] == script.trace[1]


def test_a_query_is_a_read_although_it_is_a_post(side: Side) -> None:
    script = Script([reply({}, 503), reply({"results": [[1]]})])

    found = side.run(side.client(script).query.create(query={"kind": "HogQLQuery", "query": "select 1"}))

    assert found.results == [[1]]
    first, second = (json.loads(request.content) for request in script.requests)
    assert first == second
    assert first["client_query_id"]


def test_an_id_that_the_caller_gave_is_kept(side: Side) -> None:
    script = Script([reply({})])

    side.run(side.client(script).query.create(query={"kind": "HogQLQuery"}, client_query_id="mine"))

    assert json.loads(script.requests[0].content)["client_query_id"] == "mine"


def test_retry_after_in_seconds_is_obeyed(side: Side) -> None:
    clock = FakeClock()
    script = Script([reply({}, 429, retry_after="7"), PERSON])

    side.run(side.client(script, clock).persons.retrieve(1))

    assert clock.slept == [7.0]


def test_retry_after_as_a_date_is_obeyed(side: Side) -> None:
    clock = FakeClock()
    script = Script([reply({}, 503, retry_after=formatdate(clock.now() + 9, usegmt=True)), PERSON])

    side.run(side.client(script, clock).persons.retrieve(1))

    assert clock.slept == [9.0]


def test_a_wait_that_is_too_long_is_an_error_that_says_when_to_come_back(side: Side) -> None:
    clock = FakeClock()

    with pytest.raises(RateLimitError) as caught:
        side.run(side.client(Script([reply({}, 429, retry_after="3600")]), clock).persons.retrieve(1))

    assert caught.value.retry_after == 3600
    assert clock.slept == []


def test_without_retry_after_the_wait_grows_with_full_jitter(side: Side) -> None:
    clock = FakeClock(chance=0.5)
    script = Script([reply({}, 503)], repeat=True)

    with pytest.raises(ServerError) as caught:
        side.run(side.client(script, clock, max_retries=7).persons.retrieve(1))

    assert clock.slept == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert caught.value.attempts == 8
    assert "8 attempts" in str(caught.value)


def test_the_deadline_covers_waits_and_ends_the_call(side: Side) -> None:
    clock = FakeClock()
    script = Script([reply({}, 503, retry_after="4")], repeat=True)

    with pytest.raises(DeadlineExceeded) as caught:
        side.run(side.client(script, clock, deadline=10, max_retries=9).persons.retrieve(1))

    assert clock.slept == [4.0, 4.0]
    assert isinstance(caught.value.last_error, ServerError)
    assert caught.value.attempts == 3


def test_no_part_of_an_attempt_may_outlast_the_deadline(side: Side) -> None:
    script = Script([PERSON])

    side.run(side.client(script, deadline=3).persons.retrieve(1))

    assert script.requests[0].extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}


def test_timeouts_are_finite_by_default_and_can_be_set_per_client_and_per_call(side: Side) -> None:
    script = Script([PERSON], repeat=True)

    side.run(side.client(script).persons.retrieve(1))
    side.run(side.client(script, timeout=2).persons.retrieve(1))
    side.run(side.client(script).persons.retrieve(1, options={"timeout": 9}))

    assert [request.extensions["timeout"] for request in script.requests] == [
        {"connect": 5, "read": 60, "write": 30, "pool": 10},
        {"connect": 2, "read": 2, "write": 2, "pool": 2},
        {"connect": 5, "read": 9, "write": 9, "pool": 9},
    ]


def test_options_of_one_call_leave_the_client_alone(side: Side) -> None:
    script = Script([reply({}, 503), reply({}, 503), PERSON])
    client = side.client(script)

    with pytest.raises(ServerError):
        side.run(client.persons.retrieve(1, options={"max_retries": 0}))
    assert side.run(client.persons.retrieve(1)).id == 1


def test_a_misspelt_option_is_refused(side: Side) -> None:
    with pytest.raises(PostHogError, match="max_retry"):
        side.run(side.client(Script([])).persons.retrieve(1, options={"max_retry": 3}))


def test_with_options_shares_the_pool_and_never_changes_its_parent(side: Side) -> None:
    script = Script([PERSON], repeat=True)
    client = side.client(script)
    copy = client.with_options(timeout=1, api_root="projects", project_id=8, max_retries=5, deadline=2)

    side.run(copy.persons.retrieve(1))
    side.run(client.persons.retrieve(1))

    assert copy._caller.http is client._caller.http
    assert [str(request.url) for request in script.requests] == [
        "https://us.posthog.com/api/projects/8/persons/1/",
        "https://us.posthog.com/api/environments/7/persons/1/",
    ]
    assert script.requests[1].extensions["timeout"]["read"] == 60


def test_on_retry_is_told_before_each_further_attempt(side: Side) -> None:
    events: list[RetryEvent] = []
    script = Script([httpx.ReadTimeout("slow"), reply({}, 503), PERSON])

    side.run(side.client(script, on_retry=events.append).persons.retrieve(1))

    assert [(event.attempt, type(event.error)) for event in events] == [
        (1, APITimeoutError),
        (2, ServerError),
    ]
    assert events[0].path == "/api/environments/7/persons/1/"


def test_both_clients_leave_the_same_trace_for_the_same_faults() -> None:
    def run(kind: str) -> Any:
        side, clock = Side(kind), FakeClock(0.3)
        faults = [reply({}, 503), httpx.ReadTimeout("x"), reply({}, 429, retry_after="3"), PERSON]
        script = Script([*faults, httpx.ConnectError("x"), reply({"id": 2}, 201), reply({}, 500)])
        client = side.client(script, clock, max_retries=3)
        results = [side.run(client.persons.retrieve(1)), side.run(client.subscriptions.create(**CREATE))]
        with pytest.raises(ServerError) as caught:
            side.run(client.subscriptions.create(**CREATE))
        return script.trace, clock.slept, [r.to_dict() for r in results], str(caught.value)

    assert run("sync") == run("async")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("99999999999999999999", float("inf")),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 10.0),
        ("Wed, 31 Dec 1969 23:59:00 GMT", 0.0),
        ("Thu, 99 Jan 1970 00:00:10 GMT", None),
    ],
)
def test_retry_after_is_read_or_ignored_but_never_fails(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=0.0) == seconds


def test_a_final_outcome_is_never_retried() -> None:
    decision = RetryPolicy().decide(Outcome("status", 503, final=True), repeatable=True, attempt=1, chance=0)

    assert not decision.retry


def test_a_broken_connection_is_told_with_its_attempts(side: Side) -> None:
    with pytest.raises(APIConnectionError, match="3 attempts"):
        side.run(side.client(Script([httpx.ReadError("reset")], repeat=True)).persons.retrieve(1))
