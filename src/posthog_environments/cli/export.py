"""`export`: render something to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from posthog_environments.cli.progress import bar
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.downloads import check_target
from posthog_environments_api.models import ExportFormat

_BY_SUFFIX = {
    "csv": ExportFormat.CSV,
    "gif": ExportFormat.GIF,
    "json": ExportFormat.JSON,
    "mp4": ExportFormat.MP4,
    "pdf": ExportFormat.PDF,
    "png": ExportFormat.PNG,
    "webm": ExportFormat.WEBM,
    "xlsx": ExportFormat.XLSX,
}


@click.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--insight", type=int, help="Number of the insight.")
@click.option("--dashboard", type=int, help="Number of the dashboard.")
@click.option("--recording", help="Id of the session recording (webm, mp4 or gif).")
@click.option(
    "--wait",
    type=click.FloatRange(min=0, min_open=True),
    default=660.0,
    show_default=True,
    help="Seconds to wait for it.",
)
@pass_session
def command(
    session: Session,
    /,
    path: Path,
    insight: int | None,
    dashboard: int | None,
    recording: str | None,
    wait: float,
) -> None:
    """Render an insight, a dashboard or a recording to PATH, whose suffix is the format: png, pdf, csv, xlsx, ..."""
    export_format = _BY_SUFFIX.get(path.suffix.lower().lstrip("."))
    if export_format is None:
        raise click.UsageError(f"the suffix of {path} names no format: use one of {', '.join(_BY_SUFFIX)}")
    if sum(given is not None for given in (insight, dashboard, recording)) != 1:
        raise click.UsageError("give one of --insight, --dashboard and --recording")
    check_target(path)
    what: dict[str, Any] = {"insight": insight} if insight is not None else {"dashboard": dashboard}
    if recording is not None:
        what = {"export_context": {"session_recording_id": recording}}
    with bar(session, "waiting") as update:
        done = session.client.exports.create_and_wait(
            export_format=export_format,
            timeout=wait,
            on_progress=lambda progress: update(completed=int(progress.elapsed), total=int(wait)),
            **what,
        )
    with bar(session, "bytes") as update:
        done.download(path, on_progress=lambda size, total: update(completed=size, total=total))
    session.say(f"export {done.id}: {path} ({path.stat().st_size:,} bytes)")
