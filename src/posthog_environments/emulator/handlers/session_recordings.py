"""Session recordings and their sharing. Sources: PostHog session_recording_api.py and sharing.py, October 2025."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from posthog_environments.emulator.clock import from_micros, iso_z, parse_moment, to_micros
from posthog_environments.emulator.data.events import Event
from posthog_environments.emulator.data.mixing import Source, key_of
from posthog_environments.emulator.data.recordings import RETENTION_DAYS, Recording
from posthog_environments.emulator.errors import ApiError, invalid, not_found, unsupported
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.handlers.persons import minimal_body
from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments.emulator.messages import Response, empty
from posthog_environments.emulator.pagination import limit_and_offset, next_url, previous_url
from posthog_environments.emulator.property_filters import Lookup, Predicate, compile_properties
from posthog_environments.emulator.validation import check_query
from posthog_environments_api.operations import OPERATIONS

_DEFAULT_LIMIT: Final = 50
_DEFAULT_PERIOD: Final = timedelta(days=3)
_RETENTION: Final = timedelta(days=RETENTION_DAYS)
_LEVELS: Final = {"info": "console_log_count", "warn": "console_warn_count", "error": "console_error_count"}
_ONGOING: Final = timedelta(minutes=5)
_TOKEN_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_COMPARABLE: Final = frozenset(
    {
        *("recording_duration", "active_seconds", "inactive_seconds", "activity_score", "snapshot_source"),
        *("click_count", "keypress_count", "mouse_activity_count"),
        *("console_log_count", "console_warn_count", "console_error_count"),
    }
)
_BY_OPERATION: Final = "session_recordings_list"
_CHECKED: Final = tuple(
    parameter.name for parameter in OPERATIONS[_BY_OPERATION].parameters if parameter.location == "query"
)


# --- bodies ----------------------------------------------------------------------------------------------------


def _recording_body(call: Call, recording: Recording) -> dict[str, Any]:
    session, data = recording.session, call.state.data
    body: dict[str, Any] = {
        "id": session.id,
        "distinct_id": data.events.distinct_id(session),
        "viewed": recording.viewed,
        "viewers": list(recording.viewers),
        "recording_duration": recording.recording_duration,
        "active_seconds": recording.active_seconds,
        "inactive_seconds": recording.inactive_seconds,
        "start_time": iso_z(from_micros(session.start)),
        "end_time": iso_z(from_micros(session.end)),
        "click_count": recording.click_count,
        "keypress_count": recording.keypress_count,
        "mouse_activity_count": recording.mouse_activity_count,
        "console_log_count": recording.console_log_count,
        "console_warn_count": recording.console_warn_count,
        "console_error_count": recording.console_error_count,
        "start_url": session.properties()["$entry_current_url"],
        "person": _person_body(call, recording),
        "storage": "object_storage",
        "retention_period_days": RETENTION_DAYS,
        "expiry_time": iso_z(_expiry(recording)),
        "recording_ttl": _days_left(recording, call.state.clock.now()),
        "snapshot_source": recording.snapshot_source,
        "ongoing": call.state.clock.now() - from_micros(session.end) < _ONGOING,
        "activity_score": recording.activity_score,
    }
    if call.documented:
        for name in ("viewers", "retention_period_days", "expiry_time", "recording_ttl"):
            del body[name]
    return body


def _person_body(call: Call, recording: Recording) -> dict[str, Any] | None:
    index, persons = recording.session.person, call.state.data.persons
    if index is None or not persons.alive(index):
        return None
    return minimal_body(persons.get(index), documented=call.documented)


def _expiry(recording: Recording) -> datetime:
    return from_micros(recording.session.start) + _RETENTION


def _days_left(recording: Recording, now: datetime) -> int:
    return max(0, (_expiry(recording) - now).days)


# --- list ------------------------------------------------------------------------------------------------------


@handles(_BY_OPERATION, unchecked=_CHECKED)
def list_recordings(call: Call) -> Response:
    """Newest first, of the last three days. Deleted ones are left out after paging, so that pages may be short."""
    _check_parameters(call)
    limit, offset = limit_and_offset(call.query, _DEFAULT_LIMIT)
    places = _selected(call)
    data = call.state.data
    results = [
        _recording_body(call, data.recordings.get(place))
        for place in places[offset : offset + limit]
        if not data.recordings.deleted(place)
    ]
    if call.documented:
        body: dict[str, Any] = {
            "count": len(places),
            "next": next_url(call.request, limit, offset, len(places)),
            "previous": previous_url(call.request, limit, offset),
            "results": results,
        }
        return Response(200, body)
    body = {"results": results, "has_next": offset + limit < len(places), "version": 4}
    return Response(200, body, None, {"Server-Timing": "load_recordings_from_clickhouse;dur=0.0"})


def _check_parameters(call: Call) -> None:
    """As the server's pydantic model does it: 400, whose detail is a JSON text that lists the problems."""
    problems: list[dict[str, Any]] = []
    if not call.documented:
        for name, value in call.request.query:
            if name not in _CHECKED and name != "as_query":
                problems.append(_problem("extra_forbidden", name, "Extra inputs are not permitted", value))
    try:
        checked = check_query(call.operation, call.request, frozenset({"date_from", "date_to"}))
        for name in ("limit", "offset"):
            if name in call.query and not call.query[name].lstrip("+-").isdecimal():
                raise invalid("Input should be a valid integer", name)
    except ApiError as error:
        problems.append(
            _problem(
                "value_error", error.body["attr"], error.body["detail"], call.query.get(error.body["attr"])
            )
        )
        checked = {}
    if problems:
        raise invalid(json.dumps(problems))
    call.query = checked


