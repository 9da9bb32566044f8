"""Queries in the background: waiting, giving up, cancelling, finding again. Both clients alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from posthog_environments import (
    APIConnectionError,
    DeadlineExceeded,
    InvalidRequestError,
    NotFoundError,
    QueryError,
    QueryProgress,
    ServerError,
)

from ..client.conftest import FakeClock, Script, Side, reply, side

__all__ = ["side"]

ROWS = {"columns": ["a"], "types": [["a", "UInt8"]], "results": [[1]], "hasMore": None}
CANCELLED = reply({"message": "Cancelled query on clickhouse"})
GONE = reply({"type": "invalid_request", "code": "not_found", "detail": "Query q not found for team 7"}, 404)


def status(query_id: str = "q", complete: bool = False, code: int = 202, **fields: Any) -> httpx.Response:
    return reply({"query_status": {"id": query_id, "team_id": 7, "complete": complete, **fields}}, code)


def done(**fields: Any) -> httpx.Response:
    return status(complete=True, code=200, results=ROWS, **fields)


def queued(request: httpx.Request) -> httpx.Response:
    """As the server does it: the query has the id that the caller chose."""
    return status(json.loads(request.content)["client_query_id"])


def ids(script: Script) -> list[str]:
    """Of each request: its method, and the id of the query that it is about."""
    found = []
    for request in script.requests:
        body = json.loads(request.content) if request.content else {}
        found.append(f"{request.method} {body.get('client_query_id') or request.url.path.split('/')[-2]}")
    return found


class Clock(FakeClock):
    """Ids that can be told apart, and something to happen instead of the n-th wait."""

    def __init__(self, chance: float = 0.5, interrupt: int | None = None) -> None:
        super().__init__(chance)
        self.made = 0
        self.interrupt = interrupt

    def unique_id(self) -> str:
        self.made += 1
        return f"id{self.made}"

    def sleep(self, seconds: float) -> None:
        if self.interrupt is not None and len(self.slept) >= self.interrupt:
            raise KeyboardInterrupt
        super().sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        if self.interrupt is not None and len(self.slept) >= self.interrupt:
            raise asyncio.CancelledError
        self.slept.append(seconds)
        self.time += seconds


def hogql(side: Side, script: Script, clock: FakeClock | None = None, **arguments: Any) -> Any:
    arguments = {"refresh": "async", **arguments}
    client = side.client(script, clock or Clock(), max_retries=0)
    return side.run(client.query.hogql("select 1 as a limit 1", **arguments))


def test_a_query_is_asked_for_until_it_is_done(side: Side) -> None:
    clock = Clock()
    script = Script([queued, *[status("id1")] * 9, done()])
    assert hogql(side, script, clock).rows == [(1,)]
    assert ids(script) == ["POST id1"] + ["GET id1"] * 10
    expected = [min(5.0, 0.25 * 1.5**n) for n in range(10)]
    assert clock.slept == pytest.approx(expected)


@pytest.mark.parametrize(("chance", "first"), [(0.0, 0.1875), (1.0, 0.3125)])
def test_waits_are_spread_by_a_quarter(side: Side, chance: float, first: float) -> None:
    clock = Clock(chance)
    hogql(side, Script([queued, done()]), clock)
    assert clock.slept == [first]


def test_a_cached_answer_is_taken_at_once(side: Side) -> None:
    script = Script([reply({**ROWS, "is_cached": True})])
    assert hogql(side, script).is_cached is True
    assert len(script.requests) == 1


def test_a_status_that_is_complete_at_once_is_taken(side: Side) -> None:
    assert hogql(side, Script([done()])).rows == [(1,)]


def test_progress_is_told_and_asked_for(side: Side) -> None:
    told: list[QueryProgress] = []
    progress = {"rows_read": 50, "estimated_rows_total": 200, "bytes_read": 9, "time_elapsed": 3}
    script = Script([queued, status("id1", query_progress=progress), done()])
    hogql(side, script, on_progress=told.append)
    assert told[0] == QueryProgress(50, 200, 9, 3)
    assert told[0].fraction == 0.25
    assert told[1].fraction is None
    assert all("show_progress=true" in str(request.url) for request in script.requests[1:])


def test_nobody_asks_for_progress_that_nobody_wants(side: Side) -> None:
    script = Script([queued, done()])
    hogql(side, script)
    assert "show_progress" not in str(script.requests[1].url)


def test_a_fraction_is_never_above_one() -> None:
    assert QueryProgress(300, 200, None, None).fraction == 1.0
    assert QueryProgress(1, 0, None, None).fraction is None


# --- giving up -------------------------------------------------------------------------------------------------


def test_a_query_that_never_ends_can_be_taken_up_again(side: Side) -> None:
    clock = Clock()
    script = Script([queued, *[status("id1")] * 400])
    started = clock.time
    with pytest.raises(DeadlineExceeded, match=r"not done within 30 s.*client.query.job\('id1'\)") as caught:
        hogql(side, script, clock, timeout=30)
    assert caught.value.query_id == "id1"
    assert clock.time - started <= 30
    assert "DELETE id1" not in ids(script)

    again = side.client(Script([done()]), Clock()).query.job(caught.value.query_id)
    assert side.run(again.result()).rows == [(1,)]


def test_waiting_ends_after_ten_minutes_unless_told_otherwise(side: Side) -> None:
    clock = Clock()
    started = clock.time
    with pytest.raises(DeadlineExceeded, match="600"):
        hogql(side, Script([queued, *[status("id1")] * 400]), clock)
    assert 590 < clock.time - started <= 600


@pytest.mark.parametrize(("code", "message"), [(400, "Unable to resolve field: nope"), (500, None)])
def test_a_failed_query_says_why(side: Side, code: int, message: str | None) -> None:
    failed = status("id1", complete=True, code=code, error=True, error_message=message)
    with pytest.raises(QueryError, match=message or "no reason") as caught:
        hogql(side, Script([queued, failed]))
    assert caught.value.query_id == "id1"
    assert caught.value.status == code
    assert caught.value.sql == "select 1 as a limit 1"


@pytest.mark.parametrize("where", ["create", "status"])
def test_a_failed_query_in_an_answer_of_200_is_an_error_too(side: Side, where: str) -> None:
    failed = status("id1", complete=True, code=200, error=True, error_message="Too much memory")
    with pytest.raises(QueryError, match="Too much memory"):
        hogql(side, Script([failed] if where == "create" else [queued, failed]))


def test_a_complete_status_without_results_is_an_error(side: Side) -> None:
    with pytest.raises(QueryError, match="no results"):
        hogql(side, Script([queued, status("id1", complete=True, code=200)]))


def test_a_forgotten_query_is_sent_once_more(side: Side) -> None:
    script = Script([queued, status("id1"), GONE, queued, done()])
    assert hogql(side, script).rows == [(1,)]
    assert ids(script) == ["POST id1", "GET id1", "GET id1", "POST id2", "GET id2"]


def test_a_query_forgotten_twice_is_an_error(side: Side) -> None:
    with pytest.raises(QueryError, match="sent again") as caught:
        hogql(side, Script([queued, GONE, queued, GONE]))
    assert caught.value.query_id == "id2"


def test_a_missing_project_is_no_forgotten_query(side: Side) -> None:
    missing = reply({"type": "invalid_request", "code": "not_found", "detail": "Project not found."}, 404)
    with pytest.raises(NotFoundError, match="Project not found"):
        hogql(side, Script([queued, missing]))


def test_a_few_failed_questions_do_not_lose_the_query(side: Side) -> None:
    trouble = [httpx.ConnectError("refused"), reply({"detail": "busy"}, 429), httpx.Response(502)]
    script = Script([queued, *trouble, status("id1"), *trouble, done()])
    assert hogql(side, script).rows == [(1,)]


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [(httpx.ConnectError("refused"), APIConnectionError), (httpx.Response(502), ServerError)],
)
def test_many_failed_questions_in_a_row_say_which_query_goes_on(
    side: Side, trouble: Any, expected: Any
) -> None:
    script = Script([queued, *[trouble] * 5])
    with pytest.raises(expected, match=r"client\.query\.job") as caught:
        hogql(side, script)
    assert caught.value.query_id == "id1"
    assert len(script.requests) == 6


# --- breaking off ----------------------------------------------------------------------------------------------

INTERRUPTED = (KeyboardInterrupt, asyncio.CancelledError)


def interrupt(side: Side) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt if side.kind == "sync" else asyncio.CancelledError

    return answer


def test_breaking_off_while_waiting_cancels_the_query(side: Side) -> None:
    script = Script([queued, status("id1"), CANCELLED])
    with pytest.raises(INTERRUPTED):
        hogql(side, script, Clock(interrupt=1))
    assert ids(script) == ["POST id1", "GET id1", "DELETE id1"]


@pytest.mark.parametrize("refresh", ["blocking", "async"])
def test_breaking_off_while_the_query_is_being_sent_cancels_it(side: Side, refresh: str) -> None:
    script = Script([interrupt(side), CANCELLED])
    with pytest.raises(INTERRUPTED):
        hogql(side, script, refresh=refresh)
    assert ids(script) == ["POST id1", "DELETE id1"]


def test_a_callback_that_raises_cancels_the_query(side: Side) -> None:
    script = Script([queued, status("id1"), CANCELLED])
    with pytest.raises(ZeroDivisionError):
        hogql(side, script, on_progress=lambda _: 1 / 0)
    assert ids(script)[-1] == "DELETE id1"


def test_an_equal_query_of_somebody_else_is_not_cancelled(side: Side) -> None:
    script = Script([status("theirs"), status("theirs")])
    with pytest.raises(INTERRUPTED):
        hogql(side, script, Clock(interrupt=1))
    assert ids(script) == ["POST id1", "GET theirs"]


# --- jobs ------------------------------------------------------------------------------------------------------


def start(side: Side, script: Script, clock: FakeClock | None = None, **arguments: Any) -> Any:
    query = arguments.pop("query", "select {x} limit 1")
    values = {"x": 1} if "{x}" in query else None
    client = side.client(script, clock or Clock(), max_retries=0)
    return side.run(client.query.start(query, values=values, **arguments))


def leave(side: Side, job: Any, action: Callable[[Any], Any] | None = None) -> None:
    """Enter the job's block, do something in it, leave it."""
    if side.kind == "sync":
        with job:
            if action:
                action(job)
        return

    async def block() -> None:
        async with job:
            if action:
                await action(job)

    asyncio.run(block())


