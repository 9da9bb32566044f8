"""Every event of a time range exactly once, whatever the endpoint does."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthog_environments import (
    EventProgress,
    EventsIncompleteError,
    InvalidRequestError,
    PermissionDeniedError,
    ServerError,
)
from posthog_environments.emulator import Emulator, Faults
from posthog_environments.event_slices import LARGEST_PAGE

from ..client.conftest import FakeClock, Script, Side, reply, side

__all__ = ["side"]
START = datetime(2025, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Endpoint(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The events endpoint at its worst: strict bounds, a clamp that nobody mentions, ties in no order, `next` by time
    or missing."""

    def __init__(
        self,
        moments: list[int],
        *,
        clamp: int = 1_000,
        shuffled: int = 0,
        next_: bool = True,
        sorts: bool = True,
        bounds: bool = True,
    ) -> None:
        self.rows = [
            (START + moment * SECOND / 1000, f"id-{number:06d}") for number, moment in enumerate(moments)
        ]
        self.clamp, self.shuffled, self.next, self.sorts, self.bounds = clamp, shuffled, next_, sorts, bounds
        self.requests: list[httpx.URL] = []
        self.failures: list[int] = []
        self.random = random.Random(7)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url)
        assert len(self.requests) < 20_000
        if self.failures and (status := self.failures.pop(0)):
            return reply({"detail": "too long"}, status)
        query = request.url.params
        after, before = (datetime.fromisoformat(query[name]) for name in ("after", "before"))
        found = [row for row in self.rows if after < row[0] < before] if self.bounds else list(self.rows)
        if self.shuffled:
            self.shuffled -= 1
            self.random.shuffle(found)
        found.sort(key=lambda row: row[0], reverse=not self.sorts)
        assert json.loads(query["orderBy"]) == ["timestamp"]
        limit, offset = min(int(query["limit"]), self.clamp), int(query.get("offset", 0))
        page = found[offset : offset + limit]
        link = f"{request.url.path}?after=x" if self.next and len(found) > offset + limit else None
        rows = [{"id": name, "timestamp": moment.isoformat(), "event": "e"} for moment, name in page]
        return reply({"next": link, "results": rows})

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    @property
    def ids(self) -> list[str]:
        return sorted(name for _, name in self.rows)


def iterate(side: Side, endpoint: Any, **arguments: Any) -> Any:
    options = {"after": START, "before": START + timedelta(days=30), **arguments}
    if "resume_from" in options:
        del options["after"]
    return side.client(endpoint).events.iterate(**options)


def ids(side: Side, endpoint: Any, **arguments: Any) -> list[str]:
    return [event.id for event in side.all(iterate(side, endpoint, **arguments))]


def take(side: Side, events: Any, count: int) -> tuple[list[str], str]:
    """Some events and the token behind them; then the process dies."""
    taken: list[str] = []
    if side.kind == "sync":
        with events:
            while len(taken) < count and (event := next(events, None)) is not None:
                taken.append(event.id)
    else:

        async def some() -> None:
            async with events:
                while len(taken) < count and (event := await anext(events, None)) is not None:
                    taken.append(event.id)

        asyncio.run(some())
    return taken, events.token


def test_events_that_share_a_time_across_pages_are_not_lost(side: Side) -> None:
    endpoint = Endpoint([0, 1, 1, 1, 1, 2, 2, 3])
    assert ids(side, endpoint, page_size=3) == endpoint.ids


def test_more_events_at_one_moment_than_a_page_holds(side: Side) -> None:
    endpoint = Endpoint([0, *[5] * 40, 6], shuffled=0)
    assert sorted(ids(side, endpoint, page_size=7)) == endpoint.ids


def test_a_moment_whose_order_changes_is_read_again_until_it_is_whole(side: Side) -> None:
    endpoint = Endpoint([*[5] * 30], shuffled=12)
    assert sorted(ids(side, endpoint, page_size=7)) == endpoint.ids


def test_a_moment_whose_order_never_settles_is_an_error_not_a_loss(side: Side) -> None:
    endpoint = Endpoint([*[5] * 30], shuffled=10**9)
    with pytest.raises(EventsIncompleteError, match=r"another order each time.*query\.iterate"):
        ids(side, endpoint, page_size=7)


