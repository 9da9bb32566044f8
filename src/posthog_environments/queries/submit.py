"""From the arguments of a call to what is sent, and from the answer to what is given back; the same for both clients."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from posthog_environments.errors import InvalidRequestError, TruncatedResultError, TruncatedResultWarning
from posthog_environments.queries.polling import Submission
from posthog_environments.queries.result import QueryResult
from posthog_environments.queries.truncation import why_truncated
from posthog_environments.queries.values import BoundSql, bind
from posthog_environments_api.models.query_response import QueryResponse
from posthog_environments_api.types import RequestOptions

HOGQL = "HogQLQuery"


def hogql_submission(
    project_id: str,
    sql: BoundSql,
    *,
    filters: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    modifiers: Mapping[str, Any] | None = None,
    name: str | None = None,
    refresh: str | None = None,
    options: RequestOptions | None = None,
) -> Submission:
    query: dict[str, Any] = {"kind": HOGQL, "query": sql.text}
    if sql.values:
        query["values"] = sql.values
    extra = {"filters": filters, "variables": variables, "modifiers": modifiers}
    query |= {key: value for key, value in extra.items() if value is not None}
    return Submission(project_id, _body(query, name, refresh), options, sql)


def query_submission(
    project_id: str,
    query: Mapping[str, Any],
    *,
    name: str | None = None,
    refresh: str | None = None,
    filters_override: Any = None,
    variables_override: Any = None,
    options: RequestOptions | None = None,
) -> Submission:
    """A query of any kind. The HogQL of a HogQLQuery is checked like that of `hogql`."""
    if not isinstance(query, Mapping) or not isinstance(query.get("kind"), str):
        raise InvalidRequestError("query must be a mapping with a 'kind', such as {'kind': 'EventsQuery', …}")
    sql: BoundSql | None = None
    if query["kind"] == HOGQL:
        sql = bind(query.get("query", ""), query.get("values"))
        query = {**query, "query": sql.text, **({"values": sql.values} if sql.values else {})}
    body = _body(query, name, refresh)
    overrides = {"filters_override": filters_override, "variables_override": variables_override}
    body |= {key: value for key, value in overrides.items() if value is not None}
    return Submission(project_id, body, options, sql)


def any_submission(
    project_id: str,
    query: str | Mapping[str, Any],
    values: Mapping[str, Any] | None,
    name: str | None,
    refresh: str | None,
    options: RequestOptions | None,
) -> Submission:
    if isinstance(query, str):
        return hogql_submission(project_id, bind(query, values), name=name, refresh=refresh, options=options)
    if values is not None:
        raise InvalidRequestError("values= goes with SQL; a query object holds its own 'values'")
    return query_submission(project_id, query, name=name, refresh=refresh, options=options)


def _body(query: Mapping[str, Any], name: str | None, refresh: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"query": query}
    if name is not None:
        body["name"] = name
    if refresh is not None:
        body["refresh"] = refresh
    return body


def rows_of(
    response: QueryResponse, sql: BoundSql | None, query_id: str, truncated: str, stacklevel: int
) -> QueryResult:
    """The rows of an answer; says so where a limit that nobody wrote has cut them.

    Raises:
        TruncatedResultError: It was cut, and `truncated` is `error`.
        InvalidRequestError: The answer has no rows.
    """
    result = QueryResult.from_response(response, query_id=query_id)
    notice(result, sql, truncated, stacklevel + 1)
    return result


def notice(result: QueryResult, sql: BoundSql | None, truncated: str, stacklevel: int) -> None:
    if truncated == "ignore" or sql is None:
        return
    reason = why_truncated(result, sql.text, sql.values)
    if reason is None:
        return
    if truncated == "error":
        raise TruncatedResultError(reason, result=result)
    warnings.warn(reason, TruncatedResultWarning, stacklevel=stacklevel + 1)


def notice_response(response: QueryResponse, sql: BoundSql | None, truncated: str, stacklevel: int) -> None:
    """The same for an answer that is passed on as it is."""
    if sql is not None and isinstance(response.columns, list) and isinstance(response.results, list):
        notice(QueryResult.from_response(response), sql, truncated, stacklevel + 1)


__all__ = [
    "any_submission",
    "hogql_submission",
    "notice",
    "notice_response",
    "query_submission",
    "rows_of",
]
