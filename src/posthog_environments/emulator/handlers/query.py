"""Queries, in the request or in the background. Sources: PostHog query.py and execute_async.py, July 2025."""

from __future__ import annotations

from typing import Any, Final

from posthog_environments.emulator.errors import ApiError, invalid, not_found
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.insights import checked_query, model_error
from posthog_environments.emulator.insights.overrides import overridden
from posthog_environments.emulator.messages import Response, empty
from posthog_environments.emulator.query_request import problem
from posthog_environments.emulator.query_runs import Run, context_of, settle, status_body
from posthog_environments.emulator.validation import check_body

_PROMPT_LENGTH: Final = 400
_DRAFT: Final = "SELECT event, count() FROM events WHERE timestamp >= now() - INTERVAL 7 DAY GROUP BY event ORDER BY count() DESC"


# --- create ----------------------------------------------------------------------------------------------------


@handles("query_create", body="raw")
def create(call: Call) -> Response:
    """Runs the query, queues it, or answers from the cache. 202 while `query_status` is not complete."""
    _check_request(call)
    context = context_of(call.state)
    query = checked_query(call.body.get("query"), context)
    changed = overridden(query, call.body.get("filters_override"), call.body.get("variables_override"))
    if changed is not query:
        query = checked_query(changed, context)
    body = Run(call.state, query, _refresh(call), call.body.get("client_query_id") or None).answer()
    status: dict[str, Any] | None = body["query_status"]
    waits = status is not None and not status["complete"]
    return Response(202 if waits and not call.documented else 200, body)


def _refresh(call: Call) -> str:
    """How to run it. `force_cache` would never calculate, but this endpoint takes it for `blocking`."""
    refresh = call.body.get("refresh")
    if refresh is None:
        return "async" if call.body.get("async") else "blocking"
    return "blocking" if refresh == "force_cache" else str(refresh)


def _check_request(call: Call) -> None:
    """As the server's pydantic model does it: a wrong or unknown field is a 400, told as unreadable JSON."""
    known = {parameter.name for parameter in call.operation.parameters if parameter.location == "body"}
    for name in call.body:
        if name not in known:
            raise model_error(name, "Extra inputs are not permitted")
    if (wrong := problem(call.body)) is not None:
        raise model_error(*wrong)
    try:
        call.body |= check_body(call.operation, call.body, unchecked=("query",))
    except ApiError as error:
        raise model_error(error.body["attr"], error.body["detail"]) from None
    if call.body.get("query") is None:
        raise model_error("query", "Field required")


# --- status ----------------------------------------------------------------------------------------------------


@handles("query_retrieve", unchecked=("show_progress",))
def retrieve(call: Call) -> Response:
    """The HTTP status follows the query: 202 while it runs, then 200, 400 when it failed with a message and 500 when
    without. Documented: always 200."""
    state, now = call.state, call.state.clock.now()
    row = state.data.queries.find(call.params["id"], now)
    if row is None:
        raise not_found(f"Query {call.params['id']} not found for team {state.project_id}")
    if row.ask(now):
        settle(state, row)
    body = {"query_status": status_body(state, row, show_progress=call.query.get("show_progress") == "true")}
    if call.documented:
        return Response(200, body)
    if row.failed:
        return Response(500 if row.error_message is None else 400, body)
    return Response(202 if row.job.ended is None else 200, body)


@handles("query_delete", unchecked=("dequeue_only",))
def delete(call: Call) -> Response:
    """Cancels and forgets a query, unless it is complete. An unknown id is answered like a cancelled query."""
    now, queries = call.state.clock.now(), call.state.data.queries
    row = queries.find(call.params["id"], now)
    if row is not None and row.look(now):
        message = "Query already complete"
    elif call.query.get("dequeue_only") == "true":
        message = "Only tried to dequeue, not cancelling query on clickhouse"
    else:
        message = "Cancelled query on clickhouse"
    if row is not None and row.job.ended is None:
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
