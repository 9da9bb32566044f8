"""Persons by e-mail address or distinct id, matched exactly, and deleting just those.

The server filters, but what it sends is checked again: a server that ignores a filter, or takes it for a search, must
not get the wrong people deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from attrs import define, field

from posthog_environments.errors import InvalidRequestError
from posthog_environments.jobs import Call, Steps, every_page
from posthog_environments_api.api.persons import persons_delete, persons_list
from posthog_environments_api.errors import PostHogError
from posthog_environments_api.types import RequestOptions, Unset

if TYPE_CHECKING:
    from posthog_environments_api.models import PersonListItem

_MOST_IDS_SHOWN: Final = 1_000
"""A list shows at most this many distinct ids of a person (PostHog source actor_base_query.py, 2025)."""


@define(frozen=True)
class PersonDeletion:
    """Who was deleted, or would be.

    Attributes:
        persons: Those who match, as they were before.
        dry_run: Whether nothing was deleted.
        delete_events: Whether their events go too.
        delete_recordings: Whether their session recordings go too.
    """

    persons: list[PersonListItem] = field(repr=lambda persons: f"<{len(persons)} persons>")
    dry_run: bool
    delete_events: bool = False
    delete_recordings: bool = False

    @property
    def ids(self) -> list[UUID | int]:
        """What each person is deleted by."""
        return [person_id(person) for person in self.persons]

    def __len__(self) -> int:
        return len(self.persons)


def person_id(person: PersonListItem) -> UUID | int:
    return person.id if isinstance(person.uuid, Unset) else person.uuid


def find(
    project_id: str, email: str | None, distinct_id: str | None, options: RequestOptions | None
) -> Steps[list[PersonListItem]]:
    """Steps that find the persons with this e-mail address, or with this distinct id."""
    name, wanted = _criterion(email, distinct_id)
    given: dict[str, Any] = {name: wanted}
    request = persons_list.request_kwargs(project_id, **given)
    rows = yield from every_page(persons_list.OPERATION, request, persons_list.page_items, options)
    matches = _has_email if name == "email" else _has_distinct_id
    found = {person_id(person): person for person in rows if matches(person, wanted)}
    return list(found.values())


def delete(
    project_id: str,
    email: str | None,
    distinct_id: str | None,
    *,
    dry_run: bool,
    delete_events: bool,
    delete_recordings: bool,
    options: RequestOptions | None,
) -> Steps[PersonDeletion]:
    """Steps that delete the persons found, or only say who they are."""
    flags = {"dry_run": dry_run, "delete_events": delete_events, "delete_recordings": delete_recordings}
    for flag, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidRequestError(f"{flag} must be True or False, got {value!r}")
    persons = yield from find(project_id, email, distinct_id, options)
    deletion = PersonDeletion(persons, dry_run, delete_events, delete_recordings)
    if dry_run:
        return deletion
    for number, one in enumerate(deletion.ids):
        request = persons_delete.request_kwargs(
            project_id, one, delete_events=delete_events, delete_recordings=delete_recordings
        )
        try:
            yield Call(persons_delete.OPERATION, request, options)
        except PostHogError as error:
            gone = ", ".join(map(str, deletion.ids[:number])) or "none"
            error.add_note(f"deleting {len(persons)} persons stopped at {one}; deleted before: {gone}")
            raise
    return deletion


def _criterion(email: str | None, distinct_id: str | None) -> tuple[str, str]:
    given = {
        name: value for name, value in (("email", email), ("distinct_id", distinct_id)) if value is not None
    }
    if len(given) != 1:
        raise InvalidRequestError("give either email= or distinct_id=")
    ((name, value),) = given.items()
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"{name} must be a text that is not blank, got {value!r}")
    return name, value


def _has_email(person: PersonListItem, email: str) -> bool:
    properties: Any = person.properties
    return isinstance(properties, dict) and cast("dict[str, Any]", properties).get("email") == email


def _has_distinct_id(person: PersonListItem, distinct_id: str) -> bool:
    if isinstance(person.distinct_ids, Unset):
        return False
    if distinct_id in person.distinct_ids:
        return True
    if len(person.distinct_ids) >= _MOST_IDS_SHOWN:
        raise InvalidRequestError(
            f"person {person_id(person)} has more distinct ids than the server shows, so that {distinct_id!r} cannot "
            "be checked; use the person's id"
        )
    return False
