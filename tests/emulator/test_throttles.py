"""Rate limits are enforced on the emulator's clock, and our own limiter and retries get along with them.

Sources, where a docstring names a file: PostHog rate_limit.py, September 2025, and Django REST framework throttling.py.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from posthog_environments import RateLimiter, RateLimitError
from posthog_environments.clock import Clock
from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS, RATE_LIMITS

from .conftest import Answer, Api, example_request

CLASSES = sorted({operation.rate_limit for operation in OPERATIONS.values()})


class SharedClock(Clock):
    """Time of a client, and of the emulator it asks: both move when the client waits, and only then."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.emulator.clock.micros() / 1e6

    def now(self) -> float:
        return self.monotonic()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.emulator.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def random(self) -> float:
        return 0.0


def throttled(**arguments: Any) -> Api:
    return Api(Emulator(persons=5, events=20, throttle=True, **arguments))


def ask(api: Api, name: str, key: str | None = None) -> Answer:
    """One request of a class."""
    operation = next(op for op in OPERATIONS.values() if op.rate_limit == name and op.method == "GET")
    method, path, query, _ = example_request(api.emulator, operation.operation_id)
    headers = [("Authorization", f"Bearer {key or api.emulator.api_key}")]
    return Answer(*api.emulator.handle(method, f"{path}?{urlencode(query)}", headers, b""))


def use_up(api: Api, name: str) -> None:
    for _ in range(RATE_LIMITS[name][0].requests):
        assert ask(api, name).status != 429


# --- what is counted -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_has_its_burst_and_says_how_long_to_wait(name: str) -> None:
    """throttling.py: as long as until the oldest request leaves the window, in whole seconds, rounded up."""
    api, burst = throttled(), RATE_LIMITS[name][0]
    ask(api, name)
    api.emulator.advance(10.5)
    for _ in range(burst.requests - 1):
        assert ask(api, name).status != 429
    answer = ask(api, name)
    wait = burst.seconds - 10
    assert (answer.status, answer.headers["Retry-After"]) == (429, str(wait))
    assert answer.json == {
        "type": "throttled_error",
        "code": "throttled",
        "detail": f"Request was throttled. Expected available in {wait} seconds.",
        "attr": None,
    }
    api.emulator.advance(wait)
    assert ask(api, name).status != 429
    assert ask(api, name).status == 429


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_has_its_sustained_limit(name: str) -> None:
    """What the burst refuses still counts as long as the hour has room, as throttling.py runs every throttle."""
    api = throttled()
    burst, sustained = RATE_LIMITS[name]
    answered = 0
    while answered < sustained.requests:
        for _ in range(min(burst.requests, sustained.requests - answered)):
            assert ask(api, name).status != 429
            answered += 1
        api.emulator.advance(burst.seconds)
    passed = sustained.requests // burst.requests * burst.seconds
    if sustained.requests % burst.requests:
        passed += burst.seconds
    assert ask(api, name).headers["Retry-After"] == str(sustained.seconds - passed)


def test_a_refused_request_counts_in_the_windows_that_had_room_for_it() -> None:
    """throttling.py: no throttle knows what another one said."""
    api = throttled()
    use_up(api, "ai")
    for _ in range(90):
        assert ask(api, "ai").headers["Retry-After"] == "60"
    assert ask(api, "ai").headers["Retry-After"] == "86400"  # the longest wait counts
    api.emulator.advance(60)
    assert ask(api, "ai").headers["Retry-After"] == str(86_400 - 60)


def test_one_second_is_not_seconds() -> None:
    api = throttled()
    use_up(api, "ai")
    api.emulator.advance(59.5)
    assert ask(api, "ai").json["detail"] == "Request was throttled. Expected available in 1 second."


def test_classes_and_keys_are_counted_apart_and_operations_of_a_class_together() -> None:
    """rate_limit.py: by throttle and by key."""
    api = throttled()
    use_up(api, "analytics")
    assert ask(api, "analytics").status == 429
    assert ask(api, "crud").status == 200
    other = api.emulator.add_key(None)
    assert ask(api, "analytics", other).status == 200
    api.emulator.advance(60)
    use_up(api, "persons")
    assert api.send("GET", "persons/").status == 429
    assert api.send("GET", "persons/values/").status == 429


@pytest.mark.behaviour(
    "persons_list",
    "query_draft_sql",
    "the limits of persons and of the language model are counted by user, not by key",
    source="PostHog source person.py and rate_limit.py, October 2025",
)
@pytest.mark.parametrize("name", ["persons", "ai"])
def test_some_limits_are_counted_by_user(name: str) -> None:
    api = throttled()
    second = api.emulator.add_key(None)
    colleague = api.emulator.add_key(None, user=api.emulator.add_user("linus@example.com"))
    use_up(api, name)
    assert ask(api, name, second).status == 429
    assert ask(api, name, colleague).status == 200


