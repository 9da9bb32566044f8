"""`events tail|export`."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import click

from posthog_environments.cli.output import show_rows
from posthog_environments.cli.progress import bar
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.event_slices import EventProgress
from posthog_environments_api.models import Event

_COLUMNS = ("timestamp", "event", "distinct_id", "id")


@click.group("events", help="Read events.", no_args_is_help=True)
def command() -> None:
    pass


@command.command()
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
    """Show the latest events, the oldest first."""
    rows = _tail(session, event, distinct_id, _moment(session, since), follow, every)
    if session.chosen("jsonl") in ("table", "csv"):
        if follow:
            for row in rows:
                session.stdout.write("\t".join(str(getattr(row, name)) for name in _COLUMNS) + "\n")
                session.stdout.flush()
            return
        show_rows(session, ({name: getattr(row, name) for name in _COLUMNS} for row in rows), _COLUMNS)
    else:
        show_rows(session, (row.to_dict() for row in rows))


def _tail(
    session: Session,
    event: str | None,
    distinct_id: str | None,
    after: datetime.datetime,
    follow: bool,
    every: float,
) -> Iterator[Event]:
    clock = session.client._caller.settings.clock  # pyright: ignore[reportPrivateUsage]
    events = session.client.events.iterate(after=after, event=event, distinct_id=distinct_id)
    yield from events
    while follow:
        session.stdout.flush()
        clock.sleep(every)
        now = datetime.datetime.fromtimestamp(clock.now(), datetime.UTC)
        events = session.client.events.iterate(
            before=now, event=event, distinct_id=distinct_id, resume_from=events.token
        )
        yield from events


@command.command()
@click.option("--after", required=True, help="Where to begin, this moment included: ISO 8601, or 7d.")
@click.option("--before", help="Where to end, this moment not included; now by default.")
@click.option("--event", help="Only events of this name.")
@click.option("--distinct-id", help="Only events of this identifier.")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False),
    help="File: .jsonl, .csv or .parquet; else standard output.",
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run with the same file broke off.")
@pass_session
def export(
    session: Session, /, path: str | None, resume: bool, after: str, before: str | None, **filters: str | None
) -> None:
    """Write every event of a time range exactly once."""
    start = _moment(session, after)
    end = None if before is None else _moment(session, before)
    with bar(session, "events") as update:

        def show(progress: EventProgress) -> None:
            update(completed=progress.events, total=_estimated(progress))

        def events(token: str | None = None) -> Any:
            given: dict[str, Any] = {**filters, "before": end, "on_progress": show}
            given |= {"after": start} if token is None else {"resume_from": token}
            return session.client.events.iterate(**given)

        if path is None:
            if resume:
                raise click.UsageError("--resume needs --to")
            show_rows(session, (event.to_dict() for event in events()))
            return
        from posthog_environments import files

        written = files.write(events if resume else events(), path, resume=resume)
    session.say(f"{written.rows:,} events in {path}")


def _estimated(progress: EventProgress) -> int | None:
    return int(progress.events / progress.fraction) if progress.fraction > 0.01 else None


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def _moment(session: Session, text: str) -> datetime.datetime:
    """A time that is given as such, or as how long ago."""
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in _UNITS:
        clock = session.client._caller.settings.clock  # pyright: ignore[reportPrivateUsage]
        now = datetime.datetime.fromtimestamp(clock.now(), datetime.UTC)
        return now - datetime.timedelta(seconds=int(number) * _UNITS[unit])
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no time: give ISO 8601, or 30m, 1h, 7d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
