"""A scripted server, a clock that nobody waits for, and one way to run both clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from posthog_environments import AsyncClient, Client
from posthog_environments.clock import Clock
from posthog_environments_api import models

KEY = "phx_canary_key_that_must_never_show"
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeClock(Clock):
    """Time moves only when someone sleeps; chance is always the same."""

    def __init__(self, chance: float = 0.5) -> None:
        self.time = 1_750_000_000.0
        self.slept: list[float] = []
        self.chance = chance

    def monotonic(self) -> float:
        return self.time

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def random(self) -> float:
        return self.chance


class Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers requests one after another from a list; the last answer repeats if `repeat` is set."""

    def __init__(self, answers: Iterable[Answer], *, repeat: bool = False) -> None:
        self.answers = list(answers)
        self.repeat = repeat
        self.requests: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert len(self.requests) < 5_000, "the client asks on and on"
        if not self.answers:
            raise AssertionError(f"unexpected request: {request.method} {request.url}")
        answer = self.answers[0] if self.repeat and len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._answer(request)

    @property
    def trace(self) -> list[tuple[str, str, bytes]]:
        return [(request.method, str(request.url), request.content) for request in self.requests]


def reply(value: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    content = b"" if value is None else json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.Response(status, headers={"content-type": "application/json", **named}, content=content)


class Side:
    """One of the two clients, driven the same way: methods run to their result, lists become lists."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def client(self, script: Script, clock: Clock | None = None, **options: Any) -> Any:
        arguments = {
            "api_key": KEY,
            "host": "https://us.posthog.com",
            "clock": clock or FakeClock(),
            **options,
        }
        cls = Client if self.kind == "sync" else AsyncClient
        return cls(arguments.pop("project_id", 7), transport=script, **arguments)

    def run(self, result: Any) -> Any:
        """What a call gives, awaited where needed."""
        return asyncio.run(_await(result)) if asyncio.iscoroutine(result) else result

    def all(self, pages: Any) -> list[Any]:
        return list(pages) if self.kind == "sync" else asyncio.run(_collect(pages))

    def pages(self, pages: Any) -> list[Any]:
        return list(pages.pages()) if self.kind == "sync" else asyncio.run(_collect(pages.pages()))

    def first(self, pages: Any) -> Any:
        return pages.first() if self.kind == "sync" else asyncio.run(_await(pages.first()))


async def _await(result: Any) -> Any:
    return await result


async def _collect(pages: Any) -> list[Any]:
    return [item async for item in pages]


@pytest.fixture(params=["sync", "async"])
def side(request: pytest.FixtureRequest) -> Side:
    return Side(request.param)


@pytest.fixture
def untaught() -> None:
    """What other tests taught the models must not count."""
    for name in models.__all__:
        wire = getattr(getattr(models, name), "wire", None)
        if wire is not None:
            wire.forget()
