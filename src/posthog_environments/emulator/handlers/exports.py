"""Exports. Sources: PostHog exports.py, October 2025; exported_asset.py, 2025."""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import evolve

from posthog_environments.emulator.clock import iso_z
from posthog_environments.emulator.data.exports import EXTENSIONS, LIFETIME, VIDEO_FORMATS, Export, midnight
from posthog_environments.emulator.data.insights import series
from posthog_environments.emulator.errors import ApiError, invalid, is_unsupported, not_found, unsupported
from posthog_environments.emulator.files import Table, render_file
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.hogql import HogQLError
from posthog_environments.emulator.insights import checked_query, run_query
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.messages import Response, empty
from posthog_environments.emulator.pagination import page
from posthog_environments.emulator.query_runs import context_of

_VIDEOS_A_MONTH: Final = 10
_STUCK_SECONDS: Final = 630
_STUCK: Final = (
    "Export failed without throwing an exception. Please try to rerun this export and contact support if it fails "
    "to complete multiple times."
)
_CACHE: Final = "max-age=86400"


# --- bodies ----------------------------------------------------------------------------------------------------


def _body(call: Call, row: Export) -> dict[str, Any]:
    now = call.state.clock.now()
    ready = row.has_content(now)
    exception = row.exception
    if not ready and exception is None and (now - row.created_at).total_seconds() > _STUCK_SECONDS:
        exception = _STUCK
    return {
        "id": row.id,
        "dashboard": row.dashboard,
        "insight": row.insight,
        "export_format": row.export_format,
        "created_at": iso_z(row.created_at),
        "has_content": str(ready).lower() if call.documented else ready,
        "export_context": row.export_context,
        "filename": _filename(call, row),
        "expires_after": iso_z(row.expires_after) if row.expires_after else None,
        "exception": exception,
    }


def _filename(call: Call, row: Export) -> str:
    name = "export"
    insights = call.state.data.insights
    insight, dashboard = insights.find_insight(row.insight), insights.find_dashboard(row.dashboard)
    if _context(row).get("filename"):
        name = _slug(str(_context(row)["filename"]))
    elif dashboard is not None:
        name = f"export-{_slug(dashboard.name)}"
    elif insight is not None:
        name = f"export-{_slug(insight.name)}"
    return f"{name}.{EXTENSIONS[row.export_format]}"


def _slug(text: str) -> str:
    return (
        re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text.lower(), flags=re.ASCII)).strip("-_") or "export"
    )


def _context(row: Export) -> dict[str, Any]:
    return row.export_context if is_object(row.export_context) else {}


def _row(call: Call) -> Export:
    given = call.params["id"]
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else 0
    row = call.state.data.exports.find(number, call.state.clock.now())
    if row is None:
        raise not_found()
    return row


# --- list, create, retrieve ------------------------------------------------------------------------------------


@handles("exports_list", unchecked=("export_format",))
def list_exports(call: Call) -> Response:
    """The caller's own, the newest first. An unknown format filters nothing."""
    rows = [
        row
        for row in reversed(call.state.data.exports.valid(call.state.clock.now()))
        if row.created_by == call.principal.user.id
    ]
    wanted = call.query.get("export_format")
    if wanted in EXTENSIONS:
        rows = [row for row in rows if row.export_format == wanted]
    if "context_path" in call.query:
        part = call.query["context_path"].lower()
        rows = [row for row in rows if part in str(_context(row).get("path", "")).lower()]
    return Response(200, page(call.request, call.query, rows, lambda row: _body(call, row)))


