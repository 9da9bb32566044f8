"""Persons. Sources: PostHog person.py and actor_base_query.py, October 2025."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, overload

from posthog_environments.emulator.clock import from_micros, iso_z, parse_moment, to_micros
from posthog_environments.emulator.data.mixing import is_uuid
from posthog_environments.emulator.data.persons import Person, PersonTable
from posthog_environments.emulator.errors import ApiError, invalid, not_found, required, swapped
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.handlers.values import count_values
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.messages import Response, empty
from posthog_environments.emulator.pagination import limit_and_offset, next_url, previous_url
from posthog_environments.emulator.property_filters import Predicate, parse_properties

_CSV_LIMIT: Final = 300_000
_MOST_DISTINCT_IDS: Final = 1_000
_HOLE_EVERY: Final = 50
_FIRST_HOLE: Final = 7
_SCANNED: Final = 20_000


# --- bodies ----------------------------------------------------------------------------------------------------


def person_body(person: Person) -> dict[str, Any]:
    """`Person`, as retrieve answers it."""
    return {
        "id": person.number,
        "name": person.name,
        "distinct_ids": list(person.distinct_ids),
        "properties": person.properties,
        "created_at": iso_z(from_micros(person.created_at)),
        "uuid": person.uuid,
    }


def item_body(person: Person) -> dict[str, Any]:
    """A person as lists answer it: the id is the UUID."""
    return {
        "type": "person",
        "id": person.uuid,
        "uuid": person.uuid,
        "created_at": iso_z(from_micros(person.created_at)),
        "properties": person.properties,
        "is_identified": person.is_identified,
        "name": person.name,
        "distinct_ids": list(person.distinct_ids[:_MOST_DISTINCT_IDS]),
        "matched_recordings": [],
        "value_at_data_point": None,
    }


def minimal_body(person: Person, *, documented: bool) -> dict[str, Any]:
    """`MinimalPerson`, as recordings carry it; documented with a text in place of the list of identifiers."""
    body = person_body(person)
    body["distinct_ids"] = person.distinct_ids[0] if documented else list(person.distinct_ids[:10])
    return body


# --- list ------------------------------------------------------------------------------------------------------


class _Ranked(Sequence[int]):
    """Rows of all living persons, the newest first, without computing one."""

    def __init__(self, persons: PersonTable) -> None:
        self._persons = persons

    def __len__(self) -> int:
        return len(self._persons)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        if isinstance(place, slice):
            return [self._persons.newest(rank) for rank in range(*place.indices(len(self)))]
        return self._persons.newest(place)


@handles("persons_list", unchecked=("properties",))
def list_persons(call: Call) -> Response:
    """Newest first. As observed, pages are short: see `_with_holes`."""
    rows = _selected(call)
    limit, offset = limit_and_offset(call.query)
    if call.csv:
        limit, offset = _CSV_LIMIT, 0
    if call.documented:
        persons = [call.state.data.persons.get(row) for row in rows[offset : offset + limit]]
        return Response(
            200,
            {
                "next": next_url(call.request, limit, offset, len(rows)),
                "previous": previous_url(call.request, limit, offset),
                "count": len(rows),
                "results": [person_body(person) for person in persons],
            },
        )
    picked, full = _with_holes(rows, limit, offset)
    body: dict[str, Any] = {
        "results": [item_body(call.state.data.persons.get(row)) for row in picked],
        "next": _offset_url(call, offset + limit) if full else None,
        "previous": _offset_url(call, offset - limit) if offset >= limit else None,
    }
    if "include_total" in call.query:
        body["count"] = len(rows)
    return Response(200, body)


def _with_holes(rows: Sequence[int], limit: int, offset: int) -> tuple[list[int], bool]:
    """Rows of a page, and whether the page of ids behind it was full, which is what `next` depends on.

    The real server pages over ids in ClickHouse and then leaves out those without a person in Postgres, so pages are
    short although more follow (PostHog/posthog#24787). Here every fiftieth id is such a one.
    """
    end = offset + limit
    ids = _slot(len(rows) - 1) + 1
    return list(rows[offset - _holes_before(offset) : end - _holes_before(end)]), end <= ids


def _holes_before(slot: int) -> int:
    return (slot + _HOLE_EVERY - 1 - _FIRST_HOLE) // _HOLE_EVERY


def _slot(place: int) -> int:
    """Where among the ids the person at this place stands."""
    return place if place < _FIRST_HOLE else place + 1 + (place - _FIRST_HOLE) // (_HOLE_EVERY - 1)


def _offset_url(call: Call, offset: int) -> str:
    """The URL with another offset. An offset of 0 counts as none given, so that `previous` of the second page is
    that page itself (PostHog source utils.py, format_query_params_absolute_url)."""
    if offset == 0:
        return call.request.url(call.request.query)
    return call.request.url_with({"offset": str(offset)})


def _selected(call: Call) -> Sequence[int]:
    """Rows of the persons that fit the filters, the newest first."""
    query, persons = call.query, call.state.data.persons
    tests: list[Callable[[Person], bool]] = []
    candidates: Iterable[Person] | None = None
    if "distinct_id" in query:
        found = persons.find_distinct_id(query["distinct_id"])
        candidates = [found] if found else []
    if "email" in query:
        if candidates is None:
            candidates = persons.find_email(query["email"])
        tests.append(lambda person: person.properties.get("email") == query["email"])
    if "search" in query:
        tests.append(lambda person: _mentions(person, query["search"]))
    if "properties" in query:
        fits = parse_properties(query["properties"], ("person",), call.state.clock.now())
        tests.append(lambda person: _has(fits, person.properties))
    if candidates is None and not tests:
        return _Ranked(persons)
    if candidates is None:
        candidates = persons.scan()
    return [person.index for person in candidates if all(test(person) for test in tests)]


def _has(fits: Predicate, properties: dict[str, Any]) -> bool:
    return fits(lambda _, key: properties.get(key))


def _mentions(person: Person, text: str) -> bool:
    known = (str(person.properties.get(key, "")).lower() for key in ("email", "name"))
    return text in person.distinct_ids or any(text.lower() in value for value in known)


# --- one -------------------------------------------------------------------------------------------------------


def _person(call: Call, detail: str = "Not found.") -> Person:
    given = call.params["id"]
    persons = call.state.data.persons
    if given.isascii() and given.isdecimal() and len(given) < 20:
        person = persons.find_number(int(given))
    elif is_uuid(given):
        person = persons.find_uuid(given)
    else:
        raise invalid(
            "The ID provided does not look like a personID. If you are using a distinctId, please use "
            f"/persons?distinct_id={given} instead."
        )
    if person is None:
        raise not_found(detail)
    return person


@handles("persons_retrieve")
def retrieve_person(call: Call) -> Response:
    """By number or UUID."""
    return Response(200, person_body(_person(call)))


@handles("persons_update", body="raw", json_only=True)
def update_person(call: Call) -> Response:
    """Merges properties. As observed: 202, an event `$set` that is applied later, and failures that nobody sees.

    The body is looked at before the person, so that an unknown person with an empty body is a 400.
    """
    properties = call.body.get("properties")
    if properties is None:
        raise _missing(call)
    person = _person(call)
    if is_object(properties):
        call.state.apply(lambda: _set(call, person.index, properties))
    elif call.documented:
        raise invalid("Value must be an object.", "properties")
    if call.documented:
        return Response(200, person_body(call.state.data.persons.get(person.index)))
    return empty(202)


def _missing(call: Call) -> ApiError:
    return required("properties") if call.documented else swapped("properties")


def _set(call: Call, index: int, properties: dict[str, Any]) -> None:
    data = call.state.data
    data.persons.set_properties(index, properties)
    if not call.documented:
        distinct_id = data.persons.distinct_ids(index)[0]
        data.events.capture("$set", distinct_id, {"$set": properties}, call.state.clock.micros())


@handles("persons_delete", unchecked=("delete_events", "delete_recordings", "keep_person"))
def delete_person(call: Call) -> Response:
    """As observed, the mere presence of `delete_events` counts, so that `delete_events=false` deletes them too. Servers
    of 2026 keep the person where `keep_person` is there."""
    person = _person(call, "Person not found.")
    if _flag(call, "delete_events"):
        call.state.at(_next_batch(call.state.clock.now()), lambda: call.state.data.events.erase(person.index))
    if _flag(call, "delete_recordings"):
        call.state.apply(lambda: _delete_recordings(call, person.index))
    if call.documented or not call.state.newer or not _flag(call, "keep_person"):
        call.state.apply(lambda: call.state.data.persons.delete(person.index))
    return empty(204 if call.documented else 202)


def _flag(call: Call, name: str) -> bool:
    value = call.request.last(name)
    if value is None:
        return False
    return value.lower() in ("true", "1") if call.documented else True


def _next_batch(now: datetime) -> datetime:
    """When events are deleted: on Sundays at 05:00 UTC."""
    at = now.replace(hour=5, minute=0, second=0, microsecond=0)
    at += timedelta(days=(6 - now.weekday()) % 7)
    return at if at > now else at + timedelta(days=7)


def _delete_recordings(call: Call, person: int) -> None:
    recordings = call.state.data.recordings
    for recording in list(recordings.of_person(person)):
        recordings.delete(recording)


# --- actions ---------------------------------------------------------------------------------------------------


@handles("persons_values")
def values(call: Call) -> Response:
    """Values of a property among the newest 20,000 persons, the most frequent first, at most 20."""
    key, part = call.query.get("key", ""), call.query.get("value", "")
    if not key or key.startswith("$virt"):
        return Response(200, [])
    persons = islice(call.state.data.persons.scan(), _SCANNED)
    found = (person.properties[key] for person in persons if key in person.properties)
    return Response(200, count_values(found, part, 20))


@handles("persons_stickiness", unchecked=("properties",))
def stickiness(call: Call) -> Response:
    """Persons who did it on exactly `stickiness_days` days of the period; on any number when left out. Only the newest
    20,000 events of the period are looked at."""
    wanted = call.query.get("stickiness_days")
    days = [row for row, count in _days(call).items() if wanted is None or count == wanted]
    people, following, _ = _people(call, days)
    return Response(200, {"results": [{"people": people, "count": len(people)}], "next": following})


@handles("persons_trends", unchecked=("properties",))
def trends(call: Call) -> Response:
    """Persons who did it in the period, of whose events only the newest 20,000 are looked at."""
    people, following, missing = _people(call, list(_days(call)))
    return Response(
        200,
        {
            "results": [{"people": people, "count": len(people)}],
            "next": following,
            "initial": call.request.url_with({"offset": None}),
            "missing_persons": missing,
            "is_cached": False,
            "last_refresh": iso_z(call.state.clock.now()),
        },
    )


def _days(call: Call) -> Counter[int]:
    """On how many days each person did what the legacy insight filters ask for, the latest person first."""
    query, state = call.query, call.state
    now = state.clock.now()
    if query.get("entity_type") == "actions":
        return Counter()
    after = _bound(query.get("date_from", "-7d"), now, "date_from")
    before = _bound(query["date_to"], now, "date_to") if "date_to" in query else None
    fits = parse_properties(query["properties"], ("event",), now) if "properties" in query else None
    seen: set[tuple[int, str]] = set()
    days: Counter[int] = Counter()
    for event in islice(state.data.events.scan(after=after, before=before), _SCANNED):
        if event.person is None or query.get("entity_id") not in (None, event.event):
            continue
        if fits is not None and not _has(fits, event.properties):
            continue
        mark = (event.person, from_micros(event.timestamp).date().isoformat())
        if mark not in seen:
            seen.add(mark)
            days[event.person] += 1
    return days


def _bound(text: str, now: datetime, attr: str) -> int | None:
    if text == "all":
        return None
    moment = parse_moment(text, now)
    if moment is None:
        raise invalid("Date is not valid.", attr)
    return to_micros(moment)


def _people(call: Call, rows: list[int]) -> tuple[list[dict[str, Any]], str | None, int]:
    """One page of persons, the URL of the next one, and how many exist no more."""
    limit, offset = limit_and_offset(call.query)
    persons = call.state.data.persons
    picked = rows[offset : offset + limit]
    people = [item_body(person) for person in _alive(persons, picked)]
    following = _offset_url(call, offset + limit) if len(picked) >= limit else None
    return people, following, len(picked) - len(people)


def _alive(persons: PersonTable, rows: list[int]) -> Iterator[Person]:
    return (persons.get(row) for row in rows if persons.alive(row))
