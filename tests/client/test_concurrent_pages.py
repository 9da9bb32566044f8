"""Several pages under way at once: the same items in the same order, in bounded memory, with an end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest

from posthog_environments import AsyncClient, Client, InvalidRequestError, ServerError
from posthog_environments.emulator import Emulator, Faults
from tests.client.conftest import KEY, FakeClock, Script, Side, reply


@pytest.mark.parametrize("profile", ["observed", "documented"])
@pytest.mark.parametrize("persons", [0, 1, 10, 11, 95, 100, 101])
def test_the_same_persons_in_the_same_order(side: Side, profile: Any, persons: int) -> None:
    emulator = Emulator(persons=persons, events=0, profile=profile)
    client = emulator.client() if side.kind == "sync" else emulator.async_client()

    one_by_one = side.all(client.persons.list(limit=10))
    at_once = side.all(client.persons.list(limit=10).concurrent(4))

    assert [person.uuid for person in at_once] == [person.uuid for person in one_by_one]
    assert len(at_once) == persons


@pytest.mark.parametrize(
    "resource", ["exports", "file_system", "hog_functions", "subscriptions", "session_recordings"]
)
def test_every_list_that_is_cut_by_offset_can_be_read_so(side: Side, resource: str) -> None:
    emulator = Emulator(persons=40, events=400)
    client = emulator.client() if side.kind == "sync" else emulator.async_client()
    method = getattr(client, resource).list

    assert side.all(method(limit=2).concurrent(3)) == side.all(method(limit=2))


@pytest.mark.parametrize("call", [lambda c: c.events.list(), lambda c: c.plugin_configs.logs("1")])
def test_lists_that_would_lose_rows_are_refused(side: Side, call: Any) -> None:
    with pytest.raises(InvalidRequestError, match="lose or double rows"):
        call(side.client(Script([]))).concurrent()


@pytest.mark.parametrize("requests", [0, -1, True, 1.5])
def test_a_number_of_requests_that_is_none_is_refused(side: Side, requests: Any) -> None:
    with pytest.raises(InvalidRequestError, match="requests"):
        side.client(Script([])).persons.list().concurrent(requests)


def test_a_server_that_takes_fewer_rows_than_asked_for_loses_nothing(side: Side) -> None:
    """The `next` link, not the limit that was asked for, says how far apart the pages are."""

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        rows = [{"id": number} for number in range(offset, min(offset + 3, 20))]
        following = f"?limit=100&offset={offset + 3}" if offset + 3 < 20 else None
        return reply({"results": rows, "next": following})

    found = side.all(side.client(Script([answer], repeat=True)).subscriptions.list(limit=100).concurrent(5))

    assert [item.id for item in found] == list(range(20))


def test_a_list_that_goes_on_otherwise_than_planned_is_read_to_its_end(side: Side) -> None:
    """From some page on the server takes fewer rows."""

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        size = 4 if offset < 12 else 2
        rows = [{"id": number} for number in range(offset, min(offset + size, 23))]
        following = f"?offset={offset + size}" if offset + size < 23 else None
        return reply({"results": rows, "next": following})

    found = side.all(side.client(Script([answer], repeat=True)).subscriptions.list().concurrent(3))

    assert [item.id for item in found] == list(range(23))


def test_a_known_count_keeps_requests_from_going_past_the_end(side: Side) -> None:
    emulator = Emulator(persons=50, events=0, profile="documented")
    client = emulator.client() if side.kind == "sync" else emulator.async_client()

    assert len(side.all(client.persons.list(limit=10).concurrent(8))) == 50
    assert len(emulator.requests) == 5


class Counting(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Notes how many requests are under way at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = 0
        self.most = 0

    def _enter(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.now -= 1
        offset = int(request.url.params.get("offset", 0))
        return reply({"results": [{"id": offset}], "next": f"?offset={offset + 1}" if offset < 60 else None})

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._enter()
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._enter()
        for _ in range(20):
            await asyncio.sleep(0)
        return self._answer(request)


def test_no_more_than_asked_for_is_under_way() -> None:
    transport = Counting()
    with Client(1, api_key=KEY, host="us", transport=transport) as client:
        assert len(list(client.subscriptions.list().concurrent(6))) == 61

    assert transport.most <= 6


def test_as_many_as_asked_for_are_under_way() -> None:
    transport = Counting()

    async def run() -> int:
        async with AsyncClient(1, api_key=KEY, host="us", transport=transport) as client:
            return len([item async for item in client.subscriptions.list().concurrent(6)])

    assert asyncio.run(run()) == 61
    assert transport.most == 6


def test_a_cap_ends_it_and_leaves_nothing_behind(side: Side) -> None:
    before = threading.active_count()
    emulator = Emulator(persons=500, events=0)
    client = emulator.client() if side.kind == "sync" else emulator.async_client()

    assert len(side.all(client.persons.list(limit=5, max_items=23).concurrent(4))) == 23
    assert len(emulator.requests) <= 12
    assert threading.active_count() == before


def test_leaving_the_loop_cancels_what_is_under_way() -> None:
    async def run() -> int:
        async with AsyncClient(1, api_key=KEY, host="us", transport=Slow()) as client:
            pages = client.subscriptions.list().concurrent(4).pages()
            async for _ in pages:
                break
            await pages.aclose()  # type: ignore[attr-defined]
            return len(asyncio.all_tasks()) - 1

    assert asyncio.run(run()) == 0


class Slow(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return reply({"results": [{"id": offset}], "next": f"?offset={offset + 1}"})


def test_an_error_comes_in_its_place_after_the_items_before_it(side: Side) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        if offset == 3:
            return reply({"detail": "no"}, 500)
        return reply({"results": [{"id": offset}], "next": f"?offset={offset + 1}"})

    seen: list[int] = []
    client = side.client(Script([answer], repeat=True), max_retries=0)

    async def read() -> None:
        async for item in client.subscriptions.list().concurrent(4):
            seen.append(item.id)  # noqa: PERF401 (what came before the error must be kept)

    def read_all() -> None:
        if side.kind == "async":
            asyncio.run(read())
        else:
            seen.extend(item.id for item in client.subscriptions.list().concurrent(4))

    with pytest.raises(ServerError):
        read_all()
    assert seen == [0, 1, 2]


def test_faults_lose_and_double_nothing(side: Side) -> None:
    emulator = Emulator(persons=2_000, events=0, faults=Faults(rate=0.15, seed=9))
    make = emulator.client if side.kind == "sync" else emulator.async_client
    client = make(max_retries=10, clock=FakeClock())

    found = side.all(client.persons.list(limit=50).concurrent(8))

    assert len({person.uuid for person in found}) == len(found) == 2_000
    assert emulator.faults_made
