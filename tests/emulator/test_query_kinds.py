"""Kinds of queries other than HogQL: each answer is counted again from the emulator's own data."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from posthog_environments.emulator.clock import from_micros, parse_iso, to_micros

from .conftest import Api


def ask(api: Api, kind: str, /, **fields: Any) -> dict[str, Any]:
    answer = api.send("POST", "query/", {"query": {"kind": kind, **fields}})
    assert answer.status == 200, answer
    result: dict[str, Any] = answer.json
    return result


def refused(api: Api, kind: str, /, **fields: Any) -> dict[str, Any]:
    return api.refused("POST", "query/", {"query": {"kind": kind, **fields}})


def events(api: Api, after: str | None = None, before: str | None = None) -> list[Any]:
    """Events strictly between two times, the oldest first."""
    low, high = (to_micros(parse_iso(text)) if text else None for text in (after, before))  # type: ignore[arg-type]
    return list(api.emulator.data.events.scan(newest_first=False, after=low, before=high))


# --- EventsQuery -----------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "query_create",
    "EventsQuery: the last day unless `after` says otherwise",
    source="PostHog source events_query_runner.py, 2025",
)
def test_events_of_the_last_day_come_unless_told_otherwise(either: Api) -> None:
    """Source: PostHog events_query_runner.py: `after` is -24h when left out, `all` lifts it."""
    result = ask(either, "EventsQuery", select=["uuid", "timestamp"])
    expected = events(either, after="2025-06-30T12:00:00Z")
    assert [row[0] for row in result["results"]] == [event.uuid for event in reversed(expected)]
    assert (result["hasMore"], result["limit"], result["offset"]) == (False, 100, 0)
    assert result["columns"] == ["uuid", "timestamp"]
    assert result["types"] == ["UUID", "DateTime64(6, 'UTC')"], "types without names, unlike HogQLQuery"


def test_a_hundred_rows_come_and_has_more_tells(api: Api) -> None:
    """Source: PostHog paginators.py: the default limit is 100, and one row more is read to know."""
    result = ask(api, "EventsQuery", select=["uuid", "timestamp"], after="all")
    assert (len(result["results"]), result["hasMore"], result["limit"]) == (100, True, 100)


def test_pages_of_events_meet_without_gap(api: Api) -> None:
    seen: list[str] = []
    more = True
    while more:
        page = ask(
            api,
            "EventsQuery",
            select=["uuid"],
            orderBy=["timestamp ASC"],
            after="all",
            limit=700,
            offset=len(seen),
        )
        seen += [row[0] for row in page["results"]]
        more = page["hasMore"]
    assert seen == [event.uuid for event in events(api)]


def test_a_star_is_the_whole_event_and_person_its_person(api: Api) -> None:
    """Source: PostHog events_query_runner.py: `*` is one object, `person` is looked up by distinct id."""
    result = ask(api, "EventsQuery", select=["*", "person", "timestamp"], limit=5)
    for star, person, timestamp in result["results"]:
        listed = api.get(f"events/{star['uuid']}/", include_person="true")
        assert (star["event"], star["properties"]) == (listed["event"], listed["properties"])
        assert star["timestamp"] == timestamp
        assert star["team_id"] == 1
        assert person["distinct_id"] == listed["distinct_id"]
        assert api.get(f"persons/{person['uuid']}/")["properties"] == person["properties"]
    assert result["columns"] == ["*", "person", "timestamp"]
    assert ask(api, "EventsQuery", select=[])["columns"] == ["*"]


def test_the_events_of_a_deleted_person_have_only_their_identifier(api: Api) -> None:
    person = api.emulator.sample_id("persons")
    found = api.get(f"persons/{person}/")
    api.send("DELETE", f"persons/{person}/")
    result = ask(
        api,
        "EventsQuery",
        select=["person"],
        where=[f"distinct_id = '{found['distinct_ids'][0]}'"],
        after="all",
    )
    assert result["results"][0] == [{"distinct_id": found["distinct_ids"][0]}]


def test_a_display_name_comes_with_both_ids(api: Api) -> None:
    """Source: PostHog events_query_runner.py."""
    (row,) = ask(api, "EventsQuery", select=["person_display_name", "distinct_id"], limit=1, after="all")[
        "results"
    ]
    assert row[0].keys() == {"display_name", "id", "distinct_id"}
    assert row[0]["distinct_id"] == row[1]


def test_aggregates_are_grouped_by_the_other_columns(api: Api) -> None:
    """Source: PostHog events_query_runner.py: grouped by what is no aggregate, ordered by count() or the first one."""
    result = ask(api, "EventsQuery", select=["event", "count()"], after="all")
    counted = Counter(event.event for event in events(api))
    assert dict(result["results"]) == counted
    counts = [count for _, count in result["results"]]
    assert counts == sorted(counts, reverse=True)


def test_filters_of_events_all_apply(api: Api) -> None:
    fields: dict[str, Any] = {
        "event": "purchase_completed",
        "properties": [{"key": "amount", "operator": "gt", "value": "49", "type": "event"}],
        "fixedProperties": [{"type": "OR", "values": [{"key": "$browser", "value": ["Chrome", "Firefox"]}]}],
        "where": ["properties.currency = 'EUR'"],
        "after": "2025-06-10",
        "before": "2025-06-20",
        "filterTestAccounts": True,
    }
    result = ask(api, "EventsQuery", select=["uuid"], limit=1000, **fields)
    expected = {
        event.uuid
        for event in events(api, "2025-06-10", "2025-06-20")
        if event.event == "purchase_completed"
        and event.properties["amount"] > 49
        and event.properties["$browser"] in ("Chrome", "Firefox")
        and event.properties["currency"] == "EUR"
    }
    assert expected
    assert {row[0] for row in result["results"]} == expected


def test_events_of_one_person_by_number_or_uuid(api: Api) -> None:
    person = api.get("persons/1/")
    expected = sorted(event.uuid for event in events(api) if event.person == 0)
    for person_id in ("1", person["uuid"]):
        found = ask(api, "EventsQuery", select=["uuid"], personId=person_id, after="all")["results"]
        assert sorted(row[0] for row in found) == expected
    assert ask(api, "EventsQuery", select=["uuid"], personId="999999", after="all")["results"] == []


def test_values_of_filters_are_never_hogql(api: Api) -> None:
    evil = "x' or 1 = 1 or '"
    assert ask(api, "EventsQuery", select=["uuid"], event=evil, after="all")["results"] == []
    filters = [{"key": "$browser", "value": evil}, {"key": "a`b.c' or 1", "value": "x"}]
    for item in filters:
        assert ask(api, "EventsQuery", select=["uuid"], properties=[item], after="all")["results"] == []


@pytest.mark.parametrize(
    "expression",
    [
        "1) or (1",
        "1 = 1 limit 1",
        "1 = 1 order by 1",
        "event, 1",
        "(1",
        "'open",
        "",
        "1; select 2",
        "1 from persons",
    ],
)
def test_an_expression_cannot_leave_its_place(api: Api, expression: str) -> None:
    """Source: PostHog events_query_runner.py parses each expression on its own."""
    assert refused(api, "EventsQuery", select=["uuid"], where=[expression])["type"] == "validation_error"
    assert refused(api, "EventsQuery", select=[expression])["type"] == "validation_error"


def test_columns_may_carry_a_title(api: Api) -> None:
    """Source: PostHog events_query_runner.py: what follows `--` is a title."""
    result = ask(api, "EventsQuery", select=["event -- What happened", "uuid as id"], limit=1, after="all")
    assert result["columns"] == ["event -- What happened", "id"]


# --- ActorsQuery -----------------------------------------------------------------------------------------------


def test_persons_come_newest_first_with_four_columns(either: Api) -> None:
    """Source: PostHog actor_strategies.py: default columns; actors_query_runner.py: default order."""
    result = ask(either, "ActorsQuery")
    assert result["columns"] == ["person", "id", "created_at", "person.$delete"]
    assert (len(result["results"]), result["hasMore"], result["missing_actors_count"]) == (100, True, 0)
    created = [row[2] for row in result["results"]]
    assert created == sorted(created, reverse=True)
    person, uuid, _, delete = result["results"][0]
    assert (person["id"], delete) == (uuid, 1)
    found = either.get(f"persons/{uuid}/")
    assert (person["distinct_ids"], person["properties"]) == (found["distinct_ids"], found["properties"])


@pytest.mark.behaviour(
    "query_create", "ActorsQuery: every person, without short pages", source="airbytehq/airbyte#45128"
)
def test_every_person_comes_by_actors_query(api: Api) -> None:
    """PostHog's staff name it as the way to list persons without short pages: airbytehq/airbyte#45128."""
    seen: list[str] = []
    more = True
    while more:
        page = ask(api, "ActorsQuery", select=["id"], orderBy=["created_at ASC"], limit=60, offset=len(seen))
        assert len(page["results"]) == min(60, 250 - len(seen)), "no page is short"
        seen += [row[0] for row in page["results"]]
        more = page["hasMore"]
    assert sorted(seen) == sorted(person.uuid for person in api.emulator.data.persons.scan())


