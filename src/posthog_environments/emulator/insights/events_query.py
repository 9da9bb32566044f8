"""EventsQuery: events by chosen columns, or their aggregates. Source: PostHog events_query_runner.py, 2025-2026."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from posthog_environments.emulator.clock import from_micros, iso_z, parse_moment
from posthog_environments.emulator.data.persons import Person
from posthog_environments.emulator.errors import invalid, unsupported
from posthog_environments.emulator.insights.conditions import PropertyConditions, Values, sql_time
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.insights.expressions import (
    Expression,
    read_expression,
    read_order,
    without_comment,
)
from posthog_environments.emulator.insights.paging import read_page

KNOWN: Final = frozenset(
    {
        *("kind", "select", "where", "orderBy", "limit", "offset", "after", "before", "event", "properties"),
        *("fixedProperties", "filterTestAccounts", "personId", "actionId", "source", "modifiers", "response"),
        *("tags", "version"),
    }
)
_STAR_TYPE: Final = (
    "Tuple(UUID, String, String, DateTime64(6, 'UTC'), Int32, String, String, DateTime64(6, 'UTC'), String)"
)
_NAME_TYPE: Final = "Tuple(String, String, String)"
_SLACK: Final = timedelta(seconds=5)
_DAY: Final = timedelta(hours=24)


def check(query: Mapping[str, Any]) -> Fields:
    """Refuse what the server's model refuses, and what the emulator cannot do.

    Raises:
        ApiError: A field is unknown, wrong, or not emulated.
    """
    fields = Fields.of(query, "query.EventsQuery", KNOWN)
    if fields.texts("select") is None:
        raise fields.wrong("select", "Field required")
    for name in ("where", "orderBy"):
        fields.texts(name)
    for name in ("after", "before", "event", "personId"):
        fields.text(name)
    for name in ("limit", "offset", "actionId"):
        fields.integer(name)
    for name in ("properties", "fixedProperties"):
        fields.array(name)
    fields.flag("filterTestAccounts")
    if fields.any("actionId") is not None:
        raise unsupported(
            "EventsQuery with `actionId`, since the project has no actions; use `event` or `where`"
        )
    if fields.any("source") is not None:
        raise unsupported("EventsQuery with a `source`; leave it out")
    return fields


def run(query: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Rows as arrays, in the order of `select`.

    Raises:
        HogQLError: An expression cannot be run.
        ApiError: A field or filter cannot be read.
    """
    fields = check(query)
    titles = fields.texts("select") or ["*"]
    values = Values()
    shapes = [_SHAPES.get(title if title == "*" else without_comment(title)) for title in titles]
    columns = [
        read_expression(shape[0] if shape else title) for title, shape in zip(titles, shapes, strict=True)
    ]
    conditions, aggregated = _conditions(fields, values, context)
    sql = f"SELECT {', '.join(column.aliased for column in columns)} FROM events"
    sql += f" WHERE {' AND '.join(conditions)}"
    keys = [column.text for column in columns if not column.aggregates]
    if keys and len(keys) < len(columns):
        sql += f" GROUP BY {', '.join(dict.fromkeys(keys))}"
    if aggregated:
        sql += f" HAVING {' AND '.join(aggregated)}"
    if order := _order(fields, columns):
        sql += f" ORDER BY {order}"
    page = read_page(sql, values, fields, context)
    for place, shape in enumerate(shapes):
        if shape:
            for row in page.rows:
                row[place] = shape[2](row[place], context)
    return {
        "results": page.rows,
        "columns": [column.alias or title for column, title in zip(columns, titles, strict=True)],
        "types": [
            shape[1] if shape else kind for shape, (_, kind) in zip(shapes, page.result.types, strict=True)
        ],
        "hasMore": page.has_more,
        "limit": page.limit,
        "offset": page.offset,
        "hogql": page.result.hogql,
    }


# --- conditions ------------------------------------------------------------------------------------------------


