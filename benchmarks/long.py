"""Many rows: how fast `iterate` gives a million, what it holds meanwhile, how fast values become Python's.

Part of `make bench`. The pages come from memory, so that only the client is measured.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
from harness import compare
from paging import resident

from posthog_environments import Client, QueryResult

HERE = Path(__file__).resolve().parent
ROWS = 1_000_000
PAGE = 50_000
COLUMNS = ["n", "timestamp", "event", "uuid", "amount"]
TYPES = ["UInt64", "DateTime64(6, 'UTC')", "String", "UUID", "Nullable(Float64)"]


def rows(first: int, count: int) -> str:
    """JSON of rows with a number, a time, a text, a UUID and a float that may be null."""
    return ",".join(
        f'[{n},"2026-01-01T09:{n % 3600 // 60:02}:{n % 60:02}.{n % 10**6:06}Z","$pageview",'
        f'"01972b5e-445e-7dbb-b732-{n:012x}",{"null" if n % 7 == 0 else n / 4}]'
        for n in range(first, first + count)
    )


def page(first: int, count: int) -> bytes:
    head = {"columns": COLUMNS, "types": list(zip(COLUMNS, TYPES, strict=True)), "hasMore": None}
    return f'{json.dumps(head)[:-1]},"results":[{rows(first, count)}]}}'.encode()


def iteration() -> tuple[float, float]:
    """Rows per CPU second of the client, and MiB that memory grows from the second page to the last."""
    making = 0.0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal making
        before = time.process_time()
        first = json.loads(request.content)["query"].get("values", {}).get("after_0", 0)
        content = page(first, min(PAGE, ROWS - first))
        making += time.process_time() - before
        return httpx.Response(200, content=content)

    client = Client(7, api_key="phx_benchmark", host="us", transport=httpx.MockTransport(answer))
    seen, before = 0, 0
    started = time.process_time()
    for _ in client.query.iterate("select * from events", key="n", page_size=PAGE):
        seen += 1
        if seen == 2 * PAGE:
            gc.collect()
            before = resident()
    spent = time.process_time() - started - making
    gc.collect()
    assert seen == ROWS
    return ROWS / spent, (resident() - before) / 1024


def conversion() -> dict[str, tuple[float, float]]:
    """A page of 10,000 rows from bytes to typed rows, by hand and by us."""
    from datetime import datetime

    from posthog_environments_api.models import QueryResponse

    content = page(0, 10_000)

    def by_hand() -> object:
        found = json.loads(content)["results"]
        return [(n, datetime.fromisoformat(t), e, uuid.UUID(u), a) for n, t, e, u, a in found]

    return compare(
        {
            "json and a comprehension by hand": by_hand,
            "QueryResult.rows": lambda: QueryResult.from_response(QueryResponse.from_json(content)).rows,
        },
        base="json and a comprehension by hand",
        calls=3,
    )


def in_its_own_process() -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, str(HERE / "long.py")], check=True, capture_output=True, text=True, cwd=HERE
    )
    speed, growth = done.stdout.split()
    return float(speed), float(growth)


if __name__ == "__main__":
    sys.stdout.write(" ".join(str(value) for value in iteration()))
