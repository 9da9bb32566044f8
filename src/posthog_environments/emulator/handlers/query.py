"""Queries, in the request or in the background. Sources: PostHog query.py and execute_async.py, July 2025."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from posthog_environments.emulator.clock import iso_z
from posthog_environments.emulator.data.queries import LIFETIME, AsyncQuery
from posthog_environments.emulator.errors import ApiError, invalid, not_found, parse_error, unsupported
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.hogql import HogQLError, Result, execute
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.messages import Response, empty, encode
from posthog_environments.emulator.validation import check_body

_HOGQL_FIELDS: Final = frozenset(
    {
        *("kind", "query", "values", "filters", "variables", "modifiers", "explain", "name", "response"),
        *("tags", "version"),
    }
)
_KINDS: Final = frozenset(
    {
        *("EventsNode", "ActionsNode", "PersonsNode", "DataWarehouseNode", "EventsQuery", "ActorsQuery"),
        *("GroupsQuery", "InsightActorsQuery", "InsightActorsQueryOptions", "SessionsTimelineQuery"),
        *("HogQuery", "HogQLQuery", "HogQLMetadata", "HogQLAutocomplete", "HogQLASTQuery"),
        *("SessionAttributionExplorerQuery", "RevenueExampleEventsQuery"),
        *("RevenueExampleDataWarehouseTablesQuery", "ErrorTrackingQuery"),
        *("ErrorTrackingSimilarIssuesQuery", "ErrorTrackingIssueCorrelationQuery"),
        *("ExperimentFunnelsQuery", "ExperimentTrendsQuery", "ExperimentQuery", "ExperimentExposureQuery"),
        *("DocumentSimilarityQuery", "WebOverviewQuery", "WebStatsTableQuery"),
        *("WebExternalClicksTableQuery", "WebGoalsQuery", "WebVitalsQuery", "WebVitalsPathBreakdownQuery"),
        *("WebPageURLSearchQuery", "WebAnalyticsExternalSummaryQuery", "RevenueAnalyticsGrossRevenueQuery"),
        *("RevenueAnalyticsMetricsQuery", "RevenueAnalyticsMRRQuery", "RevenueAnalyticsOverviewQuery"),
        *("RevenueAnalyticsTopCustomersQuery", "MarketingAnalyticsTableQuery"),
        *("MarketingAnalyticsAggregatedQuery", "DataVisualizationNode", "DataTableNode"),
        *("SavedInsightNode", "InsightVizNode", "TrendsQuery", "FunnelsQuery", "RetentionQuery"),
        *("PathsQuery", "StickinessQuery", "LifecycleQuery", "FunnelCorrelationQuery"),
        *("DatabaseSchemaQuery", "LogsQuery", "SuggestedQuestionsQuery", "TeamTaxonomyQuery"),
        *("EventTaxonomyQuery", "ActorsPropertyTaxonomyQuery", "TracesQuery", "TraceQuery"),
        *("VectorSearchQuery", "UsageMetricsQuery"),
    }
)
_ASYNC: Final = frozenset({"async", "force_async", "lazy_async"})
_PROMPT_LENGTH: Final = 400
_DRAFT: Final = "SELECT event, count() FROM events WHERE timestamp >= now() - INTERVAL 7 DAY GROUP BY event ORDER BY count() DESC"


# --- create ----------------------------------------------------------------------------------------------------


@handles("query_create", body="raw")
def create(call: Call) -> Response:
    """Runs the query, or queues it. Without a cache: a query that PostHog would answer from its cache runs again."""
    _check_request(call)
    query = _checked_query(call.body.get("query"))
    if call.body.get("refresh") in _ASYNC or call.body.get("async"):
        client_id = call.body.get("client_query_id")
        row = call.state.data.queries.add(query, client_id or None, call.state.new_job())
        body = {"cache_key": _cache_key(call, query), "query_status": _status_body(call, row)}
        return Response(200 if call.documented else 202, body)
    try:
        return Response(200, _result_body(call, query))
    except HogQLError as error:
        raise invalid(str(error), code=error.code) from None


def _check_request(call: Call) -> None:
    """As the server's pydantic model does it: a wrong or unknown field is a 400, told as unreadable JSON."""
    known = {parameter.name for parameter in call.operation.parameters if parameter.location == "body"}
    for name in call.body:
        if name not in known:
            raise _model_error("QueryRequest", name, "Extra inputs are not permitted")
    try:
        call.body |= check_body(call.operation, call.body, unchecked=("query",))
    except ApiError as error:
        raise _model_error("QueryRequest", error.body["attr"], error.body["detail"]) from None
    if call.body.get("query") is None:
        raise _model_error("QueryRequest", "query", "Field required")


def _model_error(model: str, field: str, message: str) -> ApiError:
    return parse_error(f"1 validation error for {model}\n{field}\n  {message}")


