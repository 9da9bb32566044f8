"""Under faults nothing is lost and nothing is doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from posthog_environments import PostHogError
from posthog_environments.emulator import Emulator, Faults
from tests.client.conftest import FakeClock

PERSONS = 100_000
CREATIONS = 400


def patient() -> dict[str, Any]:
    return {"max_retries": 10, "clock": FakeClock()}


def test_100_000_persons_arrive_exactly_once_under_faults() -> None:
    emulator = Emulator(persons=PERSONS, events=0, faults=Faults(rate=0.1, seed=4))
    with emulator.client(**patient()) as client:
        seen = Counter(str(person.uuid) for person in client.persons.list(limit=1_000))

    assert len(seen) == PERSONS
    assert set(seen.values()) == {1}
    assert sum(emulator.faults_made.values()) >= 5


def test_100_000_persons_arrive_exactly_once_under_faults_async() -> None:
    emulator = Emulator(persons=PERSONS, events=0, faults=Faults(rate=0.1, seed=5))

    async def read() -> Counter[str]:
        async with emulator.async_client(**patient()) as client:
            return Counter([str(person.uuid) async for person in client.persons.list(limit=1_000)])

    seen = asyncio.run(read())
    assert len(seen) == PERSONS
    assert set(seen.values()) == {1}
    assert sum(emulator.faults_made.values()) >= 5


def _check_creations(emulator: Emulator, created: list[int], failed: list[PostHogError]) -> None:
    """What the server did must fit what the caller was told."""
    processed = Counter(
        request.body["title"]
        for request in emulator.requests
        if request.operation_id == "subscriptions_create"
    )
    assert set(processed.values()) == {1}, "no creation may reach the server twice"
    assert len(set(created)) == len(created)
    assert len(created) + len(failed) == CREATIONS
    assert len(created) > CREATIONS * 0.8
    assert failed, "faults after processing cannot be hidden from the caller"
    for error in failed:
        assert getattr(error, "sent", True), "a request that was never sent should have been tried again"


def _creation(number: int) -> dict[str, Any]:
    return {
        "insight": 1,
        "target_type": "email",
        "target_value": "ada@example.com",
        "frequency": "daily",
        "start_date": "2025-07-01T09:00:00Z",
        "title": f"Number {number}",
    }


def test_creations_are_never_sent_twice_after_the_server_may_have_acted() -> None:
    emulator = Emulator(persons=1, events=0, faults=Faults(rate=0.1, seed=6))
    created: list[int] = []
    failed: list[PostHogError] = []
    with emulator.client(**patient()) as client:
        for number in range(CREATIONS):
            try:
                created.append(client.subscriptions.create(**_creation(number)).id)
            except PostHogError as error:
                failed.append(error)

    _check_creations(emulator, created, failed)


def test_creations_are_never_sent_twice_after_the_server_may_have_acted_async() -> None:
    emulator = Emulator(persons=1, events=0, faults=Faults(rate=0.1, seed=7))
    created: list[int] = []
    failed: list[PostHogError] = []

    async def create() -> None:
        async with emulator.async_client(**patient()) as client:

            async def one(number: int) -> None:
                try:
                    created.append((await client.subscriptions.create(**_creation(number))).id)
                except PostHogError as error:
                    failed.append(error)

            await asyncio.gather(*(one(number) for number in range(CREATIONS)))

    asyncio.run(create())
    _check_creations(emulator, created, failed)
