"""`QueryJob`: a query that runs in the background, to be asked for now and then, waited for, or cancelled."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from posthog_environments.clock import Clock
from posthog_environments.errors import PostHogError
from posthog_environments.jobs import LAST_WORDS, AsyncJobs, Step, SyncJobs
from posthog_environments.queries.polling import (
    Deadline,
    OnProgress,
    QueryProgress,
    Submission,
    Ticket,
    ask,
    cancel_call,
    check_callback,
    progress_of,
    wait,
)
from posthog_environments.queries.submit import notice_response, rows_of
from posthog_environments.queries.truncation import OnTruncated, check_truncated
from posthog_environments_api.models.query_response import QueryResponse
from posthog_environments_api.models.query_status import QueryStatus

if TYPE_CHECKING:
    from posthog_environments.queries.result import QueryResult


class _Job:
    """What both kinds of job share: everything but sending and waiting."""

    def __init__(self, clock: Clock, submission: Submission, ticket: Ticket) -> None:
        self._clock = clock
        self._submission = submission
        self._ticket = ticket
        self._cancelled = False

    @property
    def id(self) -> str:
        """Id of the query, for `client.query.job(id)`, also in another process, within 20 minutes."""
        return self._ticket.id

    @property
    def done(self) -> bool:
        """Whether the answer is known here; asks nobody."""
        return self._ticket.done

    @property
    def progress(self) -> QueryProgress | None:
        """How far the query was when it was last asked for with `on_progress`; None before that."""
        return progress_of(self._ticket.status) if self._ticket.status is not None else None

    def __repr__(self) -> str:
        state = "done" if self.done else "cancelled" if self._cancelled else "running"
        return f"<{type(self).__name__} {self.id}, {state}>"

    def _wait(
        self, timeout: float | None, on_progress: OnProgress | None
    ) -> Generator[Step, Any, QueryResponse]:
        check_callback("on_progress", on_progress)
        return wait(
            self._clock,
            self._submission,
            self._ticket,
            Deadline(self._clock, timeout),
            on_progress,
            keep=True,
            resend=bool(self._submission.body),
        )

    def _rows(self, response: QueryResponse, truncated: str) -> QueryResult:
        return rows_of(response, self._submission.sql, self.id, truncated, 2)

    def _one_status(self) -> Generator[Step, Any, QueryStatus]:
        return ask(self._submission, self._ticket)

    @property
    def _left_running(self) -> bool:
        return not self.done and not self._cancelled and self._ticket.ours


class QueryJob(_Job):
    """A query that runs in the background.

        with client.query.start("select count() from events") as job:
            print(job.result().scalar())

    Leaving the `with` block before the end cancels the query. Without the block it goes on, whatever becomes of this
    object, and can be found again by its `id`.
    """

    def __init__(self, jobs: SyncJobs, clock: Clock, submission: Submission, ticket: Ticket) -> None:
        super().__init__(clock, submission, ticket)
        self._jobs = jobs

    def status(self) -> QueryStatus:
        """Ask once how far it is.

        Raises:
            QueryError: The query failed.
            NotFoundError: The server has forgotten it.
        """
        return self._jobs.run(self._one_status())

    def response(
        self,
        timeout: float | None = None,
        *,
        on_progress: OnProgress | None = None,
        truncated: OnTruncated = "warn",
    ) -> QueryResponse:
        """Wait for the answer, whatever its shape. Arguments and errors as those of `result`."""
        check_truncated(truncated)
        found = self._jobs.run(self._wait(timeout, on_progress))
        notice_response(found, self._submission.sql, truncated, 2)
        return found

    def result(
        self,
        timeout: float | None = None,
        *,
        on_progress: OnProgress | None = None,
        truncated: OnTruncated = "warn",
    ) -> QueryResult:
        """Wait for the rows.

        Args:
            timeout: Seconds to wait at most; 600 when left out.
            on_progress: Called with a `QueryProgress` after each question to the server.
            truncated: What to do when a limit that nobody wrote has cut the rows: `warn`, `error` or `ignore`.

        Raises:
            QueryError: The query failed, or the server has forgotten it twice.
            DeadlineExceeded: It has not ended in time; it goes on, and waiting again is possible.
            InvalidRequestError: The answer has no rows; `response()` has it.
        """
        check_truncated(truncated)
        return self._rows(self._jobs.run(self._wait(timeout, on_progress)), truncated)

    def cancel(self) -> None:
        """Cancel the query. Does nothing when it has ended."""
        if not self.done:
            self._jobs.run(_once(cancel_call(self._submission.project_id, self.id, self._submission.options)))
            self._cancelled = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._left_running:
            with suppress(PostHogError):
                self._jobs.run(_once(cancel_call(self._submission.project_id, self.id, LAST_WORDS)))
            self._cancelled = True


class AsyncQueryJob(_Job):
    """A query that runs in the background.

        async with await client.query.start("select count() from events") as job:
            print((await job.result()).scalar())

    Leaving the `async with` block before the end cancels the query. Without the block it goes on, whatever becomes of
    this object, and can be found again by its `id`.
    """

    def __init__(self, jobs: AsyncJobs, clock: Clock, submission: Submission, ticket: Ticket) -> None:
        super().__init__(clock, submission, ticket)
        self._jobs = jobs

    async def status(self) -> QueryStatus:
        """Ask once how far it is.

        Raises:
            QueryError: The query failed.
            NotFoundError: The server has forgotten it.
        """
        return await self._jobs.run(self._one_status())

    async def response(
        self,
        timeout: float | None = None,
        *,
        on_progress: OnProgress | None = None,
        truncated: OnTruncated = "warn",
    ) -> QueryResponse:
        """Wait for the answer, whatever its shape. Arguments and errors as those of `result`."""
        check_truncated(truncated)
        found = await self._jobs.run(self._wait(timeout, on_progress))
        notice_response(found, self._submission.sql, truncated, 2)
        return found

    async def result(
        self,
        timeout: float | None = None,
        *,
        on_progress: OnProgress | None = None,
        truncated: OnTruncated = "warn",
    ) -> QueryResult:
        """Wait for the rows.

        Args:
            timeout: Seconds to wait at most; 600 when left out.
            on_progress: Called with a `QueryProgress` after each question to the server.
            truncated: What to do when a limit that nobody wrote has cut the rows: `warn`, `error` or `ignore`.

        Raises:
            QueryError: The query failed, or the server has forgotten it twice.
            DeadlineExceeded: It has not ended in time; it goes on, and waiting again is possible.
            InvalidRequestError: The answer has no rows; `response()` has it.
        """
        check_truncated(truncated)
        return self._rows(await self._jobs.run(self._wait(timeout, on_progress)), truncated)

    async def cancel(self) -> None:
        """Cancel the query. Does nothing when it has ended."""
        if not self.done:
            await self._jobs.run(
                _once(cancel_call(self._submission.project_id, self.id, self._submission.options))
            )
            self._cancelled = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._left_running:
            with suppress(PostHogError):
                await self._jobs.run(_once(cancel_call(self._submission.project_id, self.id, LAST_WORDS)))
            self._cancelled = True


def _once(step: Step) -> Generator[Step, Any, Any]:
    return (yield step)


__all__ = ["AsyncQueryJob", "QueryJob"]
