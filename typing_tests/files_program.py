"""What a type checker tells our users about files; checked by mypy --strict and pyright strict, never run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from posthog_environments import AsyncClient, Client, ResumableIterator, WriteProgress, WrittenFile, files
from posthog_environments.models import Event


def synchronous(client: Client) -> None:
    done = files.write(client.persons.list(), "persons.csv", columns=["id"], on_progress=show)
    assert_type(done, WrittenFile)
    assert_type(done.path, Path)
    events = client.events.iterate(after="2025-06-01")
    assert_type(events, ResumableIterator[Event])
    assert_type(events.to_file("events.jsonl", resume=True), WrittenFile)
    assert_type(events.resumed(events.token), ResumableIterator[Event])
    files.write(
        lambda token: client.events.iterate(after="2025-06-01", resume_from=token), "e.csv", resume=True
    )
    files.write(client.query.hogql("select 1"), "one.parquet")
    files.write([{"a": 1}, {"a": 2}], Path("own.jsonl.gz"), format="jsonl", extras="ignore")
    assert_type(client.query.iterate("select uuid from events", key="uuid").to_file("a.csv"), WrittenFile)
    assert_type(client.persons.download_csv("a.csv", search="ada", email="ada@example.com"), Path)
    assert_type(client.events.download_csv("a.csv", event="$pageview", limit=5, orderBy=["timestamp"]), Path)


async def asynchronous(client: AsyncClient) -> None:
    assert_type(await files.write_async(client.persons.list(), "persons.parquet"), WrittenFile)
    assert_type(await client.events.iterate(after="2025-06-01").to_file("a.jsonl"), WrittenFile)
    await files.write_async(await client.query.hogql("select 1"), "one.csv")
    assert_type(await client.persons.download_csv("a.csv", distinct_id="ada"), Path)
    assert_type(await client.events.download_csv("a.csv", after="-7d"), Path)


def show(progress: WriteProgress) -> None:
    assert_type(progress.rows, int)
