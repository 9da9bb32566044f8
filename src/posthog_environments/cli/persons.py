"""`persons list|get|delete`."""

from __future__ import annotations

import sys
from typing import Any

import click

from posthog_environments.cli import failures
from posthog_environments.cli.output import show_rows, show_value
from posthog_environments.cli.progress import counted
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.person_matches import person_id
from posthog_environments_api.models import PersonListItem
from posthog_environments_api.types import Unset

_COLUMNS = ("id", "name", "email", "created_at", "distinct_ids")


@click.group("persons", help="Read and delete persons.", no_args_is_help=True)
def command() -> None:
    pass


@command.command("list")
@click.option("--search", help="Text to look for in names, e-mail addresses and distinct ids.")
@click.option("--email", help="Only persons with exactly this e-mail address.")
@click.option("--distinct-id", help="Only the person with this distinct id.")
@click.option(
    "-n",
    "--max-items",
    type=click.IntRange(min=0),
    help="Stop after this many; by default 100 on a terminal.",
)
@pass_session
def list_(session: Session, /, max_items: int | None, **filters: str | None) -> None:
    """List persons, the newest first."""
    if max_items is None and session.chosen("jsonl") == "table":
        max_items = 100
    given: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
    persons = session.client.persons.list(
        limit=1_000 if max_items is None else None, max_items=max_items, **given
    )
    with counted(session, persons, "persons") as rows:
        if session.chosen("jsonl") in ("table", "csv"):
            show_rows(session, map(_row, rows), _COLUMNS)
        else:
            show_rows(session, (person.to_dict() for person in rows))


def _row(person: PersonListItem) -> dict[str, Any]:
    properties: Any = person.properties
    email = properties.get("email") if isinstance(properties, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    ids = [] if isinstance(person.distinct_ids, Unset) else person.distinct_ids
    shown = ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
    return {
        "id": person_id(person),
        "name": person.name,
        "email": email,
        "created_at": person.created_at,
        "distinct_ids": shown,
    }


@command.command()
@click.argument("person")
@pass_session
def get(session: Session, /, person: str) -> None:
    """Show one person, by number, UUID, e-mail address or distinct id."""
    if _is_id(person):
        show_value(session, session.client.persons.retrieve(person))
        return
    persons = session.client.persons
    found = persons.find(email=person) if "@" in person else []
    found = found or persons.find(distinct_id=person)
    if not found:
        raise _nobody(f"nobody has the e-mail address or distinct id {person!r}")
    for one in found:
        show_value(session, one)


@command.command()
@click.argument("person", required=False)
@click.option("--email", help="Everybody with exactly this e-mail address.")
@click.option("--distinct-id", help="The person with exactly this distinct id.")
@click.option("--delete-events", is_flag=True, help="Also delete all their events, for good.")
@click.option("--delete-recordings", is_flag=True, help="Also delete their session recordings.")
@click.option("--dry-run", is_flag=True, help="Say who would be deleted, and delete nobody.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def delete(
    session: Session,
    /,
    person: str | None,
    email: str | None,
    distinct_id: str | None,
    delete_events: bool,
    delete_recordings: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete persons: one by number or UUID, or those who match exactly."""
    if sum(given is not None for given in (person, email, distinct_id)) != 1:
        raise click.UsageError("give a number or UUID, or --email, or --distinct-id")
    persons = session.client.persons
    if person is not None:
        if not _is_id(person):
            raise click.UsageError(f"{person!r} is no number or UUID; use --email or --distinct-id")
        found: list[Any] = [persons.retrieve(person)]
    else:
        found = persons.find(email=email, distinct_id=distinct_id)
    if not found:
        raise _nobody("nobody matches; nothing was deleted")
    for one in found:
        session.say(f"{one.uuid}  {one.name}")
    if dry_run:
        session.say(f"{_people(len(found))} would be deleted")
        return
    _confirm(session, len(found), delete_events, delete_recordings, yes)
    for one in found:
        persons.delete(one.uuid, delete_events=delete_events, delete_recordings=delete_recordings)
        session.stdout.write(f"{one.uuid}\n")
    session.say(f"{_people(len(found))} deleted")


def _nobody(message: str) -> click.ClickException:
    error = click.ClickException(message)
    error.exit_code = failures.NOT_FOUND
    return error


def _confirm(session: Session, count: int, events: bool, recordings: bool, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody to ask: add --yes to delete, or --dry-run to see who would go")
    extra = [what for what, wanted in (("events", events), ("recordings", recordings)) if wanted]
    click.confirm(
        f"Delete {_people(count)}{' with their ' + ' and '.join(extra) if extra else ''}, for good?",
        abort=True,
        err=True,
    )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} persons"


def _is_id(text: str) -> bool:
    if text.isascii() and text.isdecimal():
        return True
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        character in "0123456789abcdefABCDEF" for part in parts for character in part
    )
