"""`export`: render something to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from posthog_environments.cli.options import Command
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.downloads import check_target
from posthog_environments_api.models import ExportFormat

_BY_SUFFIX = {found.name.lower(): found for found in ExportFormat}


@click.command(
    "export",
    cls=Command,
    examples=(
        "export signups.png --insight 7",
        "export board.pdf --dashboard 3 --wait 120",
        "export visit.mp4 --recording 0197c335-2a7d-7c93-9b7e-7df314726b0d",
    ),
)
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
    """Render an insight, a dashboard or a recording to PATH, whose suffix is the format: png, pdf, csv, xlsx, ...

    PATH appears only when the file is complete. Its name is the output.
    """
    export_format = _BY_SUFFIX.get(path.suffix.lower().lstrip("."))
    if export_format is None:
        raise click.UsageError(
            f"the suffix of {path} names no format: use one of {', '.join(sorted(_BY_SUFFIX))}"
        )
    if sum(given is not None for given in (insight, dashboard, recording)) != 1:
        raise click.UsageError("give one of --insight, --dashboard and --recording")
    check_target(path)
    what: dict[str, Any] = {"insight": insight} if insight is not None else {"dashboard": dashboard}
    if recording is not None:
        what = {"export_context": {"session_recording_id": recording}}
    with session.bar("waiting") as shown:
        done = session.client.exports.create_and_wait(
            export_format=export_format, timeout=wait, on_progress=shown, **what
        )
    with session.bar("bytes") as shown:
        done.download(path, on_progress=shown)
    session.say(f"export {done.id}: {path.stat().st_size:,} bytes")
    session.write(f"{path}\n")
