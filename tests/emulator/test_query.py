"""Queries: HogQL in the request, in the background, and the drafts of the language model that is none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .conftest import Api


def refused(api: Api, sql: str, **fields: Any) -> dict[str, Any]:
    return api.refused("POST", "query/", {"query": {"kind": "HogQLQuery", "query": sql, **fields}})


# --- in the request --------------------------------------------------------------------------------------------


def test_the_example_of_the_contract(either: Api) -> None:
    result = either.query("select event, count() from events group by event")
    assert result["columns"] == ["event", "count()"]
    assert result["types"] == [["event", "String"], ["count()", "UInt64"]]
    events = either.emulator.data.events.scan()
    assert dict(result["results"]) == Counter(event.event for event in events)
    assert (result["hasMore"], result["limit"], result["offset"]) == (False, 100, 0)
    assert result["query"] == "select event, count() from events group by event"
    assert result["hogql"] == "SELECT event, count() FROM events GROUP BY event LIMIT 101 OFFSET 0"
    assert result["clickhouse"]
    assert {timing["k"] for timing in result["timings"]} >= {"."}
    assert result["error"] is None


@pytest.mark.behaviour(
    "query_create",
    "without LIMIT a hundred rows; only `hasMore` tells",
    source="PostHog source hogql/constants.py, 2025",
)
def test_without_a_limit_a_hundred_rows_come_and_only_has_more_tells(api: Api) -> None:
    result = api.query("select uuid from events")
    assert (len(result["results"]), result["hasMore"], result["limit"]) == (100, True, 100)
    assert api.query("select uuid from events offset 50")["offset"] == 0, "an offset alone is overwritten"
    assert api.query("select uuid from events offset 50")["results"] == result["results"]


def test_with_an_own_limit_nothing_is_told(api: Api) -> None:
    result = api.query("select uuid from events limit 3 offset 1")
    assert (len(result["results"]), result["hasMore"], result["limit"], result["offset"]) == (
        3,
        None,
        None,
        None,
    )
    assert (
        result["results"] == api.query("select uuid from events limit 3, 1")["results"]
    )  # HogQL: the limit first


@pytest.mark.behaviour(
    "query_create",
    "a LIMIT above 50,000 is lowered without a word",
    source="PostHog source hogql/constants.py, 2025",
)
def test_a_limit_above_50_000_is_lowered_without_a_word(api: Api) -> None:
    assert "LIMIT 50000" in api.query("select 1 from events limit 60000")["hogql"]


@pytest.mark.parametrize(
    ("sql", "rows", "types"),
    [
        ("select 1", [[1]], ["UInt8"]),
        ("SELECT 300, -5, 1.5, 'it''s', true, null", [[300, -5, 1.5, "it's", True, None]], None),
        ("select count() from persons", [[250]], ["UInt64"]),
        ("select count(*), count(distinct person_id) from events", [[2000, 250]], ["UInt64", "UInt64"]),
        ("select 1 = 1 as yes, 'a' like 'b%'", [[1, 0]], ["UInt8", "UInt8"]),
        ("select count() from events where event = 'nope'", [[0]], ["UInt64"]),
        ("select now() as n", [["2025-07-01T12:00:00Z"]], ["DateTime64(6, 'UTC')"]),
        ("select now() - interval 1 day", [["2025-06-30T12:00:00Z"]], ["DateTime64(6, 'UTC')"]),
    ],
)
def test_results_and_types(api: Api, sql: str, rows: list[list[Any]], types: list[str] | None) -> None:
    result = api.query(sql)
    assert result["results"] == rows
    if types:
        assert [kind for _, kind in result["types"]] == types


def test_columns_are_named_as_in_posthog(api: Api) -> None:
    sql = (
        "select event, properties.$browser, e.person.properties.email, properties['utm_source'] as source, count() "
        "from events as e group by event, properties.$browser, e.person.properties.email, source limit 1"
    )
    assert api.query(sql)["columns"] == ["event", "$browser", "email", "source", "count()"]


def test_properties_are_nullable_texts_unless_defined_otherwise(api: Api) -> None:
    sql = "select properties.utm_source, properties.amount, person.properties.newsletter from events limit 1"
    kinds = [kind for _, kind in api.query(sql)["types"]]
    assert kinds == ["Nullable(String)", "Nullable(Float64)", "Nullable(Bool)"]


def test_a_comparison_with_a_missing_property_is_false_and_its_opposite_true(api: Api) -> None:
    def count(condition: str) -> int:
        return api.query(f"select count() from events where {condition}")["results"][0][0]

    given = count("properties.utm_source is not null")
    assert 0 < given < 2000
    assert count("properties.utm_source = null") == 2000 - given
    same = count("properties.utm_source = 'google'")
    assert count("properties.utm_source != 'google'") == 2000 - same
    assert count("properties.utm_source not in ('google', 'x')") == 2000 - same
    assert count("properties.utm_source not like 'goo%'") == 2000 - same
    assert count("properties.utm_source ilike 'GOO_le'") == same
    assert count("not (properties.utm_source = 'google')") == 2000 - same
    assert count("properties.utm_source = 'google' or properties.utm_source = 'newsletter'") == given
    assert count("properties.amount > 50 and event = 'purchase_completed'") == count(
        "properties.amount >= '99'"
    )


def test_times_are_compared_with_texts(api: Api) -> None:
    events = list(api.emulator.data.events.scan(newest_first=False))
    sql = "select count() from events where timestamp >= '2025-06-20' and timestamp < now() - interval 2 day"
    (count,) = api.query(sql)["results"][0]
    assert 0 < count < len(events)
    assert refused(api, "select 1 from events where timestamp > 'x'")["code"] == "cannot_parse_datetime"


def test_order_by(api: Api) -> None:
    rows = api.query("select event, count() as n from events group by event order by n desc, event")[
        "results"
    ]
    assert rows == sorted(rows, key=lambda row: (-row[1], row[0]))
    assert api.query("select event, count() from events group by 1 order by 2 desc, 1 asc")["results"] == rows
    newest = api.query("select uuid, timestamp from events order by timestamp desc limit 3")["results"]
    listed = api.get("events/", limit=3)["results"]
    assert [row[0] for row in newest] == [event["id"] for event in listed]
    names = api.query("select properties.name from persons order by properties.name limit 250")["results"]
    present = [name for (name,) in names if name is not None]
    assert present == sorted(present)
    assert names[-1] == [None], "what is missing comes last"


def test_aggregates(api: Api) -> None:
    sql = (
        "select min(timestamp), max(timestamp), sum(properties.amount), avg(properties.amount), "
        "count(properties.amount) from events"
    )
    low, high, total, mean, count = api.query(sql)["results"][0]
    assert low < high
    assert total == pytest.approx(mean * count)
    assert api.query("select max(properties.amount) from events where event = 'x'")["results"] == [[None]]


def test_stars(api: Api) -> None:
    assert api.query("select * from persons limit 1")["columns"] == [
        "id",
        "created_at",
        "properties",
        "is_identified",
    ]
    assert "elements_chain" in api.query("select * from events limit 1")["columns"]


def test_values_take_the_place_of_placeholders_and_are_never_text(api: Api) -> None:
    evil = "x' or 1 = 1 --"
    sql = "select count() from events where event = {name}"
    assert api.query(sql, values={"name": evil})["results"] == [[0]]
    assert api.query(sql, values={"name": "$pageview"})["results"][0][0] > 0
    several = "select count(distinct event) from events where event in {names} limit {n}"
    assert api.query(several, values={"names": ["$pageview", "$pageleave"], "n": 5})["results"] == [[2]]
    assert refused(api, sql)["detail"] == "Unresolved placeholder: {name}"
    assert refused(api, sql, values={"other": 1, "b": 2})["detail"] == (
        "Placeholder {name} is not available in this context. You can use the following: other, b"
    )


def test_quoted_names_and_comments(api: Api) -> None:
    sql = 'select `event`, "properties"."$browser" -- a comment\nfrom events /* and another */ limit 1;'
    assert api.query(sql)["columns"] == ["event", "$browser"]


@pytest.mark.parametrize(
    ("sql", "code", "detail"),
    [
        ("select nope from events", "invalid_input", "Unable to resolve field: nope"),
        ("select event", "invalid_input", "Unable to resolve field: event"),
        ("select 1 from nope", "invalid_input", "Unknown table `nope`."),
        (
            "select count(event, 1, 2, 3) from events",
            "invalid_input",
            "Aggregation 'count' expects at most 1 argument, found 4",
        ),
        (
            "select 1 from events where event > 3",
            "no_common_type",
            "There is no supertype for types String, UInt8",
        ),
        (
            "select event, count() from events",
            "not_an_aggregate",
            "Column `event` is not under aggregate function and not in GROUP BY keys",
        ),
    ],
)
def test_wrong_queries_are_refused_in_posthogs_words(api: Api, sql: str, code: str, detail: str) -> None:
    refusal = refused(api, sql)
    errors = refusal.pop("extra")["hogql_metadata"]["errors"]
    assert refusal == {"type": "validation_error", "code": code, "detail": detail, "attr": None}
    assert [error["message"] for error in errors] == [detail]
    assert 0 <= errors[0]["start"] < errors[0]["end"] <= len(sql)


@pytest.mark.parametrize(
    ("sql", "start", "end"),
    [
        ("select 1 from heatmaps", 14, 22),
        ("select sparkline([1, 2]) from events", 7, 24),
        ("select 1 from events where event in (event)", 37, 42),
        ("with recursive a as (select 1) select 1 from a", 15, 30),
        ("select " + "(" * 100 + "1" + ")" * 100, 27, 28),
    ],
)
def test_what_the_emulator_cannot_do_is_never_an_empty_result(
    api: Api, sql: str, start: int, end: int
) -> None:
    refusal = refused(api, sql)
    assert refusal["code"] == "emulator_unsupported"
    (error,) = refusal["extra"]["hogql_metadata"]["errors"]
    assert (error["start"], error["end"]) == (start, end)


@pytest.mark.parametrize("sql", ["selec 1", "select", "", "select 'open", "select ü", "select 1; select 2"])
def test_what_is_no_hogql_is_refused_in_the_parsers_words(api: Api, sql: str) -> None:
    refusal = refused(api, sql)
    assert refusal["code"] == "invalid_input"
    assert "input" in refusal["detail"] or "character" in refusal["detail"]
    api.emulator.behaviour.era = 2026
    assert refused(api, sql)["code"] == "hogql_syntax_error"
    assert refused(api, "select nope from events")["code"] == "hogql_query_error"


@pytest.mark.behaviour(
    "query_create",
    "unknown kinds and fields are a 400 of unreadable JSON",
    source="PostHog source query.py, July 2025",
)
def test_unknown_kinds_and_extra_keys_are_unreadable(either: Api) -> None:
    bodies: tuple[tuple[Any, str], ...] = (
        ({}, "Field required"),
        ({"query": None}, "Field required"),
        ({"query": "select 1"}, "Input should be a valid dictionary"),
        ({"query": {"kind": "NopeQuery"}}, "NopeQuery"),
        ({"query": {"query": "select 1"}}, "None"),
        ({"query": {"kind": "HogQLQuery"}}, "Input should be a valid string"),
        ({"query": {"kind": "HogQLQuery", "query": "select 1", "nope": 1}}, "Extra inputs are not permitted"),
        ({"query": {"kind": "HogQLQuery", "query": "select 1"}, "nope": 1}, "Extra inputs are not permitted"),
        ({"query": {"kind": "HogQLQuery", "query": "select 1"}, "refresh": "soon"}, "is not a valid choice"),
        ({"query": {"kind": "HogQLQuery", "query": "select 1", "values": [1]}}, "valid dictionary"),
    )
    for body, detail in bodies:
        refusal = either.refused("POST", "query/", body)
        assert (refusal["type"], refusal["code"]) == ("invalid_request", "parse_error")
        assert detail in refusal["detail"]


def test_kinds_that_exist_but_are_not_emulated_are_told_apart(either: Api) -> None:
    refusal = either.refused("POST", "query/", {"query": {"kind": "FunnelsQuery", "series": []}})
    assert refusal["code"] == "emulator_unsupported"
    assert "FunnelsQuery" in refusal["detail"]
    assert "it has HogQLQuery, HogQLMetadata, EventsQuery, ActorsQuery, TrendsQuery" in refusal["detail"]


# --- in the background -----------------------------------------------------------------------------------------

QUERY = {"kind": "HogQLQuery", "query": "select count() from events"}


@pytest.mark.parametrize(
    "how", [{"refresh": "async"}, {"refresh": "force_async"}, {"refresh": "lazy_async"}, {"async": True}]
)
@pytest.mark.behaviour(
    "query_create",
    "query_retrieve",
    "202 while the query runs, then 200",
    source="PostHog source query.py, July 2025",
)
def test_an_asynchronous_query_is_202_and_then_200(api: Api, how: dict[str, Any]) -> None:
    queued = api.send("POST", "query/", {"query": QUERY, **how})
    assert queued.status == 202
    status = queued.json["query_status"]
    assert (status["complete"], status["error"], status["results"]) == (False, False, None)
    first, second = (api.send("GET", f"query/{status['id']}/") for _ in range(2))
    assert (first.status, first.json["query_status"]["complete"]) == (202, False)
    assert (second.status, second.json["query_status"]["complete"]) == (200, True)
    assert second.json["query_status"]["results"]["results"] == [[2000]]


@pytest.mark.parametrize("refresh", ["blocking", "force_blocking", "force_cache", None])
def test_other_queries_wait(either: Api, refresh: str | None) -> None:
    answer = either.send("POST", "query/", {"query": QUERY, "refresh": refresh})
    assert (answer.status, answer.json["results"]) == (200, [[2000]])


def test_a_query_is_done_after_some_time_without_being_asked_for(api: Api) -> None:
    api.emulator.behaviour.job_seconds = 30
    queued = api.send("POST", "query/", {"query": QUERY, "refresh": "async"}).json["query_status"]
    api.emulator.advance(30)
    assert api.send("GET", f"query/{queued['id']}/").status == 200


def test_how_often_a_query_must_be_asked_for_can_be_set(api: Api) -> None:
    api.emulator.behaviour.job_polls = 3
    queued = api.send("POST", "query/", {"query": QUERY, "refresh": "async"}).json["query_status"]
    statuses = [api.send("GET", f"query/{queued['id']}/").status for _ in range(5)]
    assert statuses == [202, 202, 202, 200, 200]


@pytest.mark.behaviour("query_create", "query_retrieve", "always 200", source="PostHog documentation")
def test_documented_statuses_are_always_200(documented: Api) -> None:
    queued = documented.send("POST", "query/", {"query": QUERY, "refresh": "async"})
    assert queued.status == 200
    path = f"query/{queued.json['query_status']['id']}/"
    found = [documented.send("GET", path) for _ in range(2)]
    assert [answer.status for answer in found] == [200, 200]
    assert [answer.json["query_status"]["complete"] for answer in found] == [False, True]


@pytest.mark.behaviour(
    "query_retrieve",
    "a failed query is a 400 with the status, not an error body",
    source="PostHog source query.py, July 2025",
)
def test_a_failed_query_answers_400_with_its_status(api: Api) -> None:
    wrong = {"kind": "HogQLQuery", "query": "select nope from events"}
    queued = api.send("POST", "query/", {"query": wrong, "refresh": "async", "client_query_id": "q"})
    assert queued.status == 202
    api.send("GET", "query/q/")
    answer = api.send("GET", "query/q/")
    assert answer.status == 400
    status = answer.json["query_status"]
    assert (status["complete"], status["error"]) == (True, True)
    assert status["error_message"] == "Unable to resolve field: nope"
    assert "type" not in answer.json, "no error envelope"


@pytest.mark.behaviour(
    "query_retrieve",
    "forgotten after twenty minutes: 404",
    source="PostHog source execute_async.py, July 2025",
)
def test_queries_are_forgotten_after_twenty_minutes(api: Api) -> None:
    sample = api.emulator.sample_id("query")
    assert api.get(f"query/{sample}/")["query_status"]["expiration_time"] == "2025-07-01T12:20:00Z"
    api.emulator.advance(20 * 60)
    assert api.send("GET", f"query/{sample}/").status == 200
    api.emulator.advance(1)
    answer = api.send("GET", f"query/{sample}/")
    assert (answer.status, answer.json["detail"]) == (404, f"Query {sample} not found for team 1")


@pytest.mark.behaviour(
    "query_retrieve",
    "`show_progress=true` fills `query_progress`",
    source="PostHog source query.py, July 2025",
)
def test_progress_is_shown_when_asked_for(api: Api) -> None:
    path = f"query/{api.emulator.sample_id('query')}/"
    assert api.get(path)["query_status"]["query_progress"] is None
    assert api.get(path, show_progress="1")["query_status"]["query_progress"] is None
    assert api.get(path, show_progress="true")["query_status"]["query_progress"]["rows_read"] == 2000


@pytest.mark.behaviour(
    "query_delete",
    "200 with a message, also for an unknown id; `dequeue_only=true`",
    source="PostHog source query.py and execute_async.py, July 2025",
)
def test_cancelling_tells_what_was_done_and_forgets(api: Api) -> None:
    def cancel(path: str) -> str:
        answer = api.send("DELETE", path)
        assert answer.status == 200
        return answer.json["message"]

    assert cancel(f"query/{api.emulator.sample_id('query')}/") == "Query already complete"
    api.send("POST", "query/", {"query": QUERY, "refresh": "async", "client_query_id": "q"})
    assert cancel("query/q/?dequeue_only=true").startswith("Only tried to dequeue, ")
    api.send("POST", "query/", {"query": QUERY, "refresh": "async", "client_query_id": "q"})
    assert cancel("query/q/") == "Cancelled query on clickhouse"
    assert cancel("query/unknown/") == "Cancelled query on clickhouse"
    assert api.send("GET", "query/q/").status == 404


@pytest.mark.behaviour("query_delete", "204", source="PostHog documentation")
def test_documented_cancelling_is_a_204(documented: Api) -> None:
    answer = documented.send("DELETE", "query/unknown/")
    assert (answer.status, answer.content) == (204, b"")


# --- drafts ----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "query_draft_sql",
    "`{sql}`, although no body is documented; `current_query` is read",
    source="PostHog source query.py, July 2025",
)
def test_a_draft_can_be_run(api: Api) -> None:
    sql = api.get("query/draft_sql/", prompt="How many events of each kind?")["sql"]
    assert api.query(sql)["results"]


@pytest.mark.parametrize(("prompt", "code"), [("", "required"), ("x" * 401, "too_long"), ("???", "unclear")])
@pytest.mark.behaviour(
    "query_draft_sql",
    "`prompt` is required: 400 with required, too_long or unclear",
    source="PostHog source query.py, July 2025",
)
def test_prompts_that_cannot_be_used(either: Api, prompt: str, code: str) -> None:
    refusal = either.refused("GET", "query/draft_sql/", prompt=prompt)
    assert (refusal["attr"], refusal["code"]) == ("prompt", code)
