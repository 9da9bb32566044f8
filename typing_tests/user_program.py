"""What a type checker tells our users; checked by mypy --strict and pyright strict, never run."""

from __future__ import annotations

from typing import Any, assert_type

from posthog_environments import (
    AsyncClient,
    AsyncQueryJob,
    Client,
    QueryError,
    QueryJob,
    QueryPosition,
    QueryProgress,
    QueryResult,
    RowIterator,
    RowPageEvent,
    models,
)
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


def queries(client: Client) -> None:
    result = client.query.hogql("select {x}", values={"x": 1}, truncated="error", on_progress=show)
    assert_type(result, QueryResult)
    for row in result:
        assert_type(row, tuple[Any, ...])
    assert_type(result.types, tuple[str | None, ...])
    assert_type(client.query.run({"kind": "TrendsQuery"}), models.QueryResponse)
    with client.query.start("select 1") as job:
        assert_type(job, QueryJob)
        assert_type(job.status(), models.QueryStatus)
        assert_type(job.result(timeout=3), QueryResult)
        assert_type(job.response(), models.QueryResponse)
    assert_type(client.query.job("id"), QueryJob)
    for item in client.query.iterate("select 1 as n", key="n"):
        assert_type(item, tuple[Any, ...])
    with client.query.iterate("select 1 as n", key=("n",), as_dicts=True, on_page=note) as rows:
        assert_type(rows, RowIterator[dict[str, Any]])
        assert_type(next(rows), dict[str, Any])
        assert_type(rows.token, str)


async def asynchronous_queries(client: AsyncClient) -> None:
    assert_type(await client.query.hogql("select 1"), QueryResult)
    assert_type(await client.query.run({"kind": "TrendsQuery"}), models.QueryResponse)
    async with await client.query.start("select 1") as job:
        assert_type(job, AsyncQueryJob)
        assert_type(await job.result(), QueryResult)
    async with client.query.iterate("select 1 as n", key="n", as_dicts=True) as rows:
        async for row in rows:
            assert_type(row, dict[str, Any])


def show(progress: QueryProgress) -> None:
    assert_type(progress.fraction, float | None)


def note(event: RowPageEvent) -> None:
    assert_type(event.token, str)


def mistakes(error: QueryError) -> None:
    assert_type(error.position, QueryPosition | None)
    assert_type(error.explain(), str)
