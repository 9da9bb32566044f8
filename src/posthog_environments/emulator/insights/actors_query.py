"""ActorsQuery: persons by chosen columns. Sources: PostHog actors_query_runner.py and actor_strategies.py, 2025."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from posthog_environments.emulator.clock import from_micros, iso_z
from posthog_environments.emulator.errors import invalid, unsupported
from posthog_environments.emulator.hogql import LARGEST_LIMIT, Result, execute
from posthog_environments.emulator.insights import hogql_query
from posthog_environments.emulator.insights.conditions import PropertyConditions, Values
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.insights.expressions import Expression, read_expression, read_order
from posthog_environments.emulator.insights.paging import read_page
from posthog_environments.emulator.insights.placeholders import bound
from posthog_environments.emulator.json_types import is_object

KNOWN: Final = frozenset(
    {
        *(
            "kind",
            "select",
            "search",
            "properties",
            "fixedProperties",
            "orderBy",
            "limit",
            "offset",
            "source",
        ),
        *("modifiers", "response", "tags", "version"),
    }
)
_DEFAULT_SELECT: Final = ["person", "id", "created_at", "person.$delete"]
_ACTOR: Final = frozenset({"person", "actor"})
_SPECIAL: Final = {"person": "id", "actor": "id", "person.$delete": "1"}
_ID_COLUMNS: Final = ("group_key", "actor_id", "person_id")


def check(query: Mapping[str, Any]) -> Fields:
    """Refuse what the server's model refuses, and what the emulator cannot do.

    Raises:
        ApiError: A field is unknown, wrong, or not emulated.
    """
    fields = Fields.of(query, "query.ActorsQuery", KNOWN)
    for name in ("select", "orderBy"):
        fields.texts(name)
    fields.text("search")
    for name in ("limit", "offset"):
        fields.integer(name)
    fields.array("fixedProperties")
    source = fields.any("source")
    if source is not None:
        if not is_object(source):
            raise fields.wrong("source", "Input should be a valid dictionary or object")
        if source.get("kind") != "HogQLQuery":
            raise unsupported(
                f"ActorsQuery with a source of kind {source.get('kind')}; a HogQLQuery that selects person ids works"
            )
        hogql_query.check(source)
    return fields


def run(query: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Rows as arrays, in the order of `select`.

    Raises:
        HogQLError: An expression cannot be run.
        ApiError: A field or filter cannot be read.
    """
    fields = check(query)
    titles = fields.texts("select") or _DEFAULT_SELECT
    values = Values()
    columns = [read_expression(_SPECIAL.get(title, title)) for title in titles]
    conditions = _conditions(fields, values, context)
    sql = f"SELECT {', '.join(column.aliased for column in columns)} FROM persons"
    if conditions:
        sql += f" WHERE {' AND '.join(conditions)}"
    keys = [column.text for column in columns if not column.aggregates and column.text != "1"]
    if keys and any(column.aggregates for column in columns):
        sql += f" GROUP BY {', '.join(dict.fromkeys(keys))}"
    sql += f" ORDER BY {_order(fields, columns)}"
    page = read_page(sql, values, fields, context)
    missing: int | None = None
    for place, title in enumerate(titles):
        if title in _ACTOR:
            missing = 0
            for row in page.rows:
                row[place] = _actor(str(row[place]), context)
    return {
        "results": page.rows,
        "columns": titles,
        "types": [kind for _, kind in page.result.types],
        "hasMore": page.has_more,
        "limit": page.limit,
        "offset": page.offset,
        "missing_actors_count": missing,
        "hogql": page.result.hogql,
    }


def _conditions(fields: Fields, values: Values, context: Context) -> list[str]:
    properties = PropertyConditions(values, {"person": "properties"}, context.now)
    conditions = properties.all(fields.any("properties")) + properties.all(fields.any("fixedProperties"))
    search = (fields.text("search") or "").strip()
    if search:
        conditions.append(_among(_mentioning(search, context), values))
    source = fields.any("source")
    if source is not None:
        conditions.append(_among(_source_ids(source, context), values))
    return conditions


def _among(ids: list[str], values: Values) -> str:
    return f"id IN {values.add(ids)}" if ids else "1 = 2"


def _mentioning(text: str, context: Context) -> list[str]:
    """Persons whose email, name, id or an identifier holds the text, upper or lower case."""
    text = text.lower()
    found: list[str] = []
    for person in context.data.persons.scan():
        known = (str(person.properties.get(key, "")) for key in ("email", "name"))
        if any(text in value.lower() for value in (*known, person.uuid, *person.distinct_ids)):
            found.append(person.uuid)
    return found


def _source_ids(source: Mapping[str, Any], context: Context) -> list[str]:
    """Ids that the source selects. As a part of another query it has no limit of 100 rows."""
    found = bound(source, context)

    def fetch(sql: str) -> Result:
        return execute(
            sql,
            found.values,
            context.data,
            context.now,
            variables=found.variables,
            filters=found.filters,
            engine=context.engine,
        )

    sql: str = source["query"]
    result = fetch(sql)
    if result.has_more:
        result = fetch(f"{sql.rstrip().rstrip(';')}\nLIMIT {LARGEST_LIMIT}")
        if len(result.rows) == LARGEST_LIMIT:
            raise unsupported(f"ActorsQuery with a source of {LARGEST_LIMIT} or more rows")
    names = [name.rsplit(".", 1)[-1] for name in result.columns]
    place = next((names.index(name) for name in _ID_COLUMNS if name in names), None)
    if place is None:
        place = next((place for place, name in enumerate(names) if "id" in name.lower()), None)
    if place is None:
        raise invalid("Source query must have an id column")
    return list(dict.fromkeys(str(row[place]) for row in result.rows if row[place] is not None))


def _order(fields: Fields, columns: list[Expression]) -> str:
    chosen = fields.texts("orderBy")
    if chosen:
        orders = (read_order(_SPECIAL.get(text, text)) for text in chosen)
        return ", ".join(f"{item.text} {'DESC' if descending else 'ASC'}" for item, descending in orders)
    aggregates = [column.text for column in columns if column.aggregates]
    if aggregates:
        return f"{'count()' if 'count()' in aggregates else aggregates[0]} DESC"
    if any(column.text == "created_at" for column in columns):
        return "created_at DESC"
    return f"{columns[0].text} ASC"


def _actor(uuid: str, context: Context) -> dict[str, Any]:
    person = context.data.persons.find_uuid(uuid)
    if person is None:
        return {"id": uuid}
    return {
        "id": person.uuid,
        "distinct_ids": list(person.distinct_ids),
        "properties": person.properties,
        "created_at": iso_z(from_micros(person.created_at)),
        "is_identified": person.is_identified,
    }
