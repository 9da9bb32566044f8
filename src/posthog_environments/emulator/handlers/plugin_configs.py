"""Logs of app configurations. Source: PostHog plugin_log_entry.py, 2025."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from posthog_environments.emulator.clock import from_micros, iso_z, parse_iso, to_micros
from posthog_environments.emulator.data.plugin_logs import LogEntry
from posthog_environments.emulator.errors import invalid, not_found, server_failure
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.messages import Response
from posthog_environments.emulator.pagination import page
from posthog_environments.emulator.validation import check_query, query_integer
from posthog_environments_api.operations import OPERATIONS

_LEVELS: Final = frozenset(
    next(p for p in OPERATIONS["plugin_configs_logs"].parameters if p.name == "type_filter").schema["items"][
        "enum"
    ]
)


@handles("plugin_configs_logs", unchecked=("after", "before", "type_filter"))
def logs(call: Call) -> Response:
    """Newest first. As observed, `limit` counts twice: so many entries are read, and the page is cut from those, so
    that `limit` together with `offset` gives nothing. Page with `before`."""
    entries = _matching(call)
    limit = call.query.get("limit")
    if limit is not None and not call.documented:
        try:
            read = int(limit)
        except ValueError:
            raise invalid("Query param limit must be omitted or an integer!") from None
        if read > 0:
            entries = islice(entries, query_integer(call.query, "limit", read, 1))
    return Response(200, page(call.request, call.query, list(entries), lambda row: _body(call, row)))


def _matching(call: Call) -> Iterator[LogEntry]:
    given = call.params["plugin_config_id"]
    config = int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else 0
    if config not in call.state.data.plugin_logs.configs:
        raise not_found()
    if not call.documented and not set(call.query.get("type_filter", ())) <= _LEVELS:
        raise server_failure()
    call.query |= check_query(call.operation, call.request, frozenset({"after", "before", "limit"}))
    after, before = _bound(call, "after"), _bound(call, "before")
    part, kinds = call.query.get("search", "").lower(), call.query.get("type_filter")
    for entry in call.state.data.plugin_logs.newest_first(config, after=after, before=before):
        if part in entry.message.lower() and (not kinds or entry.type in kinds):
            yield entry


def _bound(call: Call, name: str) -> int | None:
    """The server fails on what is no time; what the documentation promises is read as a 400."""
    if name not in call.query:
        return None
    moment = parse_iso(call.query[name])
    if moment is None:
        if not call.documented:
            raise server_failure()
        raise invalid(f"Invalid isoformat string: '{call.query[name]}'", name)
    return to_micros(moment)


def _body(call: Call, entry: LogEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "team_id": call.state.project_id,
        "plugin_id": entry.plugin,
        "plugin_config_id": entry.config,
        "timestamp": iso_z(from_micros(entry.timestamp)),
        "source": entry.source,
        "type": entry.type,
        "message": entry.message,
        "instance_id": entry.instance_id,
    }
