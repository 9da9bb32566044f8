"""Running a query to its end: sending it, waiting for it, cancelling it. Steps without I/O, see `jobs`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

from attrs import define, field

from posthog_environments.clock import Clock
from posthog_environments.errors import (
    APIConnectionError,
    APITimeoutError,
    DeadlineExceeded,
    InvalidRequestError,
    NotFoundError,
    PostHogError,
    QueryError,
    RateLimitError,
    ServerError,
)
from posthog_environments.exchange import Sleep
from posthog_environments.jobs import Call, OnInterrupt, Step
from posthog_environments.queries.positions import query_failure
from posthog_environments.queries.values import BoundSql
from posthog_environments.settings import check_deadline
from posthog_environments_api.api.query import query_create, query_delete, query_retrieve
from posthog_environments_api.codec import is_object
from posthog_environments_api.models.query_response import QueryResponse
from posthog_environments_api.models.query_status import QueryStatus
from posthog_environments_api.types import RequestOptions, Unset

FIRST_PAUSE: Final = 0.25
PAUSE_GROWTH: Final = 1.5
LONGEST_PAUSE: Final = 5.0
DEFAULT_TIMEOUT: Final = 600.0
"""Seconds that an asynchronous query is waited for; the server gives up on its own queries after ten minutes."""
FAILED_POLLS: Final = 5
"""So many questions in a row may fail, each with its own retries, before waiting is given up."""

OnProgress = Callable[["QueryProgress"], object]
_ASYNC_HINT: Final = (
    "For queries that take long, pass refresh='async': the server then runs them in the background."
)
_SLOW_STATUSES: Final = frozenset({502, 504, 524})


@define(frozen=True)
class QueryProgress:
    """How far a running query has come. None is what the server does not say.

    Attributes:
        rows_read: Rows read so far.
        estimated_rows_total: Rows that will be read, as the server estimates.
        bytes_read: Bytes read so far.
        time_elapsed: Time since the query began to run, in the server's unit.
        fraction: Part of the estimated rows that was read, from 0 to 1.
    """

    rows_read: int | None
    estimated_rows_total: int | None
    bytes_read: int | None
    time_elapsed: int | None

    @property
    def fraction(self) -> float | None:
        if self.rows_read is None or not self.estimated_rows_total:
            return None
        return min(1.0, max(0.0, self.rows_read / self.estimated_rows_total))


@define(frozen=True)
class Submission:
    """A query as it is sent.

    Attributes:
        project_id: Number of the project.
        body: Body of the request, without the query's id.
        options: Settings of each call.
        sql: The HogQL in it, or None for other kinds.
    """

    project_id: str
    body: Mapping[str, Any] = field(repr=False)
    options: RequestOptions | None = None
    sql: BoundSql | None = field(default=None, repr=False)

    def create(self, query_id: str, remaining: float | None) -> Call[QueryResponse]:
        request = query_create.request_kwargs(
            self.project_id, body={**self.body, "client_query_id": query_id}
        )
        return Call(query_create.OPERATION, request, within(self.options, remaining))


@define
class Ticket:
    """What is known of a query that was sent.

    Attributes:
        id: The id to ask by.
        ours: Whether it is our own query; the server may answer with an equal one that already runs.
        response: The answer, once it is there.
        status: The last status.
        again: Whether it was sent a second time.
    """

    id: str
    ours: bool = True
    response: QueryResponse | None = None
    status: QueryStatus | None = None
    again: bool = False

    @property
    def done(self) -> bool:
        return self.response is not None


def within(options: RequestOptions | None, remaining: float | None) -> RequestOptions | None:
    """The options with a deadline that leaves no call more than what remains."""
    if remaining is None:
        return options
    own = (options or {}).get("deadline")
    deadline = max(0.001, remaining if own is None else min(own, remaining))
    return {**(options or {}), "deadline": deadline}


class Deadline:
    """The time for the whole work.

    Args:
        clock: Whose time.
        timeout: Seconds, or None: then sending has no deadline of its own and waiting has `DEFAULT_TIMEOUT`.

    Raises:
        ConfigurationError: The timeout is no number above 0.
    """

    def __init__(self, clock: Clock, timeout: float | None) -> None:
        self.given = check_deadline(timeout)
        self.seconds = self.given or DEFAULT_TIMEOUT
        self._clock = clock
        self._started = clock.monotonic()

    @property
    def left(self) -> float:
        return self.seconds - (self._clock.monotonic() - self._started)

    @property
    def left_for_sending(self) -> float | None:
        return None if self.given is None else self.left

    def over(self, ticket: Ticket, last: PostHogError | None) -> DeadlineExceeded:
        error = DeadlineExceeded(
            deadline=self.seconds, method="GET", path=f"query/{ticket.id}/", attempts=1, last_error=last
        )
        error.query_id = ticket.id
        return error


# --- steps -----------------------------------------------------------------------------------------------------


def send(
    clock: Clock, submission: Submission, deadline: Deadline, *, keep: bool = False
) -> Generator[Step, Any, Ticket]:
    """Send a query. Until it is answered, breaking off cancels it; with `keep`, afterwards it goes on.

    Raises:
        QueryError: The query is wrong, or failed.
    """
    query_id = clock.unique_id()
    yield OnInterrupt(cancel_call(submission.project_id, query_id))
    try:
        response: QueryResponse = yield submission.create(query_id, deadline.left_for_sending)
    except PostHogError as error:
        failure = _failed_sending(error, submission, deadline)
        if failure is error:
            raise
        raise failure from error
    ticket = Ticket(query_id)
    status = response.query_status
    if isinstance(status, QueryStatus) and not status.complete:
        ticket.ours = status.id == query_id
        ticket.id = status.id
        ticket.status = status
    else:
        ticket.response = _answer(response, submission.sql, query_id)
    if keep or ticket.done or not ticket.ours:
        yield OnInterrupt(None)  # an equal query of somebody else is not ours to cancel
    return ticket


def _failed_sending(error: PostHogError, submission: Submission, deadline: Deadline) -> PostHogError:
    asynchronous = "async" in str(submission.body.get("refresh") or "")
    slow = isinstance(error, (APITimeoutError, DeadlineExceeded)) or (
        isinstance(error, ServerError) and error.status in _SLOW_STATUSES
    )
    if slow and not asynchronous:
        assert isinstance(error, (APITimeoutError, DeadlineExceeded, ServerError))
        error.hint = _ASYNC_HINT
    if isinstance(error, DeadlineExceeded) and deadline.given is not None:
        error.deadline = deadline.given
    return query_failure(error, submission.sql)


def wait(
    clock: Clock,
    submission: Submission,
    ticket: Ticket,
    deadline: Deadline,
    on_progress: OnProgress | None = None,
    *,
    keep: bool = False,
    resend: bool = True,
) -> Generator[Step, Any, QueryResponse]:
    """Ask for a query's status, at growing intervals, until it has ended.

    A question that fails does not end the waiting unless it fails `FAILED_POLLS` times in a row. A query that the
    server has forgotten is sent once more (`resend`), which usually finds its result in the cache.

    Raises:
        QueryError: The query failed, or the server has forgotten it.
        DeadlineExceeded: It had not ended in time; it goes on, and `query_id` says which it is.
    """
    pause = FIRST_PAUSE
    failed = 0
    last: PostHogError | None = None
    while ticket.response is None:
        seconds = pause * (0.75 + 0.5 * clock.random())
        pause = min(LONGEST_PAUSE, pause * PAUSE_GROWTH)
        if seconds >= deadline.left:
            raise deadline.over(ticket, last)
        yield Sleep(seconds)
        try:
            yield from ask(submission, ticket, deadline.left, on_progress)
        except NotFoundError as error:
            if "project" in error.detail.lower():
                raise
            if ticket.again or not resend:
                raise _forgotten(ticket, error) from error
            fresh = yield from send(clock, submission, deadline, keep=keep)
            ticket.id, ticket.ours, ticket.response, ticket.status = (
                fresh.id,
                fresh.ours,
                fresh.response,
                fresh.status,
            )
            ticket.again = True
            pause, failed = FIRST_PAUSE, 0
        except DeadlineExceeded as error:
            raise deadline.over(ticket, error.last_error or last) from None
        except (APIConnectionError, RateLimitError, ServerError) as error:
            failed, last = failed + 1, error
            if failed >= FAILED_POLLS:
                error.query_id = ticket.id
                raise
        else:
            failed, last = 0, None
    return ticket.response


def ask(
    submission: Submission,
    ticket: Ticket,
    remaining: float | None = None,
    on_progress: OnProgress | None = None,
) -> Generator[Step, Any, QueryStatus]:
    """Ask once; what came of it is noted on the ticket.

    Raises:
        QueryError: The query failed.
    """
    request = query_retrieve.request_kwargs(
        submission.project_id, ticket.id, show_progress=True if on_progress else None
    )
    try:
        found = yield Call(query_retrieve.OPERATION, request, within(submission.options, remaining))
    except QueryError as error:
        query_failure(error, submission.sql)
        raise
    status: QueryStatus = found.query_status
    ticket.status = status
    if on_progress is not None:
        on_progress(progress_of(status))
    if status.complete:
        ticket.response = _result(status, submission.sql)
    return status


def run(
    clock: Clock, submission: Submission, timeout: float | None, on_progress: OnProgress | None
) -> Generator[Step, Any, Ticket]:
    """Send a query and wait for it; breaking off cancels it. The ticket holds the answer."""
    deadline = Deadline(clock, timeout)
    ticket = yield from send(clock, submission, deadline)
    if not ticket.done:
        yield from wait(clock, submission, ticket, deadline, on_progress)
    yield OnInterrupt(None)
    return ticket


def cancel_call(project_id: str, query_id: str, options: RequestOptions | None = None) -> Call[Any]:
    return Call(query_delete.OPERATION, query_delete.request_kwargs(project_id, query_id), options)


# --- what came -------------------------------------------------------------------------------------------------


def _answer(response: QueryResponse, sql: BoundSql | None, query_id: str) -> QueryResponse:
    status = response.query_status
    if isinstance(status, QueryStatus):
        if status.error or isinstance(response.results, Unset) or response.results is None:
            return _result(status, sql)
        return response
    if isinstance(response.error, str) and response.error and not response.results:
        raise query_failure(QueryError(response.error, query_id=query_id, body=response.to_dict()), sql)
    return response


def _result(status: QueryStatus, sql: BoundSql | None) -> QueryResponse:
    """The answer that a complete status carries."""
    if status.error:
        detail = status.error_message if isinstance(status.error_message, str) else ""
        error = QueryError(
            detail or "the server gives no reason",
            query_id=status.id,
            body={"query_status": status.to_dict()},
        )
        raise query_failure(error, sql)
    results: Any = status.results
    if not is_object(results):
        raise QueryError("the query is complete, but its status holds no results", query_id=status.id)
    return QueryResponse.from_dict(results)


def _forgotten(ticket: Ticket, error: NotFoundError) -> QueryError:
    detail = (
        "the server has forgotten the query, also after it was sent again" if ticket.again else error.detail
    )
    return QueryError(
        f"{detail}; the server forgets a query 20 minutes after its last change",
        query_id=ticket.id,
        status=error.status,
        body=error.body,
    )


def progress_of(status: QueryStatus) -> QueryProgress:
    found = status.query_progress

    def number(name: str) -> int | None:
        value = getattr(found, name, None)
        return value if isinstance(value, int) else None

    return QueryProgress(
        number("rows_read"), number("estimated_rows_total"), number("bytes_read"), number("time_elapsed")
    )


def check_callback(name: str, callback: Any) -> None:
    if callback is not None and not callable(callback):
        raise InvalidRequestError(f"{name} must be a function, got {type(callback).__name__}")


__all__ = [
    "Deadline",
    "OnProgress",
    "QueryProgress",
    "Submission",
    "Ticket",
    "ask",
    "cancel_call",
    "check_callback",
    "progress_of",
    "run",
    "send",
    "wait",
]