def test_a_job_is_started_asked_and_waited_for(side: Side) -> None:
    script = Script([queued, status("id1"), done()])
    job = start(side, script, name="mine")
    assert (job.id, job.done) == ("id1", False)
    assert "running" in repr(job)
    body = json.loads(script.requests[0].content)
    assert (body["refresh"], body["name"], body["query"]["values"]) == ("async", "mine", {"x": 1})
    assert side.run(job.status()).complete is False
    assert side.run(job.result()).rows == [(1,)]
    assert job.done
    assert side.run(job.response()).columns == ["a"]
    assert len(script.requests) == 3


def test_leaving_the_block_cancels_a_query_that_runs(side: Side) -> None:
    script = Script([queued, CANCELLED])
    job = start(side, script)
    leave(side, job)
    assert ids(script) == ["POST id1", "DELETE id1"]
    assert "cancelled" in repr(job)


def test_leaving_the_block_after_the_end_cancels_nothing(side: Side) -> None:
    script = Script([queued, done()])
    leave(side, start(side, script), lambda job: job.result())
    assert ids(script) == ["POST id1", "GET id1"]


def test_a_failed_cancellation_on_the_way_out_is_no_error(side: Side) -> None:
    leave(side, start(side, Script([queued, httpx.ConnectError("refused")])))