@pytest.mark.behaviour(
    "persons_list",
    "events_list",
    "persons and whatever else reads ClickHouse share 240 requests a minute",
    source="PostHog source person.py and rate_limit.py, October 2025",
)
@pytest.mark.parametrize(("first", "then"), [("persons", "analytics"), ("analytics", "persons")])
def test_persons_share_the_burst_of_what_reads_clickhouse(first: str, then: str) -> None:
    api = throttled()
    for _ in range(150):
        assert ask(api, first).status != 429
    api.emulator.advance(20)
    for _ in range(90):
        assert ask(api, then).status != 429
    assert ask(api, then).headers["Retry-After"] == "40"
    api.emulator.advance(40)
    assert ask(api, then).status != 429


def test_a_key_in_the_query_is_the_same_key_and_one_in_the_body_is_not_counted() -> None:
    """rate_limit.py looks for the key without reading the body."""
    api = throttled()
    use_up(api, "crud")
    nobody = {"Authorization": ""}
    key = api.emulator.api_key
    assert api.send("GET", "exports/", query={"personal_api_key": key}, headers=nobody).status == 429
    assert api.send("POST", "exports/", {"personal_api_key": key}, headers=nobody).status == 400


def test_what_is_refused_before_is_not_counted_and_a_wrong_method_is() -> None:
    """Django REST framework: permissions, then throttles, then the method."""
    api = throttled()
    stranger = {"Authorization": f"Bearer {api.emulator.add_key(['group:read'])}"}
    for _ in range(500):
        assert api.send("GET", "exports/", headers=stranger).status == 403
    assert api.send("GET", "groups/property_definitions/", headers=stranger).status == 200
    for _ in range(480):
        assert api.send("PUT", "exports/", {}).status == 405
    assert api.send("PUT", "exports/", {}).status == 429


@pytest.mark.behaviour(
    "persons_list", "429 without Retry-After before September 2025", source="PostHog/posthog#37812"
)
def test_persons_did_not_say_how_long_until_september_2025() -> None:
    """PostHog/posthog#37812: a throttle that counted twice."""
    api = throttled()
    api.emulator.behaviour.persons_tell_wait = False
    use_up(api, "persons")
    answer = ask(api, "persons")
    assert (answer.status, answer.json["detail"]) == (429, "Request was throttled.")
    assert "Retry-After" not in answer.headers
    use_up(api, "crud")
    assert "Retry-After" in ask(api, "crud").headers


def test_nothing_is_throttled_unless_asked_for() -> None:
    api = Api(Emulator(persons=5, events=20))
    for _ in range(200):
        assert ask(api, "persons").status == 200
    api.emulator.behaviour.throttle = True
    use_up(api, "persons")
    assert ask(api, "persons").status == 429


# --- with our own client ---------------------------------------------------------------------------------------


def retrieve(emulator: Emulator, kind: str, times: int, **options: Any) -> list[float]:
    """Retrieve a person so many times; what the client waited."""
    clock = SharedClock(emulator)
    if kind == "sync":
        with emulator.client(clock=clock, **options) as client:
            for _ in range(times):
                client.persons.retrieve(1)
        return clock.slept

    async def run() -> None:
        async with emulator.async_client(clock=clock, **options) as client:
            for _ in range(times):
                await client.persons.retrieve(1)

    asyncio.run(run())
    return clock.slept


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_with_the_limiter_a_client_never_sees_a_429(kind: str) -> None:
    """Past the burst several times, and past the hour once."""
    emulator = Emulator(persons=5, events=0, throttle=True)
    slept = retrieve(emulator, kind, 1_300, rate_limiter=RateLimiter(), max_retries=0)
    assert len(emulator.requests) == 1_300
    assert {request.status for request in emulator.requests} == {200}
    assert 3_600 < sum(slept) < 3_700


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_without_it_retries_wait_as_long_as_the_server_says(kind: str) -> None:
    emulator = Emulator(persons=5, events=0, throttle=True)
    slept = retrieve(emulator, kind, 400)
    assert slept == [60, 60]
    assert [request.status for request in emulator.requests].count(429) == 2
    assert [request.status for request in emulator.requests].count(200) == 400


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_without_retries_the_error_says_how_long(kind: str) -> None:
    emulator = Emulator(persons=5, events=0, throttle=True)
    with pytest.raises(RateLimitError) as caught:
        retrieve(emulator, kind, 181, max_retries=0)
    assert caught.value.retry_after == 60
