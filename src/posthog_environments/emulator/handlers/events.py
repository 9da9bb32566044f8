"""Events. Sources: PostHog event.py, query_event_list.py and event/util.py, October 2025; PostHog/posthog#60124."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from posthog_environments.emulator.clock import iso_offset, parse_moment, to_micros
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.events import Event
from posthog_environments.emulator.data.mixing import is_uuid
from posthog_environments.emulator.data.persons import Person
from posthog_environments.emulator.errors import ApiError, invalid, not_found
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.handlers.values import shown
from posthog_environments.emulator.json_types import is_array
from posthog_environments.emulator.messages import Response
from posthog_environments.emulator.pagination import limit_and_offset
from posthog_environments.emulator.property_filters import parse_properties

_MOST: Final = 1_000
_CSV_DEFAULT: Final = 3_500
_CSV_MOST: Final = 50_000
_SCANNED: Final = 20_000
_SHOWN_PROPERTIES: Final = ("email", "name", "username")


# --- bodies ----------------------------------------------------------------------------------------------------


def event_body(event: Event, person: Person | None) -> dict[str, Any]:
    """An event as the server sends it."""
    known: dict[str, Any] | None = None
    if person is not None:
        properties = {key: person.properties[key] for key in _SHOWN_PROPERTIES if key in person.properties}
        known = {
            "is_identified": person.is_identified,
            "distinct_ids": list(person.distinct_ids[:1]),
            "properties": properties,
        }
    return {
        "id": event.uuid,
        "distinct_id": event.distinct_id,
        "properties": event.properties,
        "event": event.event,
        "timestamp": iso_offset(event.timestamp),
        "person": known,
        "elements": list(event.element.rows) if event.element else [],
        "elements_chain": event.element.chain if event.element else "",
    }


def documented_body(event: Event, person: Person | None) -> dict[str, Any]:
    """An event as documented: every field is a text."""
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in event_body(event, person).items()
    }


def _person_of(data: Dataset, event: Event) -> Person | None:
    if event.person is None or not data.persons.alive(event.person):
        return None
    return data.persons.get(event.person)


# --- list ------------------------------------------------------------------------------------------------------


@handles("events_list", unchecked=("after", "before", "orderBy", "person_id", "properties"))
def list_events(call: Call) -> Response:
    """Newest first. As observed, `next` names the last row's time, so rows with the same time would be lost, and
    more than 1,000 rows are never sent; as documented, `next` names an offset."""
    default = _CSV_DEFAULT if call.csv else 100
    limit, offset = limit_and_offset(call.query, default)
    if not call.documented:
        limit = min(limit, _CSV_MOST if call.csv else _MOST)
    newest_first = _newest_first(call)
    rows = list(islice(_matching(call, newest_first), offset, offset + limit + 1))
    body = documented_body if call.documented else event_body
    data = call.state.data
    following: str | None = None
    if len(rows) > limit and not call.csv:
        if call.documented:
            following = call.request.url_with({"limit": str(limit), "offset": str(offset + limit)})
        else:
            bound = "before" if newest_first else "after"
            following = call.request.url_with({bound: iso_offset(rows[limit - 1].timestamp)})
    results = [body(event, _person_of(data, event)) for event in rows[:limit]]
    return Response(200, {"next": following, "results": results})


def _newest_first(call: Call) -> bool:
    if "orderBy" not in call.query:
        return True
    try:
        order = json.loads(call.query["orderBy"])
    except (ValueError, RecursionError):
        order = None
    if order not in (["-timestamp"], ["timestamp"]):
        raise invalid('Only ["timestamp"] and ["-timestamp"] can be ordered by.', "orderBy")
    return bool(order == ["-timestamp"])


def _bound(call: Call, name: str) -> int | None:
    if name not in call.query:
        return None
    moment = parse_moment(call.query[name], call.state.clock.now())
    if moment is None:
        raise invalid(f"{name} is no time.", name)
    return to_micros(moment)


def _matching(call: Call, newest_first: bool) -> Iterator[Event]:
    """Events that fit the filters, as few as are taken."""
    query, data = call.query, call.state.data
    after, before = _bound(call, "after"), _bound(call, "before")
    tests: list[Callable[[Event], bool]] = []
    if "event" in query:
        tests.append(lambda event: event.event == query["event"])
    if "properties" in query:
        tests.append(_property_test(call))
    if "action_id" in query:
        return iter(())  # the project has no actions, and an unknown one matches nothing
    window: dict[str, Any] = {"newest_first": newest_first, "after": after, "before": before}
    person: Person | None = None
    if "person_id" in query:
        person = _find_person(data, query["person_id"])
        if person is None:
            return iter(())
    if "distinct_id" in query:
        rows = data.events.scan_distinct_id(query["distinct_id"], **window)
        if person is not None:
            index = person.index
            tests.append(lambda event: event.person == index)
    elif person is not None:
        rows = data.events.scan_person(person.index, **window)
    else:
        rows = data.events.scan(**window)
    return (event for event in rows if all(test(event) for test in tests))


def _find_person(data: Dataset, text: str) -> Person | None:
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return data.persons.find_number(int(text))
    return data.persons.find_uuid(text)


def _property_test(call: Call) -> Callable[[Event], bool]:
    data = call.state.data
    fits = parse_properties(call.query["properties"], ("event", "person"), call.state.clock.now())

    def test(event: Event) -> bool:
        def lookup(kind: str, key: str) -> Any:
            if kind == "event":
                return event.properties.get(key)
            person = _person_of(data, event)
            return person.properties.get(key) if person else None

        return fits(lookup)

    return test


# --- one -------------------------------------------------------------------------------------------------------


@handles("events_retrieve", unchecked=("include_person",))
def retrieve_event(call: Call) -> Response:
    """By UUID. `person` is null unless `include_person` has any value, be it `false`."""
    uuid = call.params["id"]
    if not is_uuid(uuid):
        raise ApiError(400, {"detail": "Invalid UUID", "code": "invalid", "type": "validation_error"})
    data = call.state.data
    event = data.events.find(uuid)
    if event is None:
        raise not_found(f"No events exist for event UUID {uuid}")
    person = _person_of(data, event) if call.request.last("include_person") or call.documented else None
    body = documented_body if call.documented else event_body
    return Response(200, body(event, person))


# --- values ----------------------------------------------------------------------------------------------------


@handles("events_values", unchecked=("key", "is_column"))
def values(call: Call) -> Response:
    """At most 10 values of the last seven days, looked for in the newest 20,000 events of these."""
    query = call.query
    key = query.get("key")
    if not key:
        raise invalid("You must provide a key")
    now = call.state.clock.now()
    midnight = (now - timedelta(days=7)).replace(hour=0, minute=0, second=0, microsecond=0)
    events = islice(call.state.data.events.scan(after=to_micros(midnight) - 1), _SCANNED)
    part = query.get("value", "").lower()
    read = _reader(call, key)
    wanted = [_wanted(name, text) for name, text in call.request.query if name.startswith("properties_")]
    found: dict[str, Any] = {}
    for event in events:
        if "event_name" in query and event.event not in query["event_name"]:
            continue
        if not all(shown(event.properties.get(name)) in texts for name, texts in wanted):
            continue
        value = read(event)
        if value is None or part not in shown(value).lower():
            continue
        found.setdefault(shown(value), value)
        if len(found) >= 10 and not part:
            break
    ranked = sorted(found, key=len) if part else list(found)
    return Response(
        200, [{"name": found[text]} for text in ranked[:10]], None, {"Cache-Control": "max-age=10"}
    )


def _reader(call: Call, key: str) -> Callable[[Event], Any]:
    if key == "custom_event":
        return lambda event: event.event if not event.event.startswith("$") else None
    if call.query.get("is_column", "").lower() != "true":
        return lambda event: event.properties.get(key)
    columns: dict[str, Callable[[Event], Any]] = {
        "distinct_id": lambda event: event.distinct_id,
        "event": lambda event: event.event,
        "timestamp": lambda event: iso_offset(event.timestamp),
        "uuid": lambda event: event.uuid,
    }
    if key not in columns:
        raise invalid(f"Unable to resolve field: {key}")
    return columns[key]


def _wanted(parameter: str, text: str) -> tuple[str, list[str]]:
    """A `properties_<name>` parameter: the name, and the texts of the values that fit."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    several = value if is_array(value) else [value]
    return parameter.removeprefix("properties_"), [shown(item) for item in several]