def test_a_limit_that_is_lowered_in_silence_loses_nothing(side: Side) -> None:
    endpoint = Endpoint(list(range(500)), clamp=50)
    assert ids(side, endpoint, page_size=400) == endpoint.ids


def test_a_list_that_ends_too_early_loses_nothing(side: Side) -> None:
    """Full pages without a `next`, as newer servers send them (airbyte 86492)."""
    endpoint = Endpoint(list(range(0, 200_000, 500)), next_=False)
    assert ids(side, endpoint, page_size=50) == endpoint.ids


def test_a_server_that_does_not_sort_is_an_error_not_a_loss(side: Side) -> None:
    with pytest.raises(EventsIncompleteError, match="does not sort"):
        ids(side, Endpoint([1, 2, 3], sorts=False))


def test_a_server_that_ignores_the_bounds_is_an_error_not_a_loop(side: Side) -> None:
    with pytest.raises(EventsIncompleteError, match="does not keep to the time"):
        ids(side, Endpoint(list(range(100)), bounds=False), page_size=10)


def test_the_start_is_included_and_the_end_is_not(side: Side) -> None:
    endpoint = Endpoint([0, 1000, 2000])
    assert ids(side, endpoint, before=START + 2 * SECOND) == ["id-000000", "id-000001"]
    assert ids(side, endpoint, after=START + SECOND) == ["id-000001", "id-000002"]


def test_no_request_asks_for_more_than_ninety_days(side: Side) -> None:
    endpoint = Endpoint([0, 10**9])
    ids(side, endpoint, after=START - timedelta(days=2_000), before=START + timedelta(days=2_000))
    spans = [
        datetime.fromisoformat(url.params["before"]) - datetime.fromisoformat(url.params["after"])
        for url in endpoint.requests
    ]
    assert max(spans) < timedelta(days=366)
    assert len(endpoint.requests) < 70


def test_slices_shrink_when_the_server_cannot_cope(side: Side) -> None:
    endpoint = Endpoint(list(range(0, 10**8, 10**5)))
    endpoint.failures = [504] * 9 + [0] + [512] * 3
    assert ids(side, endpoint, page_size=100) == endpoint.ids


def test_a_server_that_stays_down_is_an_error_soon(side: Side) -> None:
    endpoint = Endpoint([1])
    endpoint.failures = [503] * 1_000
    with pytest.raises(ServerError):
        ids(side, endpoint)
    assert len(endpoint.requests) < 30


def test_an_error_that_smaller_slices_cannot_help_comes_out_at_once(side: Side) -> None:
    endpoint = Endpoint([1])
    endpoint.failures = [403]
    with pytest.raises(PermissionDeniedError):
        ids(side, endpoint)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("kind", ["sync", "async"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moments=st.lists(st.integers(0, 40), max_size=60),
    spread=st.sampled_from([1, 7, 3_600_000, 86_400_000]),
    page_size=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 25), max_size=4),
    shuffled=st.sampled_from([0, 3]),
)
def test_killed_anywhere_and_resumed_nothing_is_lost_or_doubled(
    kind: str, moments: list[int], spread: int, page_size: int, cuts: list[int], shuffled: int
) -> None:
    side = Side(kind)
    endpoint = Endpoint([moment * spread for moment in moments], shuffled=shuffled)
    found: list[str] = []
    arguments: dict[str, Any] = {"page_size": page_size, "before": START + timedelta(days=60)}
    for cut in cuts:
        taken, token = take(side, iterate(side, endpoint, **arguments), cut)
        found += taken
        arguments["resume_from"] = token
    found += ids(side, endpoint, **arguments)
    assert sorted(found) == endpoint.ids


def test_a_finished_iteration_goes_on_with_what_is_new(side: Side) -> None:
    endpoint = Endpoint([0, 1, 2])
    found, token = take(side, iterate(side, endpoint, before=START + SECOND), 99)
    endpoint.rows.append((START + 5 * SECOND, "id-new"))
    assert ids(side, endpoint, resume_from=token, before=START + 9 * SECOND) == ["id-new"]
    assert len(found) == 3