def _problem(kind: str, name: str, message: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "loc": [name], "msg": message, "input": value}


def _selected(call: Call) -> Sequence[int]:
    """Places of the recordings that fit the filters, in order."""
    query, recordings = call.query, call.state.data.recordings
    first, last = _period(call)
    places: Sequence[int] = range(last - 1, first - 1, -1)
    if _items(query, "actions"):
        raise unsupported("the parameter actions: the emulator has no actions")
    tests = _tests(call)
    comment = query.get("comment_text")
    if comment is not None:
        # Nobody commented on anything, but the condition must be one.
        if not is_object(comment):
            problem = _problem("model_type", "comment_text", "Input should be a valid dictionary", comment)
            raise invalid(json.dumps([problem]))
        compile_properties([comment], ("recording",), call.state.clock.now())
        return []
    if tests:
        join: Callable[[list[bool]], bool] = any if query.get("operand") == "OR" else all
        places = [p for p in places if join([test(recordings.get(p)) for test in tests])]
    fixed = _fixed(call)
    if fixed:
        places = [p for p in places if all(test(recordings.get(p)) for test in fixed)]
    return _ordered(call, places)


def _ordered(call: Call, places: Sequence[int]) -> Sequence[int]:
    order, recordings = call.query.get("order", "start_time"), call.state.data.recordings
    rising = call.query.get("order_direction") == "ASC"
    if order == "start_time":
        return places[::-1] if rising else places
    now = call.state.clock.now()

    def value(place: int) -> float:
        recording = recordings.get(place)
        if order == "recording_ttl":
            return _days_left(recording, now)
        name = "recording_duration" if order == "duration" else order
        return float(getattr(recording, name))

    return sorted(places, key=value, reverse=not rising)


def _period(call: Call) -> tuple[int, int]:
    """Places from and up to which recordings lie in the period. Expired ones lie in none."""
    now, recordings = call.state.clock.now(), call.state.data.recordings
    start = now - _DEFAULT_PERIOD
    if "date_from" in call.query:
        start = _moment(call, "date_from", now)
    first = recordings.first_after(max(to_micros(start), to_micros(now - _RETENTION) + 1))
    if "date_to" not in call.query:
        return first, len(recordings)
    return first, recordings.first_after(to_micros(_moment(call, "date_to", now)) + 1)


def _moment(call: Call, name: str, now: datetime) -> datetime:
    if call.query[name] == "all":
        return from_micros(0)
    moment = parse_moment(call.query[name], now)
    if moment is None:
        raise invalid(json.dumps([_problem("value_error", name, "Invalid date", call.query[name])]))
    return moment


Test = Callable[[Recording], bool]


def _fixed(call: Call) -> list[Test]:
    """Filters that always count, whatever joins the others."""
    query, data = call.query, call.state.data
    tests: list[Test] = []
    if query.get("session_ids") is not None:
        ids = _texts(query, "session_ids")
        tests.append(lambda recording: recording.session.id in ids)
    if query.get("distinct_ids") is not None:
        known = _texts(query, "distinct_ids")
        tests.append(lambda recording: data.events.distinct_id(recording.session) in known)
    if "person_uuid" in query:
        person = data.persons.find_uuid(query["person_uuid"])
        row = person.index if person else -1
        tests.append(lambda recording: recording.session.person == row)
    return tests


