"""HogQL and every other query kind, synchronous and asynchronous: the resource of `AsyncClient`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from posthog_environments.callers import AsyncCaller
from posthog_environments.jobs import AsyncJobs
from posthog_environments.queries.job import AsyncQueryJob
from posthog_environments.queries.keyset import Duplicates, make_plan
from posthog_environments.queries.polling import (
    Deadline,
    OnProgress,
    Submission,
    Ticket,
    check_callback,
    run,
    send,
)
from posthog_environments.queries.result import QueryResult, Row
from posthog_environments.queries.rows import AsyncRowIterator, OnPage
from posthog_environments.queries.submit import (
    any_submission,
    hogql_submission,
    notice_response,
    query_submission,
    rows_of,
)
from posthog_environments.queries.truncation import LARGEST_LIMIT, OnTruncated, check_truncated
from posthog_environments.queries.values import bind
from posthog_environments_api.models.query_filter_override import QueryFilterOverride
from posthog_environments_api.models.query_refresh import QueryRefresh
from posthog_environments_api.models.query_response import QueryResponse
from posthog_environments_api.models.query_variable_map import QueryVariableMap
from posthog_environments_api.resources.query import AsyncQueryResource as GeneratedAsyncQueryResource
from posthog_environments_api.types import RequestOptions

Refresh = QueryRefresh | str


class AsyncQueryResource(GeneratedAsyncQueryResource):
    """HogQL and every other query kind, synchronous and asynchronous."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
        self._clock = caller.settings.clock

    async def hogql(
        self,
        sql: str,
        *,
        values: Mapping[str, Any] | None = None,
        name: str | None = None,
        refresh: Refresh | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        truncated: OnTruncated = "warn",
        filters: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        modifiers: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> QueryResult:
        """Run HogQL and give its rows, typed.

        The query runs inside the request, which suits what takes a few seconds: the server gives an API query ten.
        With `refresh="async"` it runs in the background while this asks for it at growing intervals (0.25 s up to
        5 s); take that for queries that read much. Breaking off (Ctrl-C, a cancelled task) cancels the query on the
        server.

        SQL without LIMIT is cut at 100 rows by the server, and any LIMIT at 50,000; such a result comes with a
        `TruncatedResultWarning`. `iterate` reads further.

        Args:
            sql: The HogQL, with placeholders such as `{since}` for values.
            values: Values of the placeholders. They travel beside the SQL and are never written into it. Texts, numbers,
                booleans, None, dates, datetimes (without a time zone: the project's), UUIDs, Decimals, enums, and lists
                or sets of these.
            name: Name of the query, to find it in the project's query log.
            refresh: Whether to wait inside the request and how old a cached result may be, see `QueryRefresh`.
            timeout: Seconds for the whole work, retries and waits included. When left out, each request has the
                client's own limits and waiting for an asynchronous query ends after 600.
            on_progress: Called with a `QueryProgress` after each question for an asynchronous query.
            truncated: What to do when a limit that nobody wrote has cut the rows: `warn`, `error` or `ignore`.
            filters: What `{filters}` in the SQL stands for: `dateRange`, `properties`, `filterTestAccounts`.
            variables: The project's SQL variables by id, for `{variables.<code_name>}`.
            modifiers: Settings of the query engine.
            options: Settings of each request that differ from the client's.

        Raises:
            QueryError: The query is wrong or failed; `position` and `explain()` show where, if the server says.
            DeadlineExceeded: It was not done in time. An asynchronous query goes on: `query_id` says which.
            TruncatedResultError: The rows were cut, and `truncated` is `error`.
            InvalidRequestError: A placeholder without a value, or another argument that can only fail.
            APIStatusError: The server answered with another error.
            APIConnectionError: No answer came.
        """
        check_truncated(truncated)
        submission = hogql_submission(
            self._caller.project_id,
            bind(sql, values),
            filters=filters,
            variables=variables,
            modifiers=modifiers,
            name=name,
            refresh=refresh,
            options=options,
        )
        response, query_id = await self._run(submission, timeout, on_progress)
        return rows_of(response, submission.sql, query_id, truncated, 2)

    async def run(
        self,
        query: Mapping[str, Any],
        *,
        name: str | None = None,
        refresh: Refresh | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        truncated: OnTruncated = "warn",
        filters_override: QueryFilterOverride | Mapping[str, Any] | None = None,
        variables_override: QueryVariableMap | Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> QueryResponse:
        """Run a query of any kind to its end and give the answer as it is.

        As `create`, but an asynchronous query is waited for, a failed one is a `QueryError`, and breaking off cancels
        it on the server. `QueryResult.from_response` makes typed rows of answers that have columns and rows.

        Args:
            query: The query, such as `{"kind": "TrendsQuery", "series": […]}`.
            name: Name of the query, to find it in the project's query log.
            refresh: Whether to wait inside the request and how old a cached result may be, see `QueryRefresh`.
            timeout: Seconds for the whole work, see `hogql`.
            on_progress: Called with a `QueryProgress` after each question for an asynchronous query.
            truncated: As for `hogql`; counts for HogQL only.
            filters_override: Filters to lay over the query's own.
            variables_override: Values of SQL variables, by the variable's UUID.
            options: Settings of each request that differ from the client's.

        Raises:
            QueryError: The query is wrong or failed.
            DeadlineExceeded: It was not done in time. An asynchronous query goes on: `query_id` says which.
            InvalidRequestError: An argument that can only fail.
            APIStatusError: The server answered with another error.
            APIConnectionError: No answer came.
        """
        check_truncated(truncated)
        submission = query_submission(
            self._caller.project_id,
            query,
            name=name,
            refresh=refresh,
            filters_override=filters_override,
            variables_override=variables_override,
            options=options,
        )
        response, _ = await self._run(submission, timeout, on_progress)
        notice_response(response, submission.sql, truncated, 2)
        return response

    async def start(
        self,
        query: str | Mapping[str, Any],
        *,
        values: Mapping[str, Any] | None = None,
        name: str | None = None,
        refresh: Refresh = "async",
        options: RequestOptions | None = None,
    ) -> AsyncQueryJob:
        """Start a query in the background.

        Used as a context manager, the job is cancelled when the block is left before its end.

        Args:
            query: HogQL, or a query of any kind.
            values: Values of the placeholders in HogQL, as for `hogql`.
            name: Name of the query, to find it in the project's query log.
            refresh: `async` accepts a very fresh cached result, `lazy_async` an older one, `force_async` none.
            options: Settings of each request that differ from the client's.

        Raises:
            QueryError: The query is wrong.
            InvalidRequestError: An argument that can only fail.
            APIStatusError: The server answered with another error.
            APIConnectionError: No answer came.
        """
        submission = any_submission(self._caller.project_id, query, values, name, refresh, options)
        deadline = Deadline(self._clock, None)
        ticket = await self._jobs.run(send(self._clock, submission, deadline, keep=True))
        return AsyncQueryJob(self._jobs, self._clock, submission, ticket)

    def job(self, query_id: str, *, options: RequestOptions | None = None) -> AsyncQueryJob:
        """Take up a query that runs in the background already; nothing is sent.

        Args:
            query_id: Its id, from `QueryJob.id`, from an error's `query_id`, or your own `client_query_id`.
            options: Settings of each request that differ from the client's.
        """
        submission = Submission(self._caller.project_id, {}, options)
        return AsyncQueryJob(self._jobs, self._clock, submission, Ticket(query_id))

    @overload
    def iterate(
        self,
        sql: str,
        *,
        key: str | Sequence[str],
        values: Mapping[str, Any] | None = None,
        page_size: int = LARGEST_LIMIT,
        resume_from: str | None = None,
        on_page: OnPage | None = None,
        as_dicts: Literal[False] = False,
        duplicates: Duplicates = "error",
        name: str | None = None,
        refresh: Refresh | None = None,
        timeout: float | None = None,
        filters: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        modifiers: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncRowIterator[Row]: ...

    @overload
    def iterate(
        self,
        sql: str,
        *,
        key: str | Sequence[str],
        values: Mapping[str, Any] | None = None,
        page_size: int = LARGEST_LIMIT,
        resume_from: str | None = None,
        on_page: OnPage | None = None,
        as_dicts: Literal[True],
        duplicates: Duplicates = "error",
        name: str | None = None,
        refresh: Refresh | None = None,
        timeout: float | None = None,
        filters: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        modifiers: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncRowIterator[dict[str, Any]]: ...

    def iterate(
        self,
        sql: str,
        *,
        key: str | Sequence[str],
        values: Mapping[str, Any] | None = None,
        page_size: int = LARGEST_LIMIT,
        resume_from: str | None = None,
        on_page: OnPage | None = None,
        as_dicts: bool = False,
        duplicates: Duplicates = "error",
        name: str | None = None,
        refresh: Refresh | None = None,
        timeout: float | None = None,
        filters: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        modifiers: Mapping[str, Any] | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncRowIterator[Any]:
        """Every row of a query, however many, in the order of a key; nothing is sent before the first is asked for.

        The SQL becomes a subquery, and each page asks for what comes after the last row: rows are neither lost nor
        doubled while others are added. Of those, the ones behind the current place are seen and the ones before it are
        not. An ORDER BY in the SQL has no effect. A LIMIT in it counts for the whole, and needs an ORDER BY beside
        it to mean the same rows for every page. `now()` in the SQL moves from page to page; pass a value instead.

        The end is a page that brings no new row. A short page is not taken for it, because the server may lower its
        largest page without saying so; that costs one small request at the end.

        A page that is too large for `max_response_bytes`, or takes too long, is asked for again at half the size.

        Args:
            sql: The HogQL; all its columns need a name.
            key: A column of the result, or several, whose values together tell every row apart: strings, numbers,
                booleans, dates, times up to microseconds, UUIDs; never NULL. `("timestamp", "uuid")` suits events.
            values: Values of the placeholders, as for `hogql`.
            page_size: Most rows of a page, from 2 to 50,000.
            resume_from: The `token` of an earlier iteration of the same query.
            on_page: Called with a `RowPageEvent` when the last row of a page was taken and the next one is asked for:
                the rows so far are dealt with, and its token can be kept.
            as_dicts: Whether rows are dicts instead of tuples.
            duplicates: What to do with two rows of one key: `error`, or `drop` all but the first. ClickHouse may hold
                an event twice for a while.
            name: Name of the queries, to find them in the project's query log.
            refresh: As for `hogql`; with `async` each page is waited for in the background.
            timeout: Seconds for each page.
            filters: As for `hogql`.
            variables: As for `hogql`.
            modifiers: As for `hogql`.
            options: Settings of each request that differ from the client's.

        Raises:
            InvalidRequestError: An argument that can only fail, or a token of another query.
            RowKeyError: While iterating: the key is missing, NULL, of another type, or comes twice.
            QueryError: While iterating: the query is wrong or failed.
        """
        check_callback("on_page", on_page)
        query = {"filters": filters, "variables": variables, "modifiers": modifiers}
        plan = make_plan(
            self._caller.project_id,
            sql,
            key,
            values,
            page_size,
            duplicates,
            query,
            name,
            refresh,
            timeout,
            options,
        )
        return AsyncRowIterator(self._jobs, self._clock, plan, resume_from, as_dicts, on_page)

    async def _run(
        self, submission: Submission, timeout: float | None, on_progress: OnProgress | None
    ) -> tuple[QueryResponse, str]:
        check_callback("on_progress", on_progress)
        ticket = await self._jobs.run(run(self._clock, submission, timeout, on_progress))
        assert ticket.response is not None
        return ticket.response, ticket.id