def _conditions(fields: Fields, values: Values, context: Context) -> tuple[list[str], list[str]]:
    """What holds for a row, and what holds for a group of rows."""
    plain: list[str] = []
    aggregated: list[str] = []
    for text in fields.texts("where") or ():
        expression = read_expression(text)
        (aggregated if expression.aggregates else plain).append(f"({expression.text})")
    columns = {"event": "properties", "person": "person.properties"}
    properties = PropertyConditions(values, columns, context.now)
    plain += properties.all(fields.any("properties")) + properties.all(fields.any("fixedProperties"))
    if event := fields.text("event"):
        plain.append(f"event = {values.add(event)}")
    if person := fields.text("personId"):
        found = _find_person(person, context)
        plain.append(f"distinct_id IN {values.add(list(found.distinct_ids))}" if found else "1 = 2")
    before = _moment(fields, "before", context) or context.now + _SLACK
    plain.append(f"timestamp < {values.add(sql_time(before))}")
    if fields.text("after") != "all":
        after = _moment(fields, "after", context) or context.now - _DAY
        plain.append(f"timestamp > {values.add(sql_time(after))}")
    return plain, aggregated


def _find_person(text: str, context: Context) -> Person | None:
    persons = context.data.persons
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return persons.find_number(int(text))
    return persons.find_uuid(text)


def _moment(fields: Fields, name: str, context: Context) -> datetime | None:
    text = fields.text(name)
    if not text:
        return None
    moment = parse_moment(text, context.now)
    if moment is None:
        raise invalid(f"{name} is no time: {text!r}")
    return moment


def _order(fields: Fields, columns: list[Expression]) -> str:
    chosen = fields.texts("orderBy")
    if chosen is not None:
        orders = (read_order(text) for text in chosen)
        return ", ".join(f"{item.text} {'DESC' if descending else 'ASC'}" for item, descending in orders)
    aggregates = [column.text for column in columns if column.aggregates]
    if "count()" in aggregates:
        return "count() DESC"
    if aggregates:
        return f"{aggregates[0]} DESC"
    if any(column.text == "timestamp" for column in columns):
        return "timestamp DESC"
    return f"{columns[0].text} ASC"


# --- columns that are more than HogQL --------------------------------------------------------------------------


def _whole_event(uuid: Any, context: Context) -> Any:
    event = context.data.events.find(str(uuid))
    if event is None:
        return {"uuid": uuid}
    time = iso_z(from_micros(event.timestamp))
    body: dict[str, Any] = {
        "uuid": event.uuid,
        "event": event.event,
        "properties": event.properties,
        "timestamp": time,
        "team_id": context.project_id,
        "distinct_id": event.distinct_id,
        "elements_chain": event.element.chain if event.element else "",
        "created_at": time,
        "person_mode": "full",
    }
    if event.element:
        body["elements"] = list(event.element.rows)
    return body


def _person(distinct_id: Any, context: Context) -> Any:
    person = context.data.persons.find_distinct_id(str(distinct_id))
    if person is None:
        return {"distinct_id": distinct_id}
    return {
        "uuid": person.uuid,
        "created_at": iso_z(from_micros(person.created_at)),
        "properties": person.properties,
        "distinct_id": distinct_id,
    }


def _display_name(distinct_id: Any, context: Context) -> Any:
    person = context.data.persons.find_distinct_id(str(distinct_id))
    named = {"email", "name", "username"} & person.properties.keys() if person else set[str]()
    return {
        "display_name": person.name if person and named else distinct_id,
        "id": person.uuid if person else "00000000-0000-0000-0000-000000000000",
        "distinct_id": distinct_id,
    }


_SHAPES: Final[dict[str, tuple[str, str, Callable[[Any, Context], Any]]]] = {
    "*": ("uuid", _STAR_TYPE, _whole_event),
    "person": ("distinct_id", "String", _person),
    "person_display_name": ("distinct_id", _NAME_TYPE, _display_name),
}
"""By column: what is selected in its place, its type, and what is made of it."""
