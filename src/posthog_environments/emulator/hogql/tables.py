"""The rows of the tables that HogQL sees, from a project's data. Engines copy them.

Values are those of the columns' types in `schema`; times are microseconds since 1970, properties are JSON texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from posthog_environments.emulator.clock import to_micros
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.schema import CAMPAIGN_PROPERTIES, GROUP_COLUMNS
from posthog_environments.emulator.json_types import is_array, is_object

Row = tuple[Any, ...]

Version = tuple[object, ...]

# What each table is computed from besides the project's data.
_NEEDS: Final = {"sessions": ("events",)}
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MOST_DIGITS: Final = 1e21
_SECOND: Final = 1_000_000
# PostHog's rule for $is_bounce: less than two things seen, in less than ten seconds.
_MANY: Final = 2
_NO_BOUNCE: Final = 10
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"


def _compact(value: Any) -> str:
    text = _ENCODE(value)
    if ".0" in text or "e+" in text:
        text = _ENCODE(_as_ingested(value))
    # Half a character cannot be stored; ClickHouse writes the replacement character.
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def _as_ingested(value: Any) -> Any:
    """PostHog's ingestion writes whole numbers as JavaScript does: 10, not 10.0."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _MOST_DIGITS else value
    if is_object(value):
        return {key: _as_ingested(item) for key, item in value.items()}
    if is_array(value):
        return [_as_ingested(item) for item in value]
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _events(data: Dataset) -> Iterator[Row]:
    people: dict[int, str] = {}
    types = data.groups.types
    for event in data.events.scan(newest_first=False):
        person = event.person
        if person is not None and person not in people:
            people[person] = data.persons.get(person).uuid
        properties = event.properties
        groups = properties.get("$groups")
        keys = groups if is_object(groups) else {}
        yield (
            event.uuid,
            event.event,
            _compact(properties),
            event.timestamp,
            event.distinct_id,
            event.element.chain if event.element else "",
            event.timestamp,
            _text(properties.get("$session_id")) or "",
            _text(properties.get("$window_id")) or "",
            _NOBODY if person is None else people[person],
            *(
                str(keys.get(types[index]) or "") if index < len(types) else ""
                for index in range(len(GROUP_COLUMNS))
            ),
        )


def _persons(data: Dataset) -> Iterator[Row]:
    for person in data.persons.scan(newest_first=False):
        created = person.created_at // 1000 * 1000
        yield person.uuid, created, _compact(person.properties), person.is_identified


def _distinct_ids(data: Dataset) -> Iterator[Row]:
    for person in data.persons.scan(newest_first=False):
        for distinct_id in person.distinct_ids:
            yield distinct_id, person.uuid


def _groups(data: Dataset) -> Iterator[Row]:
    for group in data.groups.rows.values():
        created = to_micros(group.created_at)
        yield group.type_index, group.key, created, created, _compact(group.properties)


def _cohort_people(data: Dataset) -> Iterator[Row]:
    for cohort in data.cohorts.rows:
        for person in cohort.persons:
            if data.persons.alive(person):
                yield data.persons.get(person).uuid, cohort.id


ROWS: Final[dict[str, Callable[[Dataset], Iterator[Row]]]] = {
    "events": _events,
    "persons": _persons,
    "person_distinct_ids": _distinct_ids,
    "groups": _groups,
    "cohort_people": _cohort_people,
}


def session_rows(data: Dataset, found_rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of `sessions`.

    Args:
        data: The project.
        found_rows: What the events tell of each session: its id, the distinct id of its last event, the properties of the
            first, its first and last time, its URLs in the order of time, its last path, and how many pageviews,
            autocaptures and screens it has.
    """
    for row in found_rows:
        found = data.sessions.find(row[0])
        first: dict[str, Any] = json.loads(row[2])
        urls: list[str] = list(dict.fromkeys(row[5]))
        url = first.get("$current_url") or (row[5][0] if row[5] else None)
        # What the sessions endpoints say of a session, HogQL says too.
        known = found.properties() if found is not None else {}
        if url is None:
            known = {name: value for name, value in known.items() if not name.startswith("$entry_")}
        start, end = (found.start, found.end) if found is not None else (row[3], row[4])
        duration = end // _SECOND - start // _SECOND
        seen = min(row[7] + row[8] + row[9], 2)
        end_url = row[5][-1] if row[5] else None
        yield (
            row[0],
            row[1],
            start,
            end,
            end,
            urls,
            len(urls),
            url,
            known.get("$entry_pathname"),
            known.get("$entry_hostname"),
            end_url,
            row[6],
            _host(end_url),
            known.get("$entry_referring_domain"),
            _text(first.get("$referrer")),
            *(known.get(f"$entry_{name}", _text(first.get(name)) or None) for name in CAMPAIGN_PROPERTIES),
            row[7],
            row[8],
            row[9],
            known.get("$channel_type"),
            duration,
            # Where nothing was seen, a session is neither.
            int(seen < _MANY and duration < _NO_BOUNCE) if seen else None,
            None,
            seen,
            None,
        )


def _host(url: str | None) -> str | None:
    with suppress(ValueError):
        return urlsplit(url).hostname or "" if url is not None else None
    return ""


def copied(tables: Iterable[str], versions: dict[str, Version], data: Dataset) -> Iterator[str]:
    """The tables that must be copied before these can be read, each before those that need it.

    Args:
        tables: What is to be read.
        versions: Of the copies that there are; a table counts as copied when the next one is asked for.
        data: The project.
    """
    for table in tables:
        yield from copied(_NEEDS.get(table, ()), versions, data)
        version = _version(table, data)
        if versions.get(table) != version:
            yield table
            versions[table] = version


def _version(table: str, data: Dataset) -> Version:
    """Changes with everything that a table's rows are made of."""
    persons = data.persons.version
    match table:
        case "persons" | "person_distinct_ids":
            return (persons,)
        case "cohort_people":
            return persons, data.cohorts.version
        case "groups":
            return (data.groups.version,)
        case "sessions":
            return persons, tuple(data.groups.types), data.events.version, data.recordings.version
        case _:
            return persons, tuple(data.groups.types), data.events.version