def _tests(call: Call) -> list[Test]:
    """Filters that are joined by `operand`."""
    query, now = call.query, call.state.clock.now()
    tests: list[Test] = []
    for wanted in _items(query, "events"):
        name = wanted.get("id") if is_object(wanted) else wanted
        tests.append(_event_test(call, name))
    for item in _items(query, "properties"):
        fits = compile_properties([item], ("event", "person", "session"), now)
        tests.append(_property_test(call, fits))
    tests.extend(_console_test(item, now) for item in _items(query, "console_log_filters"))
    for item in _items(query, "having_predicates"):
        fits = compile_properties([item], ("recording",), now)
        tests.append(_having_test(fits))
    return tests


def _texts(query: dict[str, Any], name: str) -> list[Any]:
    return [item for item in _items(query, name) if isinstance(item, str)]


def _items(query: dict[str, Any], name: str) -> list[Any]:
    value = query.get(name)
    if value is None:
        return []
    if not is_array(value):
        raise invalid(json.dumps([_problem("list_type", name, "Input should be a valid list", value)]))
    return value


def _event_test(call: Call, name: Any) -> Test:
    events = call.state.data.events

    def test(recording: Recording) -> bool:
        return any(name in (None, row.event) for row in events.of_session(recording.session))

    return test


def _property_test(call: Call, fits: Predicate) -> Test:
    data = call.state.data

    def test(recording: Recording) -> bool:
        session = recording.session

        def lookup_in(row: Event) -> Lookup:
            def lookup(kind: str, key: str) -> Any:
                if kind == "event":
                    return row.properties.get(key)
                if kind == "session":
                    return session.properties().get(key)
                if session.person is None or not data.persons.alive(session.person):
                    return None
                return data.persons.get(session.person).properties.get(key)

            return lookup

        return any(fits(lookup_in(row)) for row in data.events.of_session(session))

    return test


def _console_test(item: Any, now: datetime) -> Test:
    """Whether some console entry fits. Of entries there is only their number by level (`info`, `warn`, `error`)."""
    for name in _keys(item):
        if name != "level":
            raise unsupported(
                f"console_log_filters by {name}: the emulator has console entries by level only"
            )
    fits = compile_properties([item], ("log_entry",), now)

    fitting = [count for level, count in _LEVELS.items() if fits(_always(level))]
    return lambda recording: any(getattr(recording, count) for count in fitting)


def _always(value: str) -> Lookup:
    return lambda kind, name: value


def _keys(item: Any) -> Iterator[str]:
    """What a filter, or a group of them, asks for."""
    if is_object(item):
        if "key" in item:
            yield str(item["key"])
        for inner in item.get("values") or () if is_array(item.get("values")) else ():
            yield from _keys(inner)


def _having_test(fits: Predicate) -> Test:
    def test(recording: Recording) -> bool:
        def lookup(_: str, key: str) -> Any:
            name = "recording_duration" if key == "duration" else key
            return getattr(recording, name) if name in _COMPARABLE else None

        return fits(lookup)

    return test


# --- one -------------------------------------------------------------------------------------------------------


def _recording(call: Call) -> Recording:
    recording = call.state.data.recordings.find(call.params["id"])
    if recording is None or _expiry(recording) <= call.state.clock.now():
        raise not_found("Recording not found")
    return recording


@handles("session_recordings_retrieve")
def retrieve_recording(call: Call) -> Response:
    """By session id."""
    return Response(200, _recording_body(call, _recording(call)))


@handles("session_recordings_delete")
def delete_recording(call: Call) -> Response:
    """For good; deleting again is a 404."""
    call.state.data.recordings.delete(_recording(call))
    return empty(204)


@handles("session_recordings_sharing")
def sharing(call: Call) -> Response:
    """One object. Nobody checks that the recording exists; one that was never shared has a token that opens nothing."""
    session_id, data = call.params["recording_id"], call.state.data
    recording = data.recordings.find(session_id)
    shared = recording is not None and recording.shared
    dice = Source(data.seed, "sharing").dice(key_of(data.seed, session_id))
    body: dict[str, Any] = {
        "created_at": iso_z(from_micros(recording.session.end)) if recording and shared else None,
        "enabled": shared,
        "access_token": "".join(dice.pick(_TOKEN_LETTERS) for _ in range(30)),
    }
    if not call.documented:
        body |= {"settings": None, "password_required": False, "share_passwords": []}
    return Response(200, body)
