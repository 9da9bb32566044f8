"""Queries that run in the background, with progress, waited for and found again: `python examples/async_query.py`.

Runs against the emulator; with `AsyncClient()` instead it runs against your project.
"""

from __future__ import annotations

import asyncio

from posthog_environments import AsyncClient, DeadlineExceeded, QueryProgress
from posthog_environments.emulator import Emulator

SQL = "select event, count() from events group by event order by count() desc limit 3"


def show(progress: QueryProgress) -> None:
    if progress.fraction is not None:
        print(f"{progress.fraction:4.0%} of the rows read")


async def main(client: AsyncClient) -> None:
    # Waits for the rows; Ctrl-C, or a cancelled task, cancels the query on the server too.
    result = await client.query.hogql(SQL, refresh="force_async", on_progress=show, timeout=120)
    print(result)

    # In your own hands: leaving the block before the end cancels the query.
    async with await client.query.start(SQL, refresh="force_async") as job:
        print(f"started, done: {job.done}")
        print((await job.result()).column("event"))

    # Giving up on waiting does not give up the query.
    job = await client.query.start(SQL, refresh="force_async")
    try:
        rows = await job.result(timeout=0.001)
    except DeadlineExceeded:
        rows = await client.query.job(job.id).result()
    print(f"found again: {len(rows)} rows")


async def run() -> None:
    async with Emulator(persons=50, events=2_000).async_client() as client:
        await main(client)


if __name__ == "__main__":
    asyncio.run(run())
