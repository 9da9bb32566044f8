"""`persons list|get|delete`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from posthog_environments.cli import failures
from posthog_environments.cli.options import Group, confirm
from posthog_environments.cli.output import MOST_SHOWN, show_rows, show_value
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.person_matches import person_id
from posthog_environments_api.codec import is_object
from posthog_environments_api.models import PersonListItem
from posthog_environments_api.types import Unset

_COLUMNS = ("id", "name", "email", "created_at", "distinct_ids")
_LARGEST_PAGE = 1_000


class _Nobody(click.ClickException):
    """No person matches."""

    exit_code = failures.NOT_FOUND


@click.group("persons", cls=Group, help="Read and delete persons.", no_args_is_help=True)
def command() -> None:
    pass


@command.command(
    "list",
    examples=(
        "persons list --search ada@ -n 10",
        "persons list --email ada@example.com -o json",
        "persons list -o csv > persons.csv",
    ),
)
@click.option("--search", help="Text to look for in names, e-mail addresses and distinct ids.")
@click.option("--email", help="Only persons with exactly this e-mail address.")
@click.option("--distinct-id", help="Only the person with this distinct id.")
@click.option(
    "-n",
    "--max-items",
    type=click.IntRange(min=0),
    help=f"Stop after this many, over all pages; by default never, and in a table after {MOST_SHOWN}.",
)
@pass_session
def list_(session: Session, /, max_items: int | None, **filters: str | None) -> None:
    """List persons, the newest first.

    A table and CSV have the columns that people look for; JSON has everything that the server sent.
    """
    form = session.chosen("jsonl")
    given: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
    if max_items is None and form != "table":
        given["limit"] = _LARGEST_PAGE
    persons = session.client.persons.list(max_items=max_items, **given)
    show_rows(
        session,
        map(_row, persons) if form in ("table", "csv") else persons,
        _COLUMNS,
        counted="persons",
        most=MOST_SHOWN if max_items is None else None,
    )


def _row(person: PersonListItem) -> dict[str, Any]:
    properties: object = person.properties
    ids = [] if isinstance(person.distinct_ids, Unset) else person.distinct_ids
    return {
        "id": person_id(person),
        "name": person.name,
        "email": properties.get("email") if is_object(properties) else None,
        "created_at": person.created_at,
        "distinct_ids": ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else ""),
    }


@command.command(
    examples=("persons get 42", "persons get ada@example.com", "persons get my-distinct-id -o json")
)
@click.argument("person")
@pass_session
def get(session: Session, /, person: str) -> None:
    """Show one person, by number, UUID, e-mail address or distinct id.

    Where several persons have the same e-mail address, all of them are shown.
    """
    persons = session.client.persons
    if _is_id(person):
        show_value(session, persons.retrieve(person))
        return
    found = persons.find(email=person) if "@" in person else []
    found = found or persons.find(distinct_id=person)
    if not found:
        raise _Nobody(f"nobody has the e-mail address or distinct id {person!r}")
    if len(found) == 1:
        show_value(session, found[0])
    else:
        show_rows(session, found)


@command.command(
    examples=(
        "persons delete --email ada@example.com --dry-run",
        "persons delete --email ada@example.com --delete-events --delete-recordings",
        "persons delete 42 --yes",
    )
)
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
    """Delete persons: one by number or UUID, or those who match exactly.

    Says who it is and asks. The UUIDs of those who were deleted are the output.
    """
    if sum(given is not None for given in (person, email, distinct_id)) != 1:
        raise click.UsageError("give a number or UUID, or --email, or --distinct-id")
    if person is not None and not _is_id(person):
        raise click.UsageError(f"{person!r} is no number or UUID; use --email or --distinct-id")
    persons = session.client.persons
    found: list[Any] = (
        [persons.retrieve(person)]
        if person is not None
        else list(persons.find(email=email, distinct_id=distinct_id))
    )
    if not found:
        raise _Nobody("nobody matches; nothing was deleted")
    for one in found:
        session.say(f"{one.uuid}  {one.name}")
    if dry_run:
        session.say(f"{_people(len(found))} would be deleted")
        return
    extra = [
        what for what, wanted in (("events", delete_events), ("recordings", delete_recordings)) if wanted
    ]
    confirm(
        f"Delete {_people(len(found))}{' with their ' + ' and '.join(extra) if extra else ''}, for good?",
        yes=yes,
        instead=" to delete, or --dry-run to see who would go",
    )
    for one in found:
        persons.delete(one.uuid, delete_events=delete_events, delete_recordings=delete_recordings)
        session.write(f"{one.uuid}\n")
        session.flush()
    session.say(f"{_people(len(found))} deleted")


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} persons"


def _is_id(text: str) -> bool:
    """Whether it is a person's number or UUID. Distinct ids may look like UUIDs too; those are found by option."""
    if text.isascii() and text.isdecimal():
        return True
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