def test_a_token_keeps_the_end_of_its_range(side: Side) -> None:
    endpoint = Endpoint([0, 1000, 2000, 3000])
    _, token = take(side, iterate(side, endpoint, before=START + 3 * SECOND), 1)
    assert ids(side, endpoint, resume_from=token, before=None) == ["id-000001", "id-000002"]


def test_a_token_of_other_filters_is_refused(side: Side) -> None:
    endpoint = Endpoint([0, 1])
    _, token = take(side, iterate(side, endpoint), 1)
    with pytest.raises(InvalidRequestError, match="belongs to other arguments"):
        iterate(side, endpoint, event="other", resume_from=token)


@pytest.mark.parametrize("token", ["", "x", "[]", "{}", '{"v":1,"kind":"query.iterate"}', "null", 5])
def test_what_is_no_token_is_refused(side: Side, token: Any) -> None:
    with pytest.raises(InvalidRequestError, match="resume_from"):
        iterate(side, Script([]), resume_from=token)


def test_a_token_that_was_tampered_with_is_refused(side: Side) -> None:
    endpoint = Endpoint([0, 1])
    _, token = take(side, iterate(side, endpoint), 1)
    for change in ({"at": "soon"}, {"seen": None}, {"before": []}):
        with pytest.raises(InvalidRequestError, match="resume_from"):
            iterate(side, endpoint, before=None, resume_from=json.dumps({**json.loads(token), **change}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"after": None}, "say where to begin"),
        ({"after": "yesterday"}, "after must be a date and time, got 'yesterday'"),
        ({"before": 5}, "before must be a date and time"),
        ({"before": START - SECOND}, "is earlier than after"),
        ({"page_size": 0}, "page_size must be a whole number from 1 to 1,000"),
        ({"page_size": 5_000}, "page_size must be a whole number from 1 to 1,000"),
        ({"page_size": True}, "page_size must be a whole number"),
    ],
)
def test_arguments_that_can_only_fail_are_refused_at_once(
    side: Side, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        iterate(side, Script([]), **arguments)


def test_where_to_begin_is_said_once(side: Side) -> None:
    with pytest.raises(InvalidRequestError, match="leave out after"):
        side.client(Script([])).events.iterate(after=START, resume_from="{}")


def test_nothing_is_sent_before_the_first_event_is_asked_for(side: Side) -> None:
    endpoint = Endpoint([1])
    iterate(side, endpoint)
    assert endpoint.requests == []


def test_progress_grows_to_the_whole(side: Side) -> None:
    seen: list[EventProgress] = []
    endpoint = Endpoint(list(range(0, 86_400_000 * 29, 86_400_000)))
    ids(side, endpoint, page_size=5, on_progress=seen.append)
    assert seen[-1].events == 29
    assert seen[-1].requests == len(endpoint.requests)
    assert [one.fraction for one in seen] == sorted(one.fraction for one in seen)
    assert 0.9 < seen[-1].fraction <= 1


def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(side: Side) -> None:
    endpoint = Endpoint(list(range(300)))
    client = side.client(endpoint, max_response_bytes=6_000)
    found = side.all(client.events.iterate(after=START, before=START + SECOND))
    assert [event.id for event in found] == endpoint.ids
    assert min(int(url.params["limit"]) for url in endpoint.requests) < LARGEST_PAGE


def everything(emulator: Emulator) -> list[str]:
    return sorted(event.uuid for event in emulator.data.events.scan(newest_first=False))


@pytest.mark.parametrize("profile", ["observed", "documented"])
@pytest.mark.parametrize("faults", [None, 0.1])
def test_the_emulators_events_arrive_exactly_once(side: Side, profile: Any, faults: float | None) -> None:
    emulator = Emulator(
        persons=50, events=3_000, profile=profile, faults=Faults(rate=faults) if faults else None
    )
    make: Callable[..., Any] = emulator.client if side.kind == "sync" else emulator.async_client
    client = make(clock=FakeClock(), max_retries=9)
    found = side.all(client.events.iterate(after="2020-01-01", before="2026-01-01", page_size=200))
    assert sorted(event.id for event in found) == everything(emulator)
