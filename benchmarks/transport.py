"""What a request costs over bare httpx: `make bench`. CPU time, no sockets, ratios within one run."""

from __future__ import annotations

import asyncio
import json

import httpx
from harness import compare

from posthog_environments import AsyncClient, Client

PERSON = json.dumps(
    {
        "id": 42,
        "name": "Ada",
        "distinct_ids": ["ada-1"],
        "properties": {f"key_{number}": f"value {number}" for number in range(26)},
        "created_at": "2025-06-13T08:21:07.120000Z",
        "uuid": "01976a0c-7f54-7d2e-9a53-0d2f3c1b5e77",
    }
).encode()
URL = "https://us.posthog.com/api/environments/7/persons/42/"


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "application/json"}, content=PERSON)


def run() -> dict[str, tuple[float, float]]:
    """By variant: microseconds per request, ratio to bare httpx of the same kind."""
    headers = {
        "Authorization": "Bearer phx_benchmark",
        "Accept": "application/json",
        "User-Agent": "benchmark",
    }
    bare = httpx.Client(transport=httpx.MockTransport(answer))
    client = Client(7, api_key="phx_benchmark", host="us", transport=httpx.MockTransport(answer))
    sync = compare(
        {
            "httpx, bytes": lambda: bare.get(URL, headers=headers).content,
            "httpx and json": lambda: bare.get(URL, headers=headers).json(),
            "Client, typed": lambda: client.persons.retrieve(42),
        },
        base="httpx, bytes",
    )
    loop = asyncio.new_event_loop()
    bare_async = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    client_async = AsyncClient(7, api_key="phx_benchmark", host="us", transport=httpx.MockTransport(answer))

    async def bare_get() -> bytes:
        return (await bare_async.get(URL, headers=headers)).content

    asynchronous = compare(
        {
            "httpx.AsyncClient, bytes": lambda: loop.run_until_complete(bare_get()),
            "AsyncClient, typed": lambda: loop.run_until_complete(client_async.persons.retrieve(42)),
        },
        base="httpx.AsyncClient, bytes",
    )
    loop.run_until_complete(bare_async.aclose())
    loop.run_until_complete(client_async.aclose())
    loop.close()
    return {**sync, **asynchronous}


if __name__ == "__main__":
    print("One person (1 kB) over a mock transport; CPU time per request, median of 15 interleaved rounds")
    for name, (microseconds, ratio) in run().items():
        print(f"  {name:28} {microseconds:8.1f} us   x {ratio:.2f}")