def test_persons_by_search_and_properties(api: Api) -> None:
    persons = list(api.emulator.data.persons.scan())
    email = next(person.properties["email"] for person in persons if "email" in person.properties)
    (row,) = ask(api, "ActorsQuery", select=["properties.email"], search=email.upper())["results"]
    assert row == [email]
    filters = [{"key": "plan", "value": "free", "type": "person"}, {"key": "email", "operator": "is_set"}]
    found = ask(api, "ActorsQuery", select=["id"], properties=filters, limit=500)["results"]
    expected = {person.uuid for person in persons if person.properties.get("plan") == "free"}
    assert {row[0] for row in found} == expected
    assert ask(api, "ActorsQuery", search="nobody at all")["results"] == []


def test_persons_of_a_hogql_source_without_its_limit_of_a_hundred(api: Api) -> None:
    """Source: PostHog actors_query_runner.py: the source is a part of the query, and its id column is found by name."""
    source = {"kind": "HogQLQuery", "query": "select person_id, count() from events group by person_id"}
    found = ask(api, "ActorsQuery", select=["id"], source=source, limit=1000)["results"]
    active = {event.person for event in events(api)}
    assert len(found) == len(active) > 100
    none = {"kind": "HogQLQuery", "query": "select event from events"}
    assert refused(api, "ActorsQuery", source=none)["detail"] == "Source query must have an id column"
    other = refused(api, "ActorsQuery", source={"kind": "FunnelsQuery"})
    assert (other["code"], "FunnelsQuery" in other["detail"]) == ("emulator_unsupported", True)


