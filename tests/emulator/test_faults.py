"""Faults that are asked for strike where they should, the same ones for the same seed."""

from __future__ import annotations

import socket
import time
from typing import Any, get_args

import pytest

from posthog_environments import (
    APIConnectionError,
    APITimeoutError,
    Client,
    PaginationLoopError,
    PostHogError,
    RateLimitError,
    ServerError,
)
from posthog_environments.emulator import Emulator, Faults
from posthog_environments.emulator.faults import SURVIVABLE, Kind

ALWAYS = 1.0


def emulator(*kinds: Kind, rate: float = ALWAYS, **arguments: Any) -> Emulator:
    return Emulator(persons=30, events=30, faults=Faults(rate=rate, kinds=kinds), **arguments)


@pytest.mark.parametrize(
    ("kind", "error", "processed"),
    [
        ("refused", APIConnectionError, False),
        ("reset_before", APIConnectionError, False),
        ("reset_after", APIConnectionError, True),
        ("stalled_before", APITimeoutError, False),
        ("stalled_after", APITimeoutError, True),
        ("truncated", APIConnectionError, True),
        ("throttled", RateLimitError, False),
        ("busy", RateLimitError, False),
        ("bad_gateway", ServerError, False),
        ("unavailable", ServerError, False),
        ("query_timeout", RateLimitError, False),
        ("capacity", ServerError, False),
        ("too_slow", ServerError, False),
        ("gateway_timeout", ServerError, False),
        ("server_error", ServerError, False),
        ("bare_error", ServerError, False),
    ],
)
@pytest.mark.parametrize("over", ["process", "socket"])
def test_each_fault_is_seen_as_what_it_is(
    over: str, kind: Kind, error: type[PostHogError], processed: bool
) -> None:
    emulated = emulator(kind)
    with emulated.serve() as server:
        client = emulated.client(max_retries=0)
        if over == "socket":
            client = Client(1, api_key=emulated.api_key, host=server.url, max_retries=0, timeout=0.3)
        with client, pytest.raises(error) as caught:
            client.persons.retrieve(emulated.sample_id("persons"))

    assert bool(emulated.requests) is processed
    assert emulated.faults_made == {kind: 1}
    if isinstance(caught.value, RateLimitError):
        assert caught.value.retry_after == (1 if kind == "throttled" else None)


@pytest.mark.parametrize("kind", ["loop", "duplicate_page"])
def test_a_list_that_leads_in_circles_is_told(kind: Kind) -> None:
    with emulator(kind).client() as client, pytest.raises(PaginationLoopError):
        list(client.persons.list(limit=5))


def test_a_clock_may_jump() -> None:
    emulated = emulator("clock_jump")
    before = emulated.clock.now()

    with emulated.client() as client:
        client.persons.retrieve(emulated.sample_id("persons"))

    assert (emulated.clock.now() - before).total_seconds() == 3_600


def test_the_same_seed_strikes_the_same_requests() -> None:
    def struck(seed: int) -> list[Kind | None]:
        faults = Faults(rate=0.3, seed=seed)
        return [faults.strike(number) for number in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert set(struck(1)) == {None, *SURVIVABLE}
    assert 30 < sum(kind is not None for kind in struck(1)) < 90


@pytest.mark.parametrize(
    "arguments",
    [
        *({"rate": -0.1}, {"rate": 1.1}, {"rate": "often"}),
        *({"kinds": ()}, {"kinds": ("flood",)}, {"kinds": "busy"}, {"kinds": [["busy"]]}),
        {"retry_after": -1},
    ],
)
def test_faults_that_do_not_exist_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Faults(**arguments)


def test_no_faults_are_made_unless_asked_for() -> None:
    emulated = Emulator(persons=3)
    with emulated.client() as client:
        assert len(list(client.persons.list())) == 3
    assert emulated.faults_made == {}


def test_every_kind_is_documented() -> None:
    assert Faults.__doc__ is not None
    assert all(kind in Faults.__doc__ for kind in get_args(Kind))


def test_a_stalled_connection_ends_when_the_server_is_closed() -> None:
    emulated = emulator("stalled_before")
    with emulated.serve() as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"GET /api/environments/1/persons/ HTTP/1.1\r\nHost: x\r\n\r\n")
            end = time.monotonic() + 20
            while not emulated.faults_made:
                assert time.monotonic() < end, "the request never came"
            server.close()
            assert connection.recv(10) == b""
