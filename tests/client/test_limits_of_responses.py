"""An answer larger than the client may read is refused while it is read."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from posthog_environments import AsyncClient, Client, InvalidRequestError, ResponseTooLargeError
from tests.client.conftest import Script, Side


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body without end; counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += 1000
            assert self.taken < 100_000, "the client reads on and on"
            yield b" " * 1000

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


def test_an_endless_body_is_refused_while_it_is_read(side: Side) -> None:
    body = Endless()
    script = Script([lambda request: httpx.Response(200, stream=body)])

    with pytest.raises(ResponseTooLargeError, match=r"larger than 5,000 bytes.*max_response_bytes"):
        side.run(side.client(script, max_response_bytes=5_000).persons.retrieve(1))

    assert body.taken == 6_000
    assert len(script.requests) == 1


def test_an_announced_size_is_refused_before_reading(side: Side) -> None:
    body = Endless()
    script = Script([lambda request: httpx.Response(200, headers={"content-length": "5001"}, stream=body)])

    with pytest.raises(ResponseTooLargeError):
        side.run(side.client(script, max_response_bytes=5_000).persons.retrieve(1))

    assert body.taken == 0


def test_a_compressed_body_counts_as_what_it_unpacks_to(side: Side) -> None:
    packed = gzip.compress(b'{"id": 1, "name": "' + b"a" * 1_000_000 + b'"}')
    response = httpx.Response(
        200,
        headers={"content-encoding": "gzip", "content-length": str(len(packed))},
        stream=httpx.ByteStream(packed),
    )
    assert len(packed) < 5_000

    with pytest.raises(ResponseTooLargeError):
        side.run(side.client(Script([lambda _: response]), max_response_bytes=5_000).persons.retrieve(1))


def test_a_body_of_exactly_the_size_is_read(side: Side) -> None:
    content = b'{"id": 1}'

    client = side.client(Script([httpx.Response(200, content=content)]), max_response_bytes=len(content))

    assert side.run(client.persons.retrieve(1)).id == 1


def test_a_closed_client_says_so() -> None:
    with Client(1, api_key="phx_x", transport=Script([])) as client:
        pass
    with pytest.raises(InvalidRequestError, match="closed"):
        client.persons.retrieve(1)

    async def use() -> None:
        async with AsyncClient(1, api_key="phx_x", transport=Script([])) as client:
            pass
        with pytest.raises(InvalidRequestError, match="closed"):
            await client.persons.retrieve(1)

    asyncio.run(use())
