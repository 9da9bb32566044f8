"""`subscriptions list|upcoming|archive`."""

from __future__ import annotations

import datetime
import sys
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from posthog_environments.cli.output import show_rows, show_value
from posthog_environments.cli.session import Session, pass_session

_COLUMNS = ("id", "title", "summary", "target_type", "target_value", "next_delivery_date")


@click.group("subscriptions", help="See and end scheduled deliveries.", no_args_is_help=True)
def command() -> None:
    pass


@command.command("list")
@click.option("--deleted", is_flag=True, help="Those that were archived.")
@pass_session
def list_(session: Session, /, deleted: bool) -> None:
    """List subscriptions."""
    found = session.client.subscriptions.list(deleted=deleted or None)
    columns = _COLUMNS if session.chosen("jsonl") in ("table", "csv") else None
    rows = (one.to_dict() for one in found)
    show_rows(
        session, ({name: row.get(name) for name in columns} if columns else row for row in rows), columns
    )


@command.command()
@click.argument("subscription", type=int, required=False)
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=5, show_default=True, help="How many deliveries."
)
@click.option("--tz", "zone", default="UTC", show_default=True, help="Time zone, such as Europe/Berlin.")
@pass_session
def upcoming(session: Session, /, subscription: int | None, count: int, zone: str) -> None:
    """When subscriptions are delivered next: one, or all of them in the order of time."""
    try:
        tz: datetime.tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"there is no time zone {zone!r}") from None
    resource = session.client.subscriptions
    found = [resource.retrieve(subscription)] if subscription is not None else list(resource.list())
    rows: list[dict[str, Any]] = [
        {"delivery": moment, "id": one.id, "title": one.title, "target": one.target_value}
        for one in found
        for moment in resource.upcoming(one, count, tz=tz)
    ]
    rows.sort(key=lambda row: row["delivery"])
    show_rows(session, rows[:count], ("delivery", "id", "title", "target"))


@command.command()
@click.argument("subscription", type=int)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def archive(session: Session, /, subscription: int, yes: bool) -> None:
    """End a subscription. It can be brought back by updating it with deleted=false."""
    found = session.client.subscriptions.retrieve(subscription)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody to ask: add --yes")
        click.confirm(f"Archive {found.id} ({found.title or found.target_value})?", abort=True, err=True)
    show_value(session, session.client.subscriptions.archive(subscription))