def _checked_query(query: Any) -> dict[str, Any]:
    if not is_object(query):
        raise _model_error("QueryRequest", "query", "Input should be a valid dictionary or object")
    fields = query
    kind: Any = fields.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _model_error(
            "QueryRequest", "query", f"Input tag {kind!r} does not match any of the expected tags"
        )
    if kind != "HogQLQuery":
        raise unsupported(f"queries of kind {kind}")
    for name in fields:
        if name not in _HOGQL_FIELDS:
            raise _model_error("QueryRequest", f"query.HogQLQuery.{name}", "Extra inputs are not permitted")
    if not isinstance(fields.get("query"), str):
        raise _model_error("QueryRequest", "query.HogQLQuery.query", "Input should be a valid string")
    values: Any = fields.get("values")
    if values is not None and not isinstance(values, dict):
        raise _model_error("QueryRequest", "query.HogQLQuery.values", "Input should be a valid dictionary")
    return fields


# --- results ---------------------------------------------------------------------------------------------------


def _run(call: Call, query: Mapping[str, Any]) -> Result:
    state = call.state
    return execute(query["query"], query.get("values"), state.data, state.clock.now())


def _cache_key(call: Call, query: Mapping[str, Any]) -> str:
    digest = blake2b(encode(dict(query)), digest_size=8).hexdigest()
    return f"cache_{call.state.project_id}_{digest}"


def _result_body(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    result, now = _run(call, query), call.state.clock.now()
    return {
        "results": result.rows,
        "columns": result.columns,
        "types": result.types,
        "hasMore": result.has_more,
        "limit": result.limit,
        "offset": result.offset,
        "query": query["query"],
        "hogql": result.hogql,
        "clickhouse": result.hogql,
        "timings": [
            {"k": "./parse_select", "t": 0.001},
            {"k": "./clickhouse_execute", "t": 0.01},
            {"k": ".", "t": 0.012},
        ],
        "modifiers": query.get("modifiers") or {},
        "explain": None,
        "metadata": None,
        "error": None,
        "query_status": None,
        "resolved_date_range": None,
        "is_cached": False,
        "cache_key": _cache_key(call, query),
        "cache_target_age": None,
        "last_refresh": iso_z(now),
        "next_allowed_client_refresh": iso_z(now + timedelta(minutes=1)),
        "timezone": "UTC",
        "calculation_trigger": None,
    }


# --- status ----------------------------------------------------------------------------------------------------


def _finish(call: Call, row: AsyncQuery) -> None:
    """Compute what a query that just ended gave."""
    if row.results is None and row.error_message is None:
        try:
            row.results = _result_body(call, row.query)
        except HogQLError as error:
            row.error_message = str(error)


def _status_body(call: Call, row: AsyncQuery) -> dict[str, Any]:
    ended = row.job.ended
    progress: dict[str, int] | None = None
    if call.query.get("show_progress") == "true":
        progress = {
            "active_cpu_time": 4 if ended else 1,
            "bytes_read": 64 * call.state.data.events.size,
            "estimated_rows_total": call.state.data.events.size,
            "rows_read": call.state.data.events.size if ended else 0,
            "time_elapsed": 1,
        }
    return {
        "id": row.id,
        "team_id": call.state.project_id,
        "complete": ended is not None,
        "error": row.error_message is not None,
        "error_message": row.error_message,
        "results": row.results,
        "query_async": True,
        "task_id": row.task_id,
        "insight_id": None,
        "dashboard_id": None,
        "labels": None,
        "start_time": iso_z(row.job.started),
        "pickup_time": _iso(ended),
        "end_time": _iso(ended),
        "expiration_time": _iso(ended + LIFETIME) if ended else None,
        "query_progress": progress,
    }


def _iso(moment: datetime | None) -> str | None:
    return iso_z(moment) if moment else None


@handles("query_retrieve", unchecked=("show_progress",))
def retrieve(call: Call) -> Response:
    """The HTTP status follows the query: 202 while it runs, then 200, or 400 when it failed. Documented: always 200."""
    now = call.state.clock.now()
    row = call.state.data.queries.find(call.params["id"], now)
    if row is None:
        raise not_found(f"Query {call.params['id']} not found for team {call.state.project_id}")
    if row.job.ask(now):
        _finish(call, row)
    status = 202 if row.job.ended is None else 200 if row.error_message is None else 400
    return Response(200 if call.documented else status, {"query_status": _status_body(call, row)})


@handles("query_delete", unchecked=("dequeue_only",))
def delete(call: Call) -> Response:
    """Cancels and forgets. An unknown id is answered like a cancelled query."""
    now, queries = call.state.clock.now(), call.state.data.queries
    row = queries.find(call.params["id"], now)
    if row is not None and row.job.look(now):
        message = "Query already complete"
    elif call.query.get("dequeue_only") == "true":
        message = "Only tried to dequeue, not cancelling query on clickhouse"
    else:
        message = "Cancelled query on clickhouse"
    if row is not None:
        queries.remove(row)
    return empty(204) if call.documented else Response(200, {"message": message})


# --- draft -----------------------------------------------------------------------------------------------------


@handles("query_draft_sql", unchecked=("prompt",))
def draft_sql(call: Call) -> Response:
    """A draft, always the same one: there is no language model here."""
    prompt = call.query.get("prompt", "")
    if not prompt:
        raise invalid("This field is required.", "prompt", "required")
    if len(prompt) > _PROMPT_LENGTH:
        raise invalid("This field is too long.", "prompt", "too_long")
    if not any(character.isalpha() for character in prompt):
        raise invalid("Please ask a question in words.", "prompt", "unclear")
    return Response(200, {"sql": call.query.get("current_query") or _DRAFT})
