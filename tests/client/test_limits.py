"""Client-side rate limits: nobody exceeds them, in one process or in many."""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posthog_environments import (
    OPERATIONS,
    ConfigurationError,
    DeadlineExceeded,
    RateLimiter,
    RateLimiterError,
)
from posthog_environments_api.operations import RATE_LIMITS, RateLimit
from tests.client.conftest import FakeClock, Script, Side, reply

SMALL = {"persons": [RateLimit(3, 10), RateLimit(4, 100)]}


def test_every_operation_has_a_class_with_limits() -> None:
    assert {operation.rate_limit for operation in OPERATIONS.values()} <= set(RATE_LIMITS)
    assert all(limits for limits in RATE_LIMITS.values())


def test_requests_wait_until_they_fit_every_window(side: Side) -> None:
    clock = FakeClock()
    script = Script([reply({"id": 1})], repeat=True)
    client = side.client(script, clock, rate_limiter=RateLimiter(limits=SMALL))
    start = clock.time

    moments = []
    for _ in range(9):
        side.run(client.persons.retrieve(1))
        moments.append(clock.time - start)

    assert len(script.requests) == 9
    for limit in SMALL["persons"]:
        for first in moments:
            assert sum(first <= moment < first + limit.seconds for moment in moments) <= limit.requests
    assert moments[2] == 0
    assert 10 <= moments[3] < 10.1
    assert 100 <= moments[4] < 100.1


def test_both_clients_wait_alike() -> None:
    def waits(kind: str) -> list[float]:
        side, clock = Side(kind), FakeClock()
        client = side.client(
            Script([reply({"id": 1})], repeat=True), clock, rate_limiter=RateLimiter(limits=SMALL)
        )
        for _ in range(6):
            side.run(client.persons.retrieve(1))
        return clock.slept

    assert waits("sync") == waits("async") != []


def test_retries_count_as_requests(side: Side) -> None:
    clock = FakeClock(chance=0)
    script = Script([reply({}, 503), reply({}, 503), reply({}, 503), reply({"id": 1})])

    side.run(
        side.client(script, clock, max_retries=3, rate_limiter=RateLimiter(limits=SMALL)).persons.retrieve(1)
    )

    assert max(clock.slept) >= 10


def test_classes_are_counted_apart_and_clients_of_one_key_together(side: Side) -> None:
    clock, limiter = FakeClock(), RateLimiter(limits=SMALL)
    one = side.client(Script([reply({"id": 1})], repeat=True), clock, rate_limiter=limiter)
    two = side.client(Script([reply({"id": 1})], repeat=True), clock, rate_limiter=limiter)
    other = side.client(
        Script([reply({"id": 1})], repeat=True), clock, rate_limiter=limiter, api_key="phx_other"
    )

    for client in (one, two, one):
        side.run(client.persons.retrieve(1))
    side.run(one.subscriptions.retrieve(1))
    side.run(other.persons.retrieve(1))
    assert clock.slept == []
    side.run(two.persons.retrieve(1))
    assert clock.slept != []


def test_a_deadline_that_comes_before_the_turn_is_told_at_once(side: Side) -> None:
    clock = FakeClock()
    script = Script([reply({"id": 1})], repeat=True)
    client = side.client(script, clock, rate_limiter=RateLimiter(limits=SMALL), deadline=5)
    for _ in range(3):
        side.run(client.persons.retrieve(1))

    with pytest.raises(DeadlineExceeded):
        side.run(client.persons.retrieve(1))

    assert len(script.requests) == 3
    assert clock.slept == []


def test_a_share_of_the_limits_can_be_used(side: Side) -> None:
    clock = FakeClock()
    limiter = RateLimiter(limits={"persons": [RateLimit(10, 60)]}, share=0.5)
    client = side.client(Script([reply({"id": 1})], repeat=True), clock, rate_limiter=limiter)

    for _ in range(5):
        side.run(client.persons.retrieve(1))
    assert clock.slept == []
    side.run(client.persons.retrieve(1))
    assert clock.slept != []


@pytest.mark.parametrize(
    "arguments", [{"share": 0}, {"share": 1.5}, {"share": True}, {"limits": {"person": []}}]
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"share|person"):
        RateLimiter(**arguments)


@pytest.mark.parametrize(
    ("module", "redis", "extra"), [("pyrate_limiter", None, "limits"), ("redis", "redis://x", "redis")]
)
def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, redis: str | None, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ConfigurationError, match=rf"posthog-environments\[{extra}\]"):
        RateLimiter(redis=redis)


# --- many processes, one Redis ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real redis-server on loopback."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip(
            "redis-server is not installed (Debian: apt-get install redis-server), so limits shared through "
            "Redis are not tested here; CI installs it"
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL) as server:
        try:
            _until_it_answers(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _until_it_answers(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    raise AssertionError("redis-server does not answer")


def _hammer(url: str, kind: str, limits: dict[str, list[RateLimit]], begin: Any, results: Any) -> None:
    """Ask as often as possible for three seconds, from when all are ready; report between which two moments a request
    was allowed, by the machine's clock."""
    limiter = RateLimiter(redis=url, limits=limits)
    allowed: list[tuple[float, float]] = []
    limiter.reserve("query", "phx_of_this_process_alone", 0)
    begin.wait(timeout=60)
    until = time.monotonic() + 3

    async def ask() -> None:
        while time.monotonic() < until:
            before = time.monotonic()
            if await limiter.reserve_async("persons", "phx_shared", 0) == 0:
                allowed.append((before, time.monotonic()))

    if kind == "async":
        asyncio.run(ask())
    else:
        while time.monotonic() < until:
            before = time.monotonic()
            if limiter.reserve("persons", "phx_shared", 0) == 0:
                allowed.append((before, time.monotonic()))
    results.put(allowed)


def test_four_processes_never_exceed_one_limit_in_any_window(redis_url: str) -> None:
    """Two of them synchronous, two asynchronous."""
    limits = {"persons": [RateLimit(20, 1)]}
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    begin = context.Barrier(4)
    workers = [
        context.Process(target=_hammer, args=(redis_url, kind, limits, begin, results))
        for kind in ("sync", "async", "sync", "async")
    ]
    for worker in workers:
        worker.start()
    spans = sorted(span for _ in workers for span in results.get(timeout=90))
    for worker in workers:
        worker.join(timeout=10)

    assert len(spans) >= 40, "the limit should be used"
    # Redis counts at some moment of each span: a span that lies wholly within a second was counted within it.
    for index, (start, _) in enumerate(spans):
        within = sum(end < start + 1 for _, end in spans[index:])
        assert within <= 20, f"{within} requests within one second"


def test_redis_keeps_no_key(redis_url: str) -> None:
    from redis import Redis

    client = Side("sync").client(
        Script([reply({})]), rate_limiter=RateLimiter(redis=redis_url), api_key="phx_canary"
    )
    client.query.create(query={"kind": "HogQLQuery"})

    connection: Any = Redis.from_url(redis_url)
    names = [name.decode() for name in connection.keys("*")]
    connection.close()
    assert names
    assert not any("canary" in name for name in names)
    assert all(name.startswith("posthog-environments:") for name in names)


def test_a_redis_that_is_gone_is_a_clear_error(side: Side) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Script([])
    client = side.client(script, rate_limiter=RateLimiter(redis=f"redis://127.0.0.1:{port}/0"))

    with pytest.raises(RateLimiterError, match="cannot be used"):
        side.run(client.persons.retrieve(1))

    assert script.requests == []