@handles("exports_create")
def create(call: Call) -> Response:
    """Makes the file inside the request, except for videos, which take a while."""
    body, now = call.body, call.state.clock.now()
    context = body.get("export_context")
    if not body.get("dashboard") and not body.get("insight") and not context:
        raise invalid("Either dashboard, insight or export_context is required for an export.")
    insights = call.state.data.insights
    for name, find in (("dashboard", insights.find_dashboard), ("insight", insights.find_insight)):
        number = body.get(name)
        if number is not None and find(number) is None:
            detail = f'Invalid pk "{number}" - object does not exist.'
            raise invalid(detail, name, "does_not_exist")
    if context is not None and not is_object(context):
        raise invalid("Value must be an object.", "export_context")
    video = body["export_format"] in VIDEO_FORMATS
    if video:
        _check_video(call, context or {})
    row = Export(
        id=0,
        dashboard=body.get("dashboard"),
        insight=body.get("insight"),
        export_format=body["export_format"],
        export_context=context,
        created_at=now,
        created_by=call.principal.user.id,
        expires_after=body.get("expires_after", midnight(now + LIFETIME)),
        job=call.state.new_job() if video else None,
    )
    if not video:
        _make(call, row)
    return Response(201, _body(call, call.state.data.exports.keep(row)))


def _make(call: Call, row: Export) -> None:
    """Make the file, or say why there is none.

    Raises:
        ApiError: PostHog could export this and the emulator cannot.
    """
    try:
        row.content = _file(call, row)
    except HogQLError as error:
        row.exception = str(error)
    except ApiError as error:
        if is_unsupported(error):
            raise
        row.exception = str(error.body["detail"])


def _check_video(call: Call, context: dict[str, Any]) -> None:
    exports = call.state.data.exports
    whole = call.body["export_format"] == "video/mp4" and context.get("mode") == "video"
    if whole and exports.videos_of_month(call.state.clock.now()) >= _VIDEOS_A_MONTH:
        detail = f"Your team has reached the limit of {_VIDEOS_A_MONTH} full video exports this month."
        raise invalid(detail, "export_limit_exceeded")
    if not context.get("session_recording_id"):
        raise invalid("Video export supports session recordings only.", "export_format")


@handles("exports_retrieve")
def retrieve(call: Call) -> Response:
    row = _row(call)
    if row.job is not None:
        row.job.ask(call.state.clock.now())
    return Response(200, _body(call, row))


# --- content ---------------------------------------------------------------------------------------------------


@handles("exports_content", unchecked=("download",))
def content(call: Call) -> Response:
    """The file. One that is not there (yet) is an empty 200 in 2025 and a 404 since."""
    row = _row(call)
    if not row.has_content(call.state.clock.now()) and not call.state.newer:
        return empty(200, {"Content-Type": row.export_format})
    if not row.has_content(call.state.clock.now()):
        raise not_found()
    headers = {"Content-Type": row.export_format, "Cache-Control": _CACHE}
    if call.query.get("download") == "true":
        headers["Content-Disposition"] = f'attachment; filename="{_filename(call, row)}"'
    if row.content is None:
        row.content = _file(call, row)
    return Response(200, None, row.content, headers)


def _file(call: Call, row: Export) -> bytes:
    return render_file(row.export_format, _table(call, row))


def _table(call: Call, row: Export) -> Table:
    """What the export shows: the result of its query, or the numbers of its insight.

    Raises:
        HogQLError: Its query fails.
        ApiError: Its query makes no sense, or is of a kind that the emulator does not have.
    """
    source = _context(row).get("source")
    if source is not None:
        # That personal API keys may not use OFFSET says nothing about exports, which the server runs itself.
        context = evolve(context_of(call.state), offset_allowed=True)
        return _answer(run_query(checked_query(source, context), context))
    insight = call.state.data.insights.find_insight(row.insight)
    rows = series(call.state.data.seed, row.insight or 100 + (row.dashboard or 0))
    dashboard = call.state.data.insights.find_dashboard(row.dashboard)
    title = insight.name if insight else dashboard.name if dashboard else "Export"
    return Table(title, ("date", title), rows)


def _answer(result: dict[str, Any]) -> Table:
    """Rows of a query; of trends one row for each series, with a column for each of its days."""
    if "columns" in result:
        return Table("Query", result["columns"], result["results"])
    if "results" not in result:
        raise unsupported("exports of a query that gives no rows")
    series: list[dict[str, Any]] = result["results"]
    days: list[str] = series[0]["days"] if series else []
    return Table("Query", ["series", *days], [[one["label"], *one["data"]] for one in series])
