"""Results that are kept, and what is laid over a query before it runs."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator import Emulator

from .conftest import Api

QUERY: dict[str, Any] = {"kind": "HogQLQuery", "query": "select count() from events"}
HOUR = 3600


def post(api: Api, query: dict[str, Any] = QUERY, /, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = api.send("POST", "query/", {"query": query, **fields})
    return answer.status, answer.json


# --- freshness -------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "query_create",
    "`blocking` takes a result of the last hours",
    source="PostHog source query_runner.py, 2025",
)
def test_a_repeated_query_comes_from_the_cache(either: Api) -> None:
    """Source: PostHog query_runner.py: `blocking` takes a result of the last six hours."""
    _, first = post(either)
    assert (first["is_cached"], first["last_refresh"]) == (False, "2025-07-01T12:00:00Z")
    assert first["cache_target_age"] == "2025-07-01T18:00:00Z"
    assert first["next_allowed_client_refresh"] == "2025-07-01T12:01:00Z"
    assert first["timezone"] == "UTC"
    either.emulator.advance(6 * HOUR)
    for refresh in (None, "blocking", "force_cache", "async", "lazy_async", "async_except_on_cache_miss"):
        status, again = post(either, refresh=refresh)
        assert status == 200
        assert again == {**first, "is_cached": True}
    either.emulator.advance(1)
    _, later = post(either)
    assert (later["is_cached"], later["last_refresh"]) == (False, "2025-07-01T18:00:01Z")


def test_force_blocking_ignores_the_cache_and_renews_it(api: Api) -> None:
    post(api)
    api.emulator.advance(60)
    _, forced = post(api, refresh="force_blocking")
    assert (forced["is_cached"], forced["last_refresh"]) == (False, "2025-07-01T12:01:00Z")
    assert post(api)[1]["last_refresh"] == "2025-07-01T12:01:00Z"


def test_the_cache_does_not_see_changed_data(api: Api) -> None:
    persons = {"kind": "HogQLQuery", "query": "select count() from persons"}
    assert post(api, persons)[1]["results"] == [[250]]
    api.send("DELETE", f"persons/{api.emulator.sample_id('persons')}/")
    assert post(api, persons)[1]["results"] == [[250]]
    assert post(api, persons, refresh="force_blocking")[1]["results"] == [[249]]


@pytest.mark.behaviour(
    "query_create", "`force_cache` calculates on a miss", source="PostHog source query.py, July 2025"
)
def test_force_cache_calculates_on_a_miss(api: Api) -> None:
    """Source: PostHog query.py: on this endpoint `force_cache` is taken for a recent cached result, else calculated."""
    status, body = post(api, refresh="force_cache")
    assert (status, body["is_cached"], body["results"]) == (200, False, [[2000]])


def test_the_key_is_of_the_project_and_the_query_without_its_name(api: Api) -> None:
    _, first = post(api)
    assert post(api, dict(reversed(QUERY.items())))[1]["cache_key"] == first["cache_key"]
    assert post(api, {**QUERY, "name": "daily"}, name="other")[1]["is_cached"] is True
    assert post(api, {**QUERY, "values": {"a": 1}})[1]["cache_key"] != first["cache_key"]
    other = Api(Emulator(project_id=7))
    assert post(other)[1]["cache_key"] != first["cache_key"]


@pytest.mark.parametrize(
    ("interval", "date_to", "fresh"),
    [
        ("hour", None, 1),
        ("day", None, 6),
        ("week", None, 24),
        ("month", None, 48),
        ("hour", "2025-06-01", 10**4),
    ],
)
def test_how_long_a_trend_is_fresh_depends_on_its_interval(
    api: Api, interval: str, date_to: str | None, fresh: int
) -> None:
    """What covers the past alone never is stale. Source: PostHog caching/utils.py."""
    query = {"kind": "TrendsQuery", "series": [], "interval": interval}
    query["dateRange"] = {"date_from": "2025-05-31", "date_to": date_to}
    post(api, query)
    api.emulator.advance(fresh * HOUR)
    assert post(api, query)[1]["is_cached"] is True
    api.emulator.advance(1)
    assert post(api, query)[1]["is_cached"] is (date_to is not None)


# --- stale results ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refresh", ["async", "async_except_on_cache_miss"])
@pytest.mark.behaviour(
    "query_create",
    "a stale result comes together with the status of the query that renews it",
    source="PostHog source query_runner.py, 2025",
)
def test_a_stale_result_is_shown_while_a_new_one_is_found(api: Api, refresh: str) -> None:
    """Source: PostHog query_runner.py: the stale result and the status of the query that renews it, together."""
    post(api)
    api.emulator.advance(6 * HOUR + 1)
    status, body = post(api, refresh=refresh)
    assert (status, body["is_cached"], body["results"]) == (202, True, [[2000]])
    assert body["query_status"]["complete"] is False
    for _ in range(2):
        answer = api.send("GET", f"query/{body['query_status']['id']}/")
    assert answer.status == 200
    assert post(api)[1]["last_refresh"] == "2025-07-01T18:00:01Z"


def test_lazy_async_is_content_with_twelve_hours(api: Api) -> None:
    """Source: PostHog query_runner.py and caching/utils.py."""
    post(api)
    api.emulator.advance(12 * HOUR)
    status, body = post(api, refresh="lazy_async")
    assert (status, body["is_cached"], body["query_status"]) == (200, True, None)
    api.emulator.advance(1)
    status, body = post(api, refresh="lazy_async")
    assert (status, body["is_cached"], body["query_status"]["complete"]) == (202, True, False)


def test_async_except_on_cache_miss_waits_when_nothing_is_cached(api: Api) -> None:
    status, body = post(api, refresh="async_except_on_cache_miss")
    assert (status, body["is_cached"], body["results"]) == (200, False, [[2000]])


@pytest.mark.behaviour(
    "query_create",
    "query_retrieve",
    "after its status expired, the query sent again hits the cache",
    source="PostHog/posthog#94496",
)
def test_after_its_status_expired_a_query_sent_again_hits_the_cache(api: Api) -> None:
    """PostHog/posthog#94496."""
    _, body = post(api, refresh="async", client_query_id="q")
    assert body.keys() == {"cache_key", "query_status"}
    assert [api.send("GET", "query/q/").status for _ in range(2)] == [202, 200]
    api.emulator.advance(20 * 60 + 1)
    assert api.send("GET", "query/q/").status == 404
    status, again = post(api, refresh="async", client_query_id="q")
    assert (status, again["is_cached"], again["results"]) == (200, True, [[2000]])