# --- TrendsQuery -----------------------------------------------------------------------------------------------

PAGEVIEWS = {"kind": "EventsNode", "event": "$pageview"}


def trend(api: Api, *series: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = ask(api, "TrendsQuery", series=list(series), **fields)["results"]
    return results


@pytest.mark.behaviour(
    "query_create",
    "TrendsQuery: whole days from seven days ago",
    source="PostHog source query_date_range.py, 2025",
)
def test_a_trend_counts_each_of_the_last_eight_days(either: Api) -> None:
    """Source: PostHog query_date_range.py: from seven days ago, whole days, to the end of today."""
    answer = ask(either, "TrendsQuery", series=[PAGEVIEWS])
    (series,) = answer["results"]
    days = Counter(
        from_micros(event.timestamp).date().isoformat()
        for event in events(either)
        if event.event == "$pageview"
    )
    assert series["days"] == [f"2025-06-{day}" for day in range(24, 31)] + ["2025-07-01"]
    assert series["data"] == [days[day] for day in series["days"]]
    assert series["count"] == sum(series["data"]) > 0
    assert series["labels"][0] == "24-Jun-2025"
    assert (series["label"], series["action"]["id"], series["action"]["order"]) == (
        "$pageview",
        "$pageview",
        0,
    )
    assert answer["resolved_date_range"]["date_from"] == "2025-06-24T00:00:00Z"


@pytest.mark.parametrize(
    ("interval", "since", "first", "size"),
    [
        ("hour", "-24h", "2025-06-30 12:00:00", 25),
        ("day", "2025-06-20", "2025-06-20", 12),
        ("week", "2025-06-18", "2025-06-15", 3),
        ("month", "-30d", "2025-06-01", 2),
        ("day", "mStart", "2025-07-01", 1),
        ("month", "yStart", "2025-01-01", 7),
    ],
)
def test_intervals(api: Api, interval: str, since: str, first: str, size: int) -> None:
    """Weeks begin on Sunday. Source: PostHog query_date_range.py."""
    (series,) = trend(api, {"kind": "EventsNode"}, interval=interval, dateRange={"date_from": since})
    assert (series["days"][0], len(series["data"]), series["label"]) == (first, size, "All events")
    start = parse_iso(first)
    assert start is not None
    assert series["count"] == sum(1 for event in events(api) if event.timestamp >= to_micros(start))


def test_a_trend_since_always_counts_every_event_once(api: Api) -> None:
    (series,) = trend(api, {"kind": "EventsNode"}, dateRange={"date_from": "all"})
    assert series["count"] == 2000
    (series,) = trend(
        api, {"kind": "EventsNode"}, dateRange={"date_from": "2025-06-20", "date_to": "2025-06-20"}
    )
    assert series["data"] == [len(events(api, "2025-06-19T23:59:59.999999Z", "2025-06-21"))]


def test_every_math_agrees_with_the_events(api: Api) -> None:
    maths = [{"math": "total"}, {"math": "dau"}, {"math": "unique_session"}]
    maths += [{"math": math, "math_property": "amount"} for math in ("sum", "avg", "min", "max")]
    series = [{"kind": "EventsNode", "event": "purchase_completed", **math} for math in maths]
    whole = {"date_from": "2025-01-01", "date_to": "2025-12-31"}
    results = trend(api, *series, interval="month", dateRange=whole)
    june = [result["data"][result["days"].index("2025-06-01")] for result in results]
    bought = [event for event in events(api, before="2025-07-01") if event.event == "purchase_completed"]
    amounts = [event.properties["amount"] for event in bought]
    assert june == [
        len(bought),
        len({event.person for event in bought}),
        len({event.properties["$session_id"] for event in bought}),
        sum(amounts),
        pytest.approx(sum(amounts) / len(amounts)),
        min(amounts),
        max(amounts),
    ]
    assert [result["action"]["math"] for result in results] == [math["math"] for math in maths]


def test_filters_of_the_trend_and_of_its_series_all_apply(api: Api) -> None:
    series = {**PAGEVIEWS, "properties": [{"key": "$browser", "value": "Chrome", "type": "event"}]}
    plan = [{"key": "plan", "value": "free", "type": "person"}]
    (found,) = trend(api, series, dateRange={"date_from": "all"}, properties=plan)
    persons = api.emulator.data.persons
    expected = [
        event
        for event in events(api)
        if event.event == "$pageview"
        and event.properties["$browser"] == "Chrome"
        and persons.get(event.person).properties.get("plan") == "free"
    ]
    assert found["count"] == len(expected) > 0


def test_a_breakdown_splits_each_series_by_value(api: Api) -> None:
    """The largest first, what has no value last. Source: PostHog trends_query_runner.py."""
    for kind, key in (("event", "utm_source"), ("person", "plan")):
        found = trend(
            api,
            {"kind": "EventsNode"},
            dateRange={"date_from": "all"},
            breakdownFilter={"breakdown": key, "breakdown_type": kind},
        )
        persons = api.emulator.data.persons
        counted = Counter(
            (event.properties if kind == "event" else persons.get(event.person).properties).get(key)
            for event in events(api)
        )
        missing = counted.pop(None, 0)
        assert {row["breakdown_value"]: row["count"] for row in found} == {
            **counted,
            **({"$$_posthog_breakdown_null_$$": missing} if missing else {}),
        }
        assert [row["count"] for row in found[:-1]] == sorted(counted.values(), reverse=True)
        assert found[-1]["label"] == "None (i.e. no value)"


def test_rare_values_of_a_breakdown_become_others(api: Api) -> None:
    fields: dict[str, Any] = {"dateRange": {"date_from": "all"}}
    split = {"breakdown": "$pathname", "breakdown_limit": 2}
    answer = ask(
        api, "TrendsQuery", series=[{"kind": "EventsNode"}, PAGEVIEWS], breakdownFilter=split, **fields
    )
    assert answer["hasMore"] is True
    first = [row for row in answer["results"] if row["action"]["order"] == 0]
    assert [row["breakdown_value"] for row in first][2:] == ["$$_posthog_breakdown_other_$$"]
    assert sum(row["count"] for row in first) == 2000
    assert first[2]["label"] == "All events - Other (i.e. all remaining values)"


def test_a_trend_computes_only_the_events_of_its_period(api: Api) -> None:
    """Millions of events cost nothing unless they are in the period."""
    big = Api(type(api.emulator)(persons=1000, events=2_000_000))
    before = big.emulator.data.events.computed
    (series,) = trend(big, {"kind": "EventsNode"}, dateRange={"date_from": "-1h"}, interval="hour")
    assert 0 < series["count"] <= big.emulator.data.events.computed - before < 20_000


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("EventsQuery", {"select": ["*"], "actionId": 3}),
        ("EventsQuery", {"select": ["*"], "source": {"kind": "InsightActorsQuery"}}),
        ("EventsQuery", {"select": ["*"], "properties": [{"key": "a", "type": "cohort", "value": 1}]}),
        ("TrendsQuery", {"series": [PAGEVIEWS], "compareFilter": {"compare": True}}),
        ("TrendsQuery", {"series": [PAGEVIEWS], "trendsFilter": {"formula": "A + B"}}),
        ("TrendsQuery", {"series": [PAGEVIEWS], "trendsFilter": {"display": "BoldNumber"}}),
        ("TrendsQuery", {"series": [PAGEVIEWS], "interval": "minute"}),
        ("TrendsQuery", {"series": [PAGEVIEWS], "samplingFactor": 0.1}),
        ("TrendsQuery", {"series": [{**PAGEVIEWS, "math": "weekly_active"}]}),
        ("TrendsQuery", {"series": [{"kind": "ActionsNode", "id": 1}]}),
        ("TrendsQuery", {"series": [PAGEVIEWS], "breakdownFilter": {"breakdowns": [{"property": "a"}] * 2}}),
        (
            "TrendsQuery",
            {"series": [PAGEVIEWS], "breakdownFilter": {"breakdown": 1, "breakdown_type": "cohort"}},
        ),
        ("TrendsQuery", {"series": [PAGEVIEWS], "interval": "hour", "dateRange": {"date_from": "-99999d"}}),
        ("RetentionQuery", {}),
    ],
)
def test_what_is_not_emulated_is_said_and_named(either: Api, kind: str, fields: dict[str, Any]) -> None:
    refusal = refused(either, kind, **fields)
    assert refusal["code"] == "emulator_unsupported"
    assert refusal["detail"].startswith("The emulator does not support this: ")


