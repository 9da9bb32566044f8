"""Exports and their files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.jobs import Job
from posthog_environments.emulator.data.users import OWNER
from posthog_environments.emulator.json_types import is_object

EXTENSIONS: Final = {
    "image/png": "png",
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "video/webm": "webm",
    "video/mp4": "mp4",
    "image/gif": "gif",
    "application/json": "json",
}
VIDEO_FORMATS: Final = frozenset({"video/webm", "video/mp4", "image/gif"})
LIFETIME: Final = timedelta(weeks=26)


@define
class Export:
    """One export.

    Attributes:
        job: What makes the file, where that does not happen inside the request.
        exception: Why it failed.
        content: The file, once somebody made it.
    """

    id: int
    dashboard: int | None
    insight: int | None
    export_format: str
    export_context: Any
    created_at: datetime
    created_by: int
    expires_after: datetime | None
    job: Job | None = None
    exception: str | None = None
    content: bytes | None = None

    def has_content(self, now: datetime) -> bool:
        return self.exception is None and (self.job is None or self.job.look(now))


@define
class ExportTable:
    """All exports, the oldest first."""

    rows: list[Export] = field(factory=list[Export], init=False)

    def __attrs_post_init__(self) -> None:
        for export_format, insight, dashboard in (
            ("image/png", 1, None),
            ("text/csv", 2, None),
            ("application/pdf", None, 1),
        ):
            made = START - timedelta(hours=3 - len(self.rows))
            self.add(
                dashboard=dashboard,
                insight=insight,
                export_format=export_format,
                export_context=None,
                created_at=made,
                created_by=OWNER.id,
                expires_after=midnight(made + LIFETIME),
            )

    def add(self, **values: Any) -> Export:
        return self.keep(Export(0, **values))

    def keep(self, export: Export) -> Export:
        """Take an export in; it gets its number here."""
        export.id = len(self.rows) + 1
        self.rows.append(export)
        return export

    def find(self, number: int, now: datetime) -> Export | None:
        """An export that has not expired."""
        return next((row for row in self.valid(now) if row.id == number), None)

    def valid(self, now: datetime) -> list[Export]:
        """Those that have not expired."""
        return [row for row in self.rows if row.expires_after is None or row.expires_after >= now]

    def videos_of_month(self, now: datetime) -> int:
        """How many whole recordings were exported as MP4 in this month."""
        return sum(
            1
            for row in self.rows
            if row.export_format == "video/mp4"
            and is_object(row.export_context)
            and row.export_context.get("mode") == "video"
            and (row.created_at.year, row.created_at.month) == (now.year, now.month)
        )


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
