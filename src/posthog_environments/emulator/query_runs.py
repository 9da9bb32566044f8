"""When a query is calculated, and when an earlier result is good enough. Source: PostHog query_runner.py, 2025."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.clock import iso_z, parse_iso
from posthog_environments.emulator.data.jobs import Job
from posthog_environments.emulator.data.queries import LIFETIME, AsyncQuery
from posthog_environments.emulator.data.query_cache import CachedResult
from posthog_environments.emulator.errors import ApiError, invalid, too_busy
from posthog_environments.emulator.hogql import HogQLError
from posthog_environments.emulator.insights import Context, run_query
from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments.emulator.messages import encode
from posthog_environments.emulator.state import State

_REFRESH_EVERY: Final = timedelta(minutes=1)
_BYTES_PER_ROW: Final = 512
_MICROS_PER_ROW: Final = 2
_NOT_IN_KEY: Final = ("name", "tags", "response", "version")
Status = dict[str, Any]


def context_of(state: State) -> Context:
    return Context(
        state.data, state.project_id, state.clock.now(), state.behaviour.hogql_offset, state.query_engine
    )


@define(frozen=True)
class Run:
    """One request to run a query.

    Attributes:
        state: The emulator.
        query: What is asked, checked.
        refresh: How old a result may be and whether to wait.
        query_id: The caller's id of it, or None.
    """

    state: State
    query: dict[str, Any]
    refresh: str
    query_id: str | None

    @property
    def cache_key(self) -> str:
        """Of the project and of what determines the result; the order of fields does not matter."""
        kept = {name: self.query[name] for name in sorted(self.query) if name not in _NOT_IN_KEY}
        digest = blake2b(encode(_ordered(kept)), digest_size=8).hexdigest()
        return f"cache_{self.state.project_id}_{digest}"

    def answer(self) -> dict[str, Any]:
        """The result, or the status of the query that will find it, or both.

        Raises:
            ApiError: It fails, or too many others run.
        """
        if self.refresh == "force_async":
            return self._queued_alone(again=True)
        if self.refresh != "force_blocking":
            found = self._from_cache()
            if found is not None:
                return found
        refuse_when_busy(self.state)
        try:
            return calculate(self.state, self.query, self.cache_key)
        except HogQLError as error:
            raise hogql_refusal(error, self.state.behaviour.era) from None

    def _from_cache(self) -> dict[str, Any] | None:
        """An answer that needs no waiting; None when the caller is to wait for a calculation."""
        cached, now = self.state.data.query_cache.get(self.cache_key), self.state.clock.now()
        if cached is None:
            return self._queued_alone(again=False) if self.refresh in ("async", "lazy_async") else None
        body = {**cached.body, "is_cached": True}
        if not cached.is_stale(now):
            return {**body, "query_status": self._running_status()}
        if self.refresh in ("async", "async_except_on_cache_miss"):
            return {**body, "query_status": self._queue(again=True)}
        if self.refresh == "lazy_async":
            if cached.is_stale(now, lazy=True):
                return {**body, "query_status": self._queue(again=False)}
            return {**body, "query_status": self._running_status()}
        return None

    def _running_status(self) -> Status | None:
        """Of the query with the caller's id, while it runs."""
        now = self.state.clock.now()
        row = self.state.data.queries.find(self.query_id, now) if self.query_id else None
        return None if row is None or row.look(now) else status_body(self.state, row)

    def _queued_alone(self, *, again: bool) -> dict[str, Any]:
        return {"cache_key": self.cache_key, "query_status": self._queue(again=again)}

    def _queue(self, *, again: bool) -> Status:
        """Let it run in the background. An id that is known is not run twice, unless `again` asks for it."""
        state, now = self.state, self.state.clock.now()
        queries = state.data.queries
        row = queries.find(self.query_id, now) if self.query_id else None
        if row is None or again:
            if row is not None:
                queries.remove(row)
            refuse_when_busy(state)
            behaviour = state.behaviour
            row = queries.add(
                self.query,
                self.query_id,
                Job(now, behaviour.job_seconds, behaviour.job_polls),
                stuck=behaviour.stuck_queries,
                silent=behaviour.silent_failures,
            )
            state.at(row.job.due, partial(_complete, state, row))
        elif row.look(now):
            settle(state, row)
        return status_body(state, row)


def _ordered(value: Any) -> Any:
    if is_object(value):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(item) for item in value] if is_array(value) else value