def test_cancelling_is_done_once(side: Side) -> None:
    script = Script([queued, CANCELLED])
    job = start(side, script)
    side.run(job.cancel())
    leave(side, job)
    assert ids(script) == ["POST id1", "DELETE id1"]


def test_cancelling_says_when_it_failed(side: Side) -> None:
    with pytest.raises(APIConnectionError):
        side.run(start(side, Script([queued, httpx.ConnectError("refused")])).cancel())


def test_breaking_off_the_waiting_leaves_a_job_running(side: Side) -> None:
    script = Script([queued])
    job = start(side, script, Clock(interrupt=0))
    with pytest.raises(INTERRUPTED):
        side.run(job.result())
    assert ids(script) == ["POST id1"]


def test_a_job_can_be_waited_for_again(side: Side) -> None:
    job = start(side, Script([queued, *[status("id1")] * 3, done()]))
    with pytest.raises(DeadlineExceeded):
        side.run(job.result(timeout=0.9))
    assert side.run(job.result()).rows == [(1,)]


def test_a_forgotten_job_is_sent_once_more_where_its_query_is_known(side: Side) -> None:
    script = Script([queued, GONE, queued, done()])
    assert side.run(start(side, script).result()).rows == [(1,)]
    assert ids(script) == ["POST id1", "GET id1", "POST id2", "GET id2"]

    job = side.client(Script([GONE]), Clock()).query.job("q")
    with pytest.raises(QueryError, match="Query q not found for team 7; the server forgets"):
        side.run(job.result())


def test_breaking_off_while_a_job_is_being_sent_cancels_it(side: Side) -> None:
    script = Script([interrupt(side), CANCELLED])
    with pytest.raises(INTERRUPTED):
        start(side, script)
    assert ids(script) == ["POST id1", "DELETE id1"]


def test_a_job_of_another_kind_has_a_response_and_no_rows(side: Side) -> None:
    answer = status("id1", complete=True, code=200, results={"results": [{"data": [1]}]})
    client = side.client(Script([queued, answer]), Clock())
    job = side.run(client.query.start({"kind": "TrendsQuery", "series": []}))
    assert side.run(job.response()).results == [{"data": [1]}]
    with pytest.raises(InvalidRequestError, match="no columns"):
        side.run(job.result())


def test_values_go_with_sql_only(side: Side) -> None:
    client = side.client(Script([]), Clock())
    with pytest.raises(InvalidRequestError, match="values"):
        side.run(client.query.start({"kind": "TrendsQuery"}, values={"x": 1}))
