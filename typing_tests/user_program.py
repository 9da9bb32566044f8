"""What a type checker tells our users; checked by mypy --strict and pyright strict, never run."""

from __future__ import annotations

from typing import assert_type

from posthog_environments import AsyncClient, Client, models
from posthog_environments.models import FileSystemCount, Person, PersonListItem, PersonPage, Subscription


def synchronous(client: Client) -> None:
    person = client.persons.retrieve(1)
    assert_type(person, Person)
    if person.name:
        assert_type(person.name, str)
    for item in client.persons.list(limit=5, max_items=3).concurrent(4):
        assert_type(item, PersonListItem)
    for page in client.persons.list().pages():
        assert_type(page, PersonPage)
    assert_type(client.persons.list().first(), PersonListItem | None)
    assert_type(client.persons.list(format="csv"), str)
    assert_type(client.persons.update(1, properties={"plan": "pro"}), Person | None)
    assert_type(client.exports.content(1), bytes)
    assert_type(client.persons.values(key="email"), list[models.PropertyValue])
    assert_type(client.file_system.count("0196299e-dfc0-73a1-8bf0-0b0000000000"), FileSystemCount)
    created = client.subscriptions.create(
        target_type=models.SubscriptionTarget.EMAIL,
        target_value="ada@example.com",
        frequency="daily",
        start_date="2025-07-01T09:00:00Z",
        options={"timeout": 5, "max_retries": 0},
    )
    assert_type(created, Subscription)
    assert_type(client.with_options(timeout=3), Client)


async def asynchronous(client: AsyncClient) -> None:
    assert_type(await client.persons.retrieve(1), Person)
    async for item in client.persons.list().concurrent(4):
        assert_type(item, PersonListItem)
    async for page in client.persons.list().pages():
        assert_type(page, PersonPage)
    assert_type(await client.persons.list().first(), PersonListItem | None)
    assert_type(await client.persons.list(format="csv"), str)