def refuse_when_busy(state: State) -> None:
    """429 without Retry-After when as many queries run in the background as may.

    Raises:
        ApiError: There are too many.
    """
    most = state.behaviour.concurrent_queries
    if most is not None and state.data.queries.running(state.clock.now()) >= most:
        raise too_busy("Too many simultaneous queries. Try again later.")


def hogql_refusal(error: HogQLError, era: int) -> ApiError:
    """400 for HogQL that cannot be run, with the place of the mistake.

    PostHog tells places since May 2026; the emulator tells them in both eras, and codes by era.
    """
    refusal = invalid(str(error), code=error.envelope_code(era))
    extra = error.metadata()
    if extra is not None:
        refusal.body["extra"] = extra
    return refusal


# --- results ---------------------------------------------------------------------------------------------------


def calculate(state: State, query: dict[str, Any], cache_key: str) -> dict[str, Any]:
    """Run the query now, and keep the result.

    Raises:
        HogQLError: Its HogQL cannot be run.
        ApiError: A part of it makes no sense.
    """
    now = state.clock.now()
    found = run_query(query, context_of(state))
    interval = (query.get("interval") or "day") if query["kind"] == "TrendsQuery" else None
    cached = CachedResult({}, now, interval, _date_to(query))
    body: dict[str, Any] = {
        **found,
        "timings": [
            {"k": "./parse_select", "t": 0.001},
            {"k": "./clickhouse_execute", "t": 0.01},
            {"k": ".", "t": 0.012},
        ],
        "modifiers": query.get("modifiers") or {},
        "query_status": None,
        "is_cached": False,
        "cache_key": cache_key,
        "cache_target_age": iso_z(cached.target_age),
        "last_refresh": iso_z(now),
        "next_allowed_client_refresh": iso_z(now + _REFRESH_EVERY),
        "timezone": "UTC",
        "calculation_trigger": None,
    }
    state.data.query_cache.put(cache_key, CachedResult(body, now, interval, cached.date_to))
    return body


def _date_to(query: dict[str, Any]) -> datetime | None:
    dates = query.get("dateRange")
    text = dates.get("date_to") if is_object(dates) else None
    return parse_iso(text) if isinstance(text, str) else None


def _complete(state: State, row: AsyncQuery) -> None:
    """Its time has come: it sees the data as they are then, not when somebody asks for the result."""
    if state.data.queries.rows.get(row.id) is row and row.look(state.clock.now()):
        settle(state, row)


def settle(state: State, row: AsyncQuery) -> None:
    """Compute what a query that is done gave."""
    if row.settled:
        return
    if row.silent:
        row.failed = True
        return
    try:
        row.results = calculate(state, row.query, Run(state, row.query, "blocking", None).cache_key)
    except HogQLError as error:
        row.failed, row.error_message = True, str(error)
    except ApiError as error:
        row.failed, row.error_message = True, str(error.body["detail"])


# --- status ----------------------------------------------------------------------------------------------------


def status_body(state: State, row: AsyncQuery, *, show_progress: bool = False) -> Status:
    """The query as the server tells it."""
    ended = row.job.ended
    return {
        "id": row.id,
        "team_id": state.project_id,
        "complete": ended is not None,
        "error": row.failed,
        "error_message": row.error_message,
        "results": row.results,
        "query_async": True,
        "task_id": row.task_id,
        "insight_id": None,
        "dashboard_id": None,
        "labels": None,
        "start_time": iso_z(row.job.started),
        "pickup_time": _iso(row.picked_up or ended),
        "end_time": _iso(ended),
        "expiration_time": _iso(ended + LIFETIME) if ended else None,
        "query_progress": _progress(state, row) if show_progress else None,
    }


def _progress(state: State, row: AsyncQuery) -> dict[str, int]:
    """Rows and bytes grow to their total while time passes or the caller asks."""
    now = state.clock.now()
    total = state.data.events.size
    read = int(total * row.share(now))
    passed = int(((row.job.ended or now) - row.job.started).total_seconds())
    return {
        "active_cpu_time": read * _MICROS_PER_ROW,
        "bytes_read": read * _BYTES_PER_ROW,
        "estimated_rows_total": total,
        "rows_read": read,
        "time_elapsed": max(passed, row.asked),
    }


def _iso(moment: datetime | None) -> str | None:
    return iso_z(moment) if moment else None