@pytest.mark.parametrize(
    ("kind", "fields", "place"),
    [
        ("EventsQuery", {}, "query.EventsQuery.select"),
        ("EventsQuery", {"select": ["*"], "nope": 1}, "query.EventsQuery.nope"),
        ("EventsQuery", {"select": "event"}, "query.EventsQuery.select"),
        ("EventsQuery", {"select": [1]}, "query.EventsQuery.select.0"),
        ("EventsQuery", {"select": ["*"], "limit": "5"}, "query.EventsQuery.limit"),
        ("EventsQuery", {"select": ["*"], "limit": -1}, "query.EventsQuery.limit"),
        ("ActorsQuery", {"nope": 1}, "query.ActorsQuery.nope"),
        ("ActorsQuery", {"search": 1}, "query.ActorsQuery.search"),
        ("ActorsQuery", {"source": 1}, "query.ActorsQuery.source"),
        ("TrendsQuery", {}, "query.TrendsQuery.series"),
        ("TrendsQuery", {"series": [{"event": "x"}]}, "query.TrendsQuery.series.0.kind"),
        ("TrendsQuery", {"series": [{**PAGEVIEWS, "x": 1}]}, "query.TrendsQuery.series.0.EventsNode.x"),
        ("TrendsQuery", {"series": [{**PAGEVIEWS, "math": "sum"}]}, "series.0.EventsNode.math_property"),
        ("TrendsQuery", {"series": [], "interval": "decade"}, "query.TrendsQuery.interval"),
        ("TrendsQuery", {"series": [], "dateRange": {"from": "x"}}, "query.TrendsQuery.dateRange.from"),
        ("TrendsQuery", {"series": [], "trendsFilter": {"x": 1}}, "query.TrendsQuery.trendsFilter.x"),
    ],
)
@pytest.mark.behaviour(
    "query_create", "query models refuse unknown fields", source="PostHog source schema.py, 2025"
)
def test_wrong_fields_are_refused_as_the_servers_models_do(
    either: Api, kind: str, fields: dict[str, Any], place: str
) -> None:
    """Source: PostHog's query models forbid unknown fields."""
    refusal = refused(either, kind, **fields)
    assert refusal["code"] == "parse_error"
    assert f"{place}\n" in refusal["detail"]