def test_failures_are_not_kept(api: Api) -> None:
    wrong = {"kind": "HogQLQuery", "query": "select nope from events"}
    for _ in range(2):
        assert post(api, wrong)[0] == 400


# --- variables -------------------------------------------------------------------------------------------------

SQL = "select count() from events where event = {variables.what}"


def with_variable(variable_id: str, **fields: Any) -> dict[str, Any]:
    given = {"variableId": variable_id, "code_name": "what", **fields}
    return {"kind": "HogQLQuery", "query": SQL, "variables": {variable_id: given}}


@pytest.mark.behaviour(
    "query_create",
    "variables have the given value or their default",
    source="PostHog source variables.py, 2025",
)
def test_variables_have_the_given_value_or_their_default(api: Api) -> None:
    """Source: PostHog variables.py."""
    variable_id = api.emulator.add_variable("what", "search_performed")
    assert api.emulator.add_variable("what", "$pageview") == variable_id
    assert api.emulator.add_variable("other", 1, "Number") != variable_id

    def count(name: str | None) -> int:
        return sum(1 for event in api.emulator.data.events.scan() if event.event == name)

    assert post(api, with_variable(variable_id))[1]["results"] == [[count("$pageview")]]
    assert post(api, with_variable(variable_id, value="file_uploaded"))[1]["results"] == [
        [count("file_uploaded")]
    ]
    assert post(api, with_variable(variable_id, value="$pageview", isNull=True))[1]["results"] == [[0]]
    override = {variable_id: {"variableId": variable_id, "code_name": "what", "value": "signed_up"}}
    _, body = post(api, with_variable(variable_id, value="file_uploaded"), variables_override=override)
    assert body["results"] == [[count("signed_up")]]


