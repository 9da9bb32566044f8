"""Steps that take many calls: both drivers do the same, and what was begun is ended when they are broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from posthog_environments import NotFoundError
from posthog_environments.exchange import Sleep
from posthog_environments.jobs import AsyncJobs, Call, Give, OnInterrupt, SyncJobs, every_page
from posthog_environments_api.api.persons import persons_list
from posthog_environments_api.api.query import query_delete, query_retrieve

from ..client.conftest import FakeClock, Script, Side, reply, side

__all__ = ["side"]


def status(query_id: str = "q") -> Call[Any]:
    return Call(query_retrieve.OPERATION, query_retrieve.request_kwargs("7", query_id))


def cancel(query_id: str = "q") -> Call[Any]:
    return Call(query_delete.OPERATION, query_delete.request_kwargs("7", query_id))


def done(query_id: str = "q") -> httpx.Response:
    return reply({"query_status": {"id": query_id, "team_id": 7, "complete": True}})


def run(side: Side, script: Script, steps: Any, clock: FakeClock | None = None) -> Any:
    client = side.client(script, clock)
    if side.kind == "sync":
        return SyncJobs(client._caller).run(steps)
    return asyncio.run(AsyncJobs(client._caller).run(steps))


def test_steps_are_sent_what_came_of_them(side: Side) -> None:
    def steps() -> Any:
        first = yield status("a")
        yield Sleep(3)
        second = yield status("b")
        return [first.query_status.id, second.query_status.id]

    clock = FakeClock()
    assert run(side, Script([done("a"), done("b")]), steps(), clock) == ["a", "b"]
    assert clock.slept == [3]


def test_a_failed_call_is_raised_inside_the_steps(side: Side) -> None:
    def steps() -> Any:
        try:
            yield status("gone")
        except NotFoundError as error:
            return error.status

    assert run(side, Script([reply({"detail": "Not found."}, 404)]), steps()) == 404


def test_what_the_steps_raise_comes_out(side: Side) -> None:
    def steps() -> Any:
        yield status("gone")

    with pytest.raises(NotFoundError):
        run(side, Script([reply({"detail": "Not found."}, 404)]), steps())


def begun(give: bool = True) -> Iterator[Any]:
    yield OnInterrupt(cancel())
    yield status()
    yield Give([1, 2, 3]) if give else Sleep(1)
    yield OnInterrupt(None)
    yield Give([4])


def take_two(side: Side, script: Script, steps: Any) -> list[Any]:
    client = side.client(script)
    taken: list[Any] = []
    if side.kind == "sync":
        items = SyncJobs(client._caller).iterate(steps)
        taken += [next(items), next(items)]
        items.close()  # type: ignore[attr-defined]
    else:

        async def some() -> None:
            async with aclosing(AsyncJobs(client._caller).iterate(steps)) as items:
                async for item in items:
                    taken.append(item)
                    if len(taken) == 2:
                        return

        asyncio.run(some())
    return taken


def test_an_iterator_left_early_ends_what_it_began(side: Side) -> None:
    script = Script([done(), reply({"message": "Cancelled query on clickhouse"})])
    assert take_two(side, script, begun()) == [1, 2]
    assert [request.method for request in script.requests] == ["GET", "DELETE"]


def test_an_iterator_read_to_its_end_cancels_nothing(side: Side) -> None:
    script = Script([done()])
    client = side.client(script)
    jobs: Any = SyncJobs(client._caller) if side.kind == "sync" else AsyncJobs(client._caller)
    assert side.all(jobs.iterate(begun())) == [1, 2, 3, 4]
    assert [request.method for request in script.requests] == ["GET"]


class Interrupting(FakeClock):
    """Ctrl-C, or a cancelled task, while waiting."""

    def sleep(self, seconds: float) -> None:
        raise KeyboardInterrupt

    async def sleep_async(self, seconds: float) -> None:
        raise asyncio.CancelledError


def test_breaking_off_while_waiting_ends_what_was_begun(side: Side) -> None:
    script = Script([done(), reply({"message": "Cancelled query on clickhouse"})])
    expected = KeyboardInterrupt if side.kind == "sync" else asyncio.CancelledError
    with pytest.raises(expected):
        run(side, script, begun(give=False), Interrupting())
    assert [request.method for request in script.requests] == ["GET", "DELETE"]


def test_the_last_call_is_made_once_and_its_failure_does_not_hide_the_reason(side: Side) -> None:
    script = Script([done(), httpx.ConnectError("refused")])
    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError)):
        run(side, script, begun(give=False), Interrupting())
    assert len(script.requests) == 2


def test_a_callback_that_raises_ends_what_was_begun(side: Side) -> None:
    def steps() -> Any:
        yield OnInterrupt(cancel())
        yield status()
        raise ZeroDivisionError("a mistake in a callback")

    script = Script([done(), reply({"message": "Cancelled query on clickhouse"})])
    with pytest.raises(ZeroDivisionError):
        run(side, script, steps())
    assert [request.method for request in script.requests] == ["GET", "DELETE"]


def test_a_failed_call_is_no_interruption(side: Side) -> None:
    def steps() -> Any:
        yield OnInterrupt(cancel())
        yield status()

    script = Script([reply({"detail": "Not found."}, 404)])
    with pytest.raises(NotFoundError):
        run(side, script, steps())
    assert len(script.requests) == 1


def test_a_whole_list_is_read_over_its_links(side: Side) -> None:
    def page(name: str, following: str | None) -> httpx.Response:
        person = {"id": name, "uuid": name, "distinct_ids": [name], "properties": {}}
        return reply({"results": [person], "next": following})

    def steps() -> Any:
        return (
            yield from every_page(
                persons_list.OPERATION, persons_list.request_kwargs("7"), persons_list.page_items
            )
        )

    one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    script = Script([page(one, "/api/environments/7/persons/?offset=1"), page(two, None)])
    assert [person.distinct_ids for person in run(side, script, steps())] == [[one], [two]]
