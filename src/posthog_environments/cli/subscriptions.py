"""`subscriptions list|upcoming|archive`."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from posthog_environments.cli.options import Group, confirm
from posthog_environments.cli.output import MOST_SHOWN, show_rows, show_value
from posthog_environments.cli.session import Session, pass_session

_COLUMNS = ("id", "title", "summary", "target_type", "target_value", "next_delivery_date")


@click.group("subscriptions", cls=Group, help="See and end scheduled deliveries.", no_args_is_help=True)
def command() -> None:
    pass


@command.command("list", examples=("subscriptions list", "subscriptions list --deleted -o jsonl"))
@click.option("--deleted", is_flag=True, help="Those that were archived.")
@pass_session
def list_(session: Session, /, deleted: bool) -> None:
    """List subscriptions."""
    found = session.client.subscriptions.list(deleted=deleted or None)
    show_rows(session, found, _COLUMNS, most=MOST_SHOWN)


@command.command(
    examples=("subscriptions upcoming", "subscriptions upcoming 7 -n 12 --tz Europe/Berlin"),
)
@click.argument("subscription", type=int, required=False)
@click.option(
    "-n", "count", type=click.IntRange(1, 10_000), default=5, show_default=True, help="How many deliveries."
)
@click.option("--tz", "zone", default="UTC", show_default=True, help="Time zone, such as Europe/Berlin.")
@pass_session
def upcoming(session: Session, /, subscription: int | None, count: int, zone: str) -> None:
    """When subscriptions are delivered next: one, or all of them in the order of time.

    Computed here from their schedules, as the server does it.
    """
    try:
        tz: datetime.tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"there is no time zone {zone!r}") from None
    resource = session.client.subscriptions
    found = [resource.retrieve(subscription)] if subscription is not None else resource.list()
    rows: list[dict[str, Any]] = [
        {"delivery": moment, "id": one.id, "title": one.title, "target": one.target_value}
        for one in found
        for moment in resource.upcoming(one, count, tz=tz)
    ]
    rows.sort(key=lambda row: row["delivery"])
    show_rows(session, rows[:count], ("delivery", "id", "title", "target"))


@command.command(examples=("subscriptions archive 7", "subscriptions archive 7 --yes"))
@click.argument("subscription", type=int)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def archive(session: Session, /, subscription: int, yes: bool) -> None:
    """End a subscription. It can be brought back: call subscriptions update ID --deleted false."""
    resource = session.client.subscriptions
    if not yes:
        found = resource.retrieve(subscription)
        confirm(f"Archive {found.id} ({found.title or found.target_value})?", yes=yes)
    show_value(session, resource.archive(subscription))
