"""One client may be used by many threads or tasks at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from posthog_environments import AsyncClient, Client
from posthog_environments.emulator import Emulator
from tests.client.conftest import FakeClock

KEY = "phx_canary"


class Echo(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers with the person that was asked for; fails every seventh request once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.failed: set[str] = set()
        self.requests = 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rstrip("/").rsplit("/", 1)[1])
        with self.lock:
            self.requests += 1
            if number % 7 == 0 and request.url.path not in self.failed:
                self.failed.add(request.url.path)
                return httpx.Response(503)
        return httpx.Response(200, json={"id": number, "name": f"person {number}"})

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return self._answer(request)


def test_sixteen_threads_share_one_client() -> None:
    echo = Echo()
    with Client(1, api_key=KEY, host="us", transport=echo, clock=FakeClock(chance=0)) as client:
        copy = client.with_options(timeout=3)

        def ask(number: int) -> tuple[int, str]:
            person = (client if number % 2 else copy).persons.retrieve(number)
            return person.id, str(person.name)

        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(ask, range(1, 801)))

    assert found == [(number, f"person {number}") for number in range(1, 801)]
    assert echo.requests == 800 + 800 // 7


def test_sixteen_threads_share_one_client_over_real_connections() -> None:
    emulator = Emulator(persons=60, events=0)
    with (
        emulator.serve() as server,
        Client(1, api_key=emulator.api_key, host=server.url) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        found = list(pool.map(lambda number: client.persons.retrieve(number).id, list(range(1, 20)) * 8))

    assert found == list(range(1, 20)) * 8


def test_two_hundred_tasks_share_one_client_over_real_connections() -> None:
    emulator = Emulator(persons=60, events=0)

    async def run() -> list[int]:
        with emulator.serve() as server:
            async with AsyncClient(1, api_key=emulator.api_key, host=server.url) as client:
                people = await asyncio.gather(
                    *(client.persons.retrieve(1 + number % 19) for number in range(200))
                )
        return [person.id for person in people]

    assert asyncio.run(run()) == [1 + number % 19 for number in range(200)]


def test_two_hundred_tasks_share_one_client() -> None:
    async def run() -> list[tuple[int, str]]:
        async with AsyncClient(
            1, api_key=KEY, host="us", transport=Echo(), clock=FakeClock(chance=0)
        ) as client:

            async def ask(number: int) -> tuple[int, str]:
                person = await client.persons.retrieve(number)
                return person.id, str(person.name)

            return await asyncio.gather(*(ask(number) for number in range(1, 201)))

    assert asyncio.run(run()) == [(number, f"person {number}") for number in range(1, 201)]


def test_many_threads_that_start_at_once_make_one_connection_pool() -> None:
    with Client(1, api_key=KEY, host="us", transport=Echo()) as client:
        barrier = threading.Barrier(16)
        pools: list[Any] = []

        def race() -> None:
            barrier.wait()
            pools.append(client._caller.http._open())

        threads = [threading.Thread(target=race) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len({id(pool) for pool in pools}) == 1
    assert pools[0].is_closed


def test_a_cancelled_task_leaves_the_client_usable() -> None:
    async def run() -> int:
        async with AsyncClient(1, api_key=KEY, host="us", transport=Echo()) as client:
            task = asyncio.create_task(client.persons.retrieve(3))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            return (await client.persons.retrieve(5)).id

    assert asyncio.run(run()) == 5