def test_missing_variables_are_named(api: Api) -> None:
    """Source: PostHog variables.py."""

    def refusal(query: dict[str, Any]) -> str:
        status, body = post(api, query)
        assert status == 400
        return str(body["detail"])

    assert refusal({"kind": "HogQLQuery", "query": SQL}) == "Variable what is missing from query"
    assert refusal(with_variable("x")) == "Variable what does not exist"
    typo = {**with_variable("x"), "query": "select {variables.wat}"}
    assert refusal(typo) == "Variable wat is missing from query. Did you mean: what?"
    quoted = {"kind": "HogQLQuery", "query": "select '{variables.what}' -- {variables.what}"}
    assert post(api, quoted)[1]["results"] == [["{variables.what}"]]


@pytest.mark.parametrize(("name", "kind"), [("no name", "String"), ("", "String"), ("a", "Text")])
def test_variables_that_cannot_be(api: Api, name: str, kind: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        api.emulator.add_variable(name, 1, kind)


# --- filters ---------------------------------------------------------------------------------------------------

BROWSER = {"key": "$browser", "value": "Chrome", "type": "event"}
FILTERED = {"kind": "HogQLQuery", "query": "select count() from events where {filters}"}


def matching(api: Api, since: str) -> int:
    sql = f"select count() from events where timestamp >= '{since}' and timestamp < '2025-06-28' and properties.$browser = 'Chrome'"
    return int(api.query(sql)["results"][0][0])


def test_filters_of_hogql(api: Api) -> None:
    """Source: PostHog filters.py."""
    assert post(api, FILTERED)[1]["results"] == [[2000]]
    filters = {"dateRange": {"date_from": "2025-06-20", "date_to": "2025-06-28"}, "properties": [BROWSER]}
    assert post(api, {**FILTERED, "filters": filters})[1]["results"] == [[matching(api, "2025-06-20")]]
    everything = {"dateRange": {"date_from": "all"}, "filterTestAccounts": False}
    assert post(api, {**FILTERED, "filters": everything})[1]["results"] == [[2000]]
    status, body = post(api, {"kind": "HogQLQuery", "query": "select 1 from persons where {filters}"})
    assert (status, "placeholder" in body["detail"]) == (400, True)


@pytest.mark.behaviour(
    "query_create",
    "`filters_override`: dates replace, properties are added",
    source="PostHog source query.py, July 2025",
)
def test_filters_laid_over_a_query(api: Api) -> None:
    """Source: PostHog query.py: dates take the place of the query's own, properties are added."""
    override = {"date_from": "2025-06-20", "date_to": "2025-06-28", "properties": [BROWSER]}
    own = {"dateRange": {"date_from": "2025-01-01"}}
    expected = matching(api, "2025-06-20")
    _, body = post(api, {**FILTERED, "filters": own}, filters_override=override)
    assert body["results"] == [[expected]]
    listed = {"kind": "EventsQuery", "select": ["count()"], "after": "all"}
    assert post(api, listed, filters_override=override)[1]["results"] == [[expected]]
    trend = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode"}], "dateRange": {"date_from": "all"}}
    _, body = post(api, trend, filters_override={**override, "date_to": "2025-06-27"})
    assert body["results"][0]["count"] == expected
    _, body = post(api, trend, filters_override={"breakdown_filter": {"breakdown": "$browser"}})
    assert "breakdown_value" in body["results"][0]
    assert post(api, FILTERED, filters_override={"breakdown_filter": {}})[0] == 400


def test_what_is_laid_over_a_query_is_part_of_its_cache_key(api: Api) -> None:
    _, plain = post(api, FILTERED)
    _, other = post(api, FILTERED, filters_override={"properties": [BROWSER]})
    assert other["is_cached"] is False
    assert other["cache_key"] != plain["cache_key"]
