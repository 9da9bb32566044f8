"""Events: the real server's surprises, and the documentation's promises."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from posthog_environments.emulator import Emulator

from .conftest import Api


def followed(api: Api, url: str) -> list[dict]:
    pages = []
    while url:
        pages.append(api.send("GET", url).json)
        url = pages[-1]["next"]
    return pages


@pytest.mark.behaviour(
    "events_list", "`{next, results}` only, the newest first", source="PostHog source event.py, October 2025"
)
def test_a_page_has_next_and_results_only_and_the_newest_first(api: Api) -> None:
    page = api.get("events/")
    assert page.keys() == {"next", "results"}
    times = [event["timestamp"] for event in page["results"]]
    assert times == sorted(times, reverse=True)
    assert all(time.endswith("+00:00") for time in times)


@pytest.mark.behaviour(
    "events_list",
    "`next` names the time of the last row",
    source="PostHog source event.py, October 2025; PostHog/posthog#36697",
)
def test_next_names_the_time_of_the_last_row(api: Api) -> None:
    page = api.get("events/", limit=10, event="$pageview")
    query = parse_qs(urlsplit(page["next"]).query)
    assert query == {
        "limit": ["10"],
        "event": ["$pageview"],
        "before": [page["results"][-1]["timestamp"]],
    }
    rising = api.get("events/", limit=10, orderBy='["timestamp"]')
    assert parse_qs(urlsplit(rising["next"]).query)["after"] == [rising["results"][-1]["timestamp"]]


@pytest.mark.parametrize("order", ["", '["-timestamp"]', '["timestamp"]'])
def test_following_next_gives_every_event_once(api: Api, order: str) -> None:
    pages = followed(api, f"events/?limit=300&orderBy={order}")
    assert [len(page["results"]) for page in pages] == [300] * 6 + [200]
    ids = [event["id"] for page in pages for event in page["results"]]
    assert len(set(ids)) == 2000
    times = [event["timestamp"] for page in pages for event in page["results"]]
    assert times == sorted(times, reverse="-" in order or not order)


def test_a_time_that_is_none_is_refused(either: Api) -> None:
    """PostHog source query_event_list.py, October 2025."""
    for name in ("after", "before"):
        refusal = either.refused("GET", "events/", None, **{name: "soon"})
        assert (refusal["attr"], refusal["code"]) == (name, "invalid_input")


@pytest.mark.behaviour(
    "events_list",
    "`after` and `before` are strict",
    source="PostHog source query_event_list.py, October 2025",
)
def test_after_and_before_are_strict(either: Api) -> None:
    events = either.get("events/", limit=5)["results"]
    between = either.get("events/", after=events[4]["timestamp"], before=events[0]["timestamp"])
    assert [event["id"] for event in between["results"]] == [event["id"] for event in events[1:4]]
    assert between["next"] is None


@pytest.mark.behaviour(
    "events_list", "times may be relative, `-7d`", source="PostHog source query_event_list.py, October 2025"
)
def test_times_may_be_relative(either: Api) -> None:
    now = either.emulator.clock.now()
    found = either.get("events/", after="-2d", limit=1000)["results"]
    times = [datetime.fromisoformat(event["timestamp"]) for event in found]
    assert times
    assert min(times) > now - timedelta(days=2)
    older = either.get("events/", before="-2d", limit=1)["results"][0]
    assert datetime.fromisoformat(older["timestamp"]) < now - timedelta(days=2)
    assert either.refused("GET", "events/", after="someday")["attr"] == "after"


@pytest.mark.behaviour(
    "events_list",
    "never more than 1,000 rows, whatever `limit` says",
    source="PostHog/posthog#60124; airbytehq/airbyte#86492",
)
def test_more_than_a_thousand_are_never_sent(api: Api) -> None:
    page = api.get("events/", limit=50_000)
    assert len(page["results"]) == 1000
    assert page["next"] is not None


@pytest.mark.behaviour(
    "events_list", "`limit` is kept and `next` names an offset", source="PostHog documentation"
)
def test_documented_limits_are_kept_and_next_names_an_offset(documented: Api) -> None:
    assert len(documented.get("events/", limit=50_000)["results"]) == 2000
    page = documented.get("events/", limit=900)
    assert parse_qs(urlsplit(page["next"]).query) == {"limit": ["900"], "offset": ["900"]}
    pages = followed(documented, "events/?limit=900")
    assert [len(page["results"]) for page in pages] == [900, 900, 200]


@pytest.mark.behaviour(
    "events_list",
    "events_retrieve",
    "`properties`, `person` and `elements` are texts",
    source="PostHog documentation",
)
def test_documented_fields_are_texts(documented: Api) -> None:
    event = documented.get("events/", limit=1)["results"][0]
    assert all(isinstance(value, str) for value in event.values())
    assert json.loads(event["properties"])["$lib"] == "web"
    retrieved = documented.get(f"events/{event['id']}/")
    assert all(isinstance(value, str) for value in retrieved.values())


@pytest.mark.behaviour(
    "events_list",
    "`distinct_id` is compared as a text; `person_id` takes numbers and UUIDs",
    source="PostHog source query_event_list.py, October 2025",
)
def test_filters(api: Api) -> None:
    def found(**query: object) -> list[dict]:
        return api.get("events/", limit=1000, **query)["results"]

    event = found(event="purchase_completed")[0]
    assert all(row["event"] == "purchase_completed" for row in found(event="purchase_completed"))
    of_id = found(distinct_id=event["distinct_id"])
    assert event["id"] in {row["id"] for row in of_id}
    assert {row["distinct_id"] for row in of_id} == {event["distinct_id"]}
    person = api.get("persons/", distinct_id=event["distinct_id"])["results"][0]
    number = api.get(f"persons/{person['uuid']}/")["id"]
    by_number, by_uuid = found(person_id=number), found(person_id=person["uuid"])
    assert by_number == by_uuid
    assert {row["distinct_id"] for row in by_uuid} <= set(person["distinct_ids"])
    assert found(person_id=number, distinct_id=event["distinct_id"]) == of_id
    dear = json.dumps([{"key": "amount", "operator": "gte", "value": 99}])
    assert {row["properties"]["amount"] for row in found(properties=dear)} == {99, 249.5}
    of_plan = json.dumps([{"key": "plan", "type": "person", "value": "enterprise"}])
    assert found(properties=of_plan)
    assert found(person_id=999_999) == found(distinct_id="nobody") == found(action_id=1) == []
    assert found(select='["event"]', where="[\"event = 'x'\"]") == found(), "ignored since 2025"


@pytest.mark.behaviour(
    "events_list",
    "events_retrieve",
    "`person` is short in lists, and null when one event is asked for",
    source="PostHog source event.py, October 2025",
)
def test_a_person_is_shown_in_short_in_lists_and_not_at_all_alone(api: Api) -> None:
    event = next(row for row in api.get("events/")["results"] if row["person"]["is_identified"])
    assert event["person"].keys() == {"is_identified", "distinct_ids", "properties"}
    assert len(event["person"]["distinct_ids"]) == 1
    assert event["person"]["properties"].keys() == {"email", "name"}
    assert api.get(f"events/{event['id']}/")["person"] is None


@pytest.mark.parametrize("value", ["true", "false", "0"])
@pytest.mark.behaviour(
    "events_retrieve",
    "any value of `include_person`, even `false`, fills `person`",
    source="PostHog source event.py, October 2025",
)
def test_any_value_of_include_person_fills_person(api: Api, value: str) -> None:
    uuid = api.emulator.sample_id("events")
    assert api.get(f"events/{uuid}/", include_person=value)["person"] is not None


@pytest.mark.behaviour(
    "events_retrieve", "the 404 names the event", source="PostHog source event.py, October 2025"
)
def test_an_unknown_event_is_named(either: Api) -> None:
    uuid = "01976a0c-8a10-7c45-b1f2-6f0f7a3d9c21"
    answer = either.send("GET", f"events/{uuid}/")
    assert (answer.status, answer.json["detail"]) == (404, f"No events exist for event UUID {uuid}")


@pytest.mark.behaviour(
    "events_list", "`elements` is a list of objects", source="PostHog source event/util.py, October 2025"
)
def test_autocaptured_events_carry_their_elements(api: Api) -> None:
    event = api.get("events/", event="$autocapture", limit=1)["results"][0]
    assert event["elements"][0]["tag_name"] in event["elements_chain"]
    assert api.get("events/", event="$pageview", limit=1)["results"][0]["elements"] == []


@pytest.mark.behaviour(
    "events_list",
    "CSV has no next page, and 3,500 rows when nothing is said",
    source="PostHog source event.py, October 2025",
)
def test_csv_has_no_next_page_and_another_limit() -> None:
    api = Api(Emulator(events=4000))
    answer = api.send("GET", "events/?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 3500
    assert rows[0]["id"] == api.get("events/", limit=1)["results"][0]["id"]
    assert len(api.send("GET", "events/?format=csv&limit=3").content.splitlines()) == 4


@pytest.mark.behaviour(
    "events_list",
    '`orderBy` takes `["timestamp"]` and `["-timestamp"]`',
    source="PostHog source event.py, October 2025",
)
def test_order_by_takes_nothing_but_timestamp(either: Api) -> None:
    for value in ("timestamp", '["event"]', "[]"):
        assert either.refused("GET", "events/", orderBy=value)["attr"] == "orderBy"


# --- values ----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "events_values",
    '`key` is required: "You must provide a key"',
    source="PostHog source event.py, October 2025",
)
def test_values_need_a_key(api: Api) -> None:
    assert api.refused("GET", "events/values/") == {
        "type": "validation_error",
        "code": "invalid_input",
        "detail": "You must provide a key",
        "attr": None,
    }


@pytest.mark.behaviour(
    "events_values",
    "at most ten `{name}`, which may be kept for ten seconds",
    source="PostHog source event.py, October 2025",
)
def test_values_are_names_without_counts_that_may_be_cached(api: Api) -> None:
    answer = api.send("GET", "events/values/?key=$browser")
    assert answer.headers["Cache-Control"] == "max-age=10"
    assert {"name": "Chrome"} in answer.json
    assert all(value.keys() == {"name"} for value in answer.json)
    assert len(api.get("events/values/", key="$session_id")) == 10, "at most"


@pytest.mark.behaviour(
    "events_values",
    "`value`, `event_name` and `properties_<name>` narrow the values; `is_column` reads a column",
    source="PostHog source event.py, October 2025",
)
def test_values_can_be_narrowed(api: Api) -> None:
    def names(query: str) -> list[object]:
        return [value["name"] for value in api.send("GET", f"events/values/?{query}").json]

    assert names("key=$browser&value=safari") == ["Safari", "Mobile Safari"], "the shortest first"
    assert names("key=amount&event_name=$pageview") == []
    assert 99 in names("key=amount&event_name=$pageview&event_name=purchase_completed")
    assert names("key=event&is_column=true&value=purchase") == ["purchase_completed"]
    assert "purchase_completed" in names("key=custom_event")
    assert not any(str(name).startswith("$") for name in names("key=custom_event"))
    assert names('key=$browser&properties_$os=["Linux"]') == ["Firefox"]
    assert api.refused("GET", "events/values/", key="nope", is_column="true")["detail"] == (
        "Unable to resolve field: nope"
    )


@pytest.mark.parametrize("fields", [{"type": ""}, {"type": 0}, {"operator": ""}, {"operator": False}])
def test_an_empty_type_or_operator_of_a_filter_is_not_taken_for_none(
    api: Api, fields: dict[str, Any]
) -> None:
    filters = json.dumps([{"key": "$browser", "value": "Chrome", **fields}])
    assert api.send("GET", "events/", query={"properties": filters}).status == 400
