"""`events tail|export`."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import click

from posthog_environments.cli.options import Group
from posthog_environments.cli.output import show_rows
from posthog_environments.cli.session import Session, Shown, pass_session
from posthog_environments.cli.streams import visible
from posthog_environments_api.models import Event

_COLUMNS = ("timestamp", "event", "distinct_id", "id")


@click.group("events", cls=Group, help="Read events.", no_args_is_help=True)
def command() -> None:
    pass


@command.command(
    examples=(
        "events tail --since 1d --event '$pageview'",
        "events tail -f | jq .event",
    )
)
@click.option("--event", help="Only events of this name.")
@click.option("--distinct-id", help="Only events of this identifier.")
@click.option(
    "--since", default="1h", show_default=True, help="Where to begin: 30m, 1h, 7d, or an ISO 8601 time."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with new events until Ctrl-C.")
@click.option(
    "--every", type=click.FloatRange(min=1), default=5.0, show_default=True, help="Seconds between two looks."
)
@pass_session
def tail(
    session: Session, /, event: str | None, distinct_id: str | None, since: str, follow: bool, every: float
) -> None:
    """Show the latest events, the oldest first.

    Events that reach the server late, with a time that was shown already, are not seen.
    """
    filters: dict[str, Any] = {"event": event, "distinct_id": distinct_id}
    rows = _tail(session, filters, _moment(session, since), every if follow else None)
    if follow and session.chosen("jsonl") == "table":
        for row in rows:  # a table is drawn when all its rows are known: here that is never
            session.write(visible("\t".join(str(getattr(row, name)) for name in _COLUMNS)) + "\n")
        return
    show_rows(session, rows, _COLUMNS)


def _tail(
    session: Session, filters: dict[str, Any], after: datetime.datetime, every: float | None
) -> Iterator[Event]:
    with session.client.events.iterate(after=after, **filters) as events:
        yield from events
        token = events.token
    while every is not None:
        session.flush()
        session.clock.sleep(every)
        with session.client.events.iterate(before=_now(session), resume_from=token, **filters) as events:
            yield from events
            token = events.token


@command.command(
    examples=(
        "events export --after 7d > week.jsonl",
        "events export --after 2025-06-01 --before 2025-07-01 --to june.parquet",
        "events export --after 2025-01-01 --to all.csv --resume",
    )
)
@click.option("--after", required=True, help="Where to begin, this moment included: ISO 8601, or 7d.")
@click.option("--before", help="Where to end, this moment not included; now by default.")
@click.option("--event", help="Only events of this name.")
@click.option("--distinct-id", help="Only events of this identifier.")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False),
    help="File: .jsonl, .csv or .parquet, .gz behind the first two; else standard output.",
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run with the same file broke off.")
@pass_session
def export(
    session: Session, /, path: str | None, resume: bool, after: str, before: str | None, **filters: Any
) -> None:
    """Write every event of a time range exactly once."""
    if resume and path is None:
        raise click.UsageError("--resume needs --to")
    start = _moment(session, after)
    end = None if before is None else _moment(session, before)

    def events(shown: Shown | None) -> Any:
        return session.client.events.iterate(after=start, before=end, on_progress=shown, **filters)

    if path is None:
        show_rows(session, events(None), counted="events")
        return
    from posthog_environments import files

    with session.bar("events") as shown:
        written = files.write(events(shown), path, resume=resume)
    session.say(f"{written.rows:,} events in {path}")


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def _now(session: Session) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(session.clock.now(), datetime.UTC)


def _moment(session: Session, text: str) -> datetime.datetime:
    """A time that is given as such, or as how long ago."""
    number, unit = text[:-1], text[-1:]
    try:
        if number.isascii() and number.isdecimal() and unit in _UNITS:
            return _now(session) - datetime.timedelta(seconds=int(number) * _UNITS[unit])
        moment = datetime.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise click.UsageError(f"{text!r} is no time: give ISO 8601, or 30m, 1h, 7d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