def test_times_that_are_none_are_refused(api: Api) -> None:
    assert refused(api, "EventsQuery", select=["*"], after="soon")["code"] == "invalid_input"
    assert (
        refused(api, "TrendsQuery", series=[], dateRange={"date_from": "soon"})["attr"]
        == "dateRange__date_from"
    )


@pytest.mark.parametrize("interval", ["hour", "day", "week", "month"])
def test_times_at_the_ends_of_what_dates_can_hold_are_refused(api: Api, interval: str) -> None:
    """Their intervals would begin before the year 1, or end after the year 9999."""
    for name, text in (
        ("date_from", "0001-01-01"),
        ("date_from", "9999-12-31"),
        ("date_to", "9999-12-31"),
        ("date_to", "-99999y"),
    ):
        dates = {"date_from": "2025-06-01", "date_to": "2025-06-30", name: text}
        refusal = refused(
            api, "TrendsQuery", series=[{"kind": "EventsNode"}], interval=interval, dateRange=dates
        )
        assert (refusal["code"], refusal["attr"]) == ("invalid_input", f"dateRange__{name}")


@pytest.mark.parametrize("time", ["0001-01-01", "9999-12-31T23:59:59.999999"])
def test_events_at_the_ends_of_time_break_no_trend(api: Api, time: str) -> None:
    api.emulator.add_event("odd", "ada", timestamp=time)
    for interval in ("hour", "day", "week", "month"):
        dates = {"date_from": "all"}
        fields = {"series": [{"kind": "EventsNode"}], "interval": interval, "dateRange": dates}
        answer = api.send("POST", "query/", {"query": {"kind": "TrendsQuery", **fields}})
        assert answer.status == 200 or answer.json["code"] == "emulator_unsupported"
