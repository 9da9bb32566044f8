"""Persons: the real server's surprises, and the documentation's promises."""

from __future__ import annotations

import csv
import io
import json
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest

from posthog_environments.emulator import Emulator

from .conftest import Answer, Api


def pages(api: Api, url: str) -> list[dict]:
    found = []
    while url:
        found.append(api.send("GET", url).json)
        url = found[-1]["next"]
    return found


# --- list ------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "persons_list",
    "list items have the UUID as `id`, and there is no `count`",
    source="PostHog source actor_base_query.py and person.py, October 2025",
)
def test_list_items_have_uuids_as_ids_and_no_count(api: Api) -> None:
    page = api.get("persons/", limit=3)
    assert "count" not in page
    for item in page["results"]:
        assert item["id"] == item["uuid"]
        assert item["type"] == "person"
        assert {"is_identified", "matched_recordings", "value_at_data_point"} <= item.keys()


def test_a_regular_expression_that_python_warns_of_is_none_of_the_test_s_business(api: Api) -> None:
    """With `-W error`, which this suite runs with, the warning would break the emulator."""
    for value, fits in (("[[n]", True), ("[a||b]{90}", False)):
        filters = json.dumps([{"key": "email", "value": value, "operator": "regex", "type": "person"}])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert bool(api.get("persons/", properties=filters)["results"]) is fits


@pytest.mark.behaviour(
    "persons_list",
    "list items have at most 1,000 distinct ids",
    source="PostHog source actor_base_query.py, October 2025",
)
def test_list_items_have_at_most_a_thousand_distinct_ids(api: Api) -> None:
    ids = [f"device-{number}" for number in range(1_001)]
    person = api.emulator.add_person(*ids)
    (item,) = api.get("persons/", distinct_id="device-1000")["results"]
    assert item["distinct_ids"] == ids[:1_000]
    assert api.get(f"persons/{person.id}/")["distinct_ids"] == ids


@pytest.mark.behaviour(
    "persons_list", "list items have a numeric `id`, and there is a `count`", source="PostHog documentation"
)
def test_documented_list_items_have_numbers_as_ids_and_a_count(documented: Api) -> None:
    page = documented.get("persons/", limit=3)
    assert page["count"] == 250
    assert [item["id"] for item in page["results"]] == [250, 249, 248]
    assert page["results"][0].keys() == {"id", "name", "distinct_ids", "properties", "created_at", "uuid"}


@pytest.mark.behaviour(
    "persons_list",
    "`include_total` counts by being there, whatever its value",
    source="PostHog source person.py, October 2025",
)
def test_the_count_is_sent_when_include_total_is_there_whatever_its_value(api: Api) -> None:
    for value in ("true", "false", ""):
        assert api.get("persons/", limit=1, include_total=value)["count"] == 250


def test_the_newest_come_first(either: Api) -> None:
    created = [item["created_at"] for item in either.get("persons/", limit=90)["results"]]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize("limit", [1, 7, 10, 50, 100, 1000])
@pytest.mark.behaviour(
    "persons_list",
    "a page may be short or empty although `next` goes on",
    source="PostHog/posthog#24787; airbytehq/airbyte#45128",
)
def test_short_and_empty_pages_do_not_end_the_list(api: Api, limit: int) -> None:
    found = pages(api, f"persons/?limit={limit}")
    sizes = [len(page["results"]) for page in found]
    assert any(size < limit for size in sizes[:-1]) == (limit < 255)
    if limit == 1:
        assert 0 in sizes[:-1]
    ids = [item["id"] for page in found for item in page["results"]]
    assert len(ids) == len(set(ids)) == 250


@pytest.mark.behaviour(
    "persons_list",
    "a hundred persons asked for may be 98",
    source="PostHog/posthog#24787; airbytehq/airbyte#45128",
)
def test_hundred_persons_asked_for_are_98(api: Api) -> None:
    page = api.get("persons/")
    assert len(page["results"]) == 98
    assert page["next"] is not None


def test_next_depends_on_ids_so_that_the_last_page_may_be_empty() -> None:
    api = Api(Emulator(persons=9))  # the eighth id has no person: ten ids
    assert [len(page["results"]) for page in pages(api, "persons/?limit=5")] == [5, 4, 0]


def test_documented_pages_are_full(documented: Api) -> None:
    assert [len(page["results"]) for page in pages(documented, "persons/?limit=100")] == [100, 100, 50]


@pytest.mark.behaviour(
    "persons_list",
    "`previous` of the second page is that page itself",
    source="PostHog source person.py, October 2025",
)
def test_previous_of_the_second_page_is_that_page_itself(api: Api) -> None:
    second = api.emulator
    url = "http://localhost/api/environments/1/persons/?limit=10&offset=10"
    page = api.send("GET", url).json
    assert page["previous"] == url
    third = api.send("GET", url.replace("offset=10", "offset=20")).json
    assert parse_qs(urlsplit(third["previous"]).query)["offset"] == ["10"]
    assert api.get("persons/", limit=10)["previous"] is None
    assert second.requests[0].status == 200


def test_documented_previous_is_the_page_before(documented: Api) -> None:
    page = documented.get("persons/", limit=10, offset=10)
    assert page["previous"] == "http://localhost/api/environments/1/persons/?limit=10"


def test_filters(either: Api) -> None:
    person = either.get("persons/1/")

    def names(**query: str) -> list[str]:
        return [item["name"] for item in either.get("persons/", **query)["results"]]

    email = person["properties"]["email"]
    assert names(email=email) == [email]
    assert names(email=email.upper()) == []
    for distinct_id in person["distinct_ids"]:
        assert names(distinct_id=distinct_id) == [email]
        assert names(search=distinct_id) == [email]
    assert names(distinct_id="nobody") == names(search="nobody@nowhere") == []
    assert email in names(search=email[:6].upper())
    everyone = json.dumps([{"key": "email", "operator": "icontains", "value": "@"}])
    assert len(names(properties=everyone, limit="500")) > 150
    both = json.dumps(
        {
            "type": "OR",
            "values": [
                {"key": "email", "value": email},
                {"type": "AND", "values": [{"key": "logins", "operator": "gt", "value": 1000}]},
            ],
        }
    )
    assert names(properties=both) == [email]


@pytest.mark.behaviour(
    "persons_list",
    "`properties` is one JSON text; what cannot be read is a 400",
    source="PostHog source person.py, October 2025",
)
def test_filters_that_cannot_be_read_or_done_are_refused(either: Api) -> None:
    assert either.refused("GET", "persons/", properties="{")["detail"] == "Properties are unparsable!"
    assert either.refused("GET", "persons/", properties="[3]")["detail"] == "Properties are unparsable!"
    cohort = json.dumps([{"key": "id", "type": "cohort", "value": 1}])
    assert either.refused("GET", "persons/", properties=cohort)["code"] == "emulator_unsupported"


def test_a_changed_address_is_found_by_the_new_one(api: Api) -> None:
    api.send("PATCH", "persons/2/", {"properties": {"email": "new@example.com"}})
    (found,) = api.get("persons/", email="new@example.com")["results"]
    assert found["uuid"] == api.get("persons/2/")["uuid"]


# --- one -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "persons_retrieve",
    "a person is found by number and by UUID",
    source="PostHog source person.py, October 2025",
)
def test_a_person_is_found_by_number_and_by_uuid(either: Api) -> None:
    person = either.get("persons/7/")
    assert person["id"] == 7
    assert either.get(f"persons/{person['uuid']}/") == person


@pytest.mark.behaviour(
    "persons_retrieve",
    "an id that is neither number nor UUID is a 400 that says what to do",
    source="PostHog source person.py, October 2025",
)
def test_an_id_that_is_neither_is_explained(either: Api) -> None:
    refusal = either.refused("GET", "persons/ada/")
    assert refusal["detail"] == (
        "The ID provided does not look like a personID. If you are using a distinctId, please use "
        "/persons?distinct_id=ada instead."
    )


@pytest.mark.behaviour(
    "persons_update",
    "answers 202 without a body and merges the properties",
    source="PostHog source person.py, October 2025",
)
def test_an_update_answers_202_without_a_body_and_merges(api: Api) -> None:
    before = api.get("persons/3/")["properties"]
    answer = api.send("PATCH", "persons/3/", {"properties": {"plan": "x"}, "name": "ignored"})
    assert (answer.status, answer.content) == (202, b"")
    assert api.get("persons/3/")["properties"] == {**before, "plan": "x"}


@pytest.mark.behaviour("persons_update", "answers 200 with the person", source="PostHog documentation")
def test_a_documented_update_answers_with_the_person(documented: Api) -> None:
    answer = documented.send("PATCH", "persons/3/", {"properties": {"plan": "x"}})
    assert answer.status == 200
    assert answer.json == documented.get("persons/3/")
    assert answer.json["properties"]["plan"] == "x"


@pytest.mark.behaviour(
    "persons_update", "an update is a `$set` event", source="PostHog source person.py, October 2025"
)
def test_an_update_is_a_set_event(api: Api) -> None:
    api.send("PATCH", "persons/3/", {"properties": {"plan": "x"}})
    (event,) = api.get("events/", event="$set")["results"]
    assert event["properties"] == {"$set": {"plan": "x"}}
    assert event["distinct_id"] == api.get("persons/3/")["distinct_ids"][0]
    assert api.get("events/", limit=1)["results"] == [event], "the newest"


@pytest.mark.behaviour(
    "persons_update",
    "what cannot be set is accepted; nobody is told that it fails",
    source="PostHog source person.py, October 2025",
)
def test_failures_of_an_update_are_not_told(api: Api) -> None:
    before = api.get("persons/3/")
    assert api.send("PATCH", "persons/3/", {"properties": "no object"}).status == 202
    assert api.get("persons/3/") == before


@pytest.mark.behaviour(
    "persons_update",
    "persons_delete",
    "a change that was accepted takes effect later",
    source="PostHog source person.py, October 2025",
)
def test_changes_take_effect_later_when_a_delay_is_set(api: Api) -> None:
    api.emulator.apply_delay = 60
    before = api.get("persons/3/")
    assert api.send("PATCH", "persons/3/", {"properties": {"plan": "x"}}).status == 202
    assert api.send("DELETE", "persons/4/").status == 202
    api.emulator.advance(59)
    assert api.get("persons/3/") == before
    assert api.get("persons/4/")["id"] == 4
    api.emulator.advance(1)
    assert api.get("persons/3/")["properties"]["plan"] == "x"
    assert api.send("GET", "persons/4/").status == 404


def test_documented_changes_take_effect_at_once(documented: Api) -> None:
    documented.emulator.apply_delay = 60
    assert documented.send("DELETE", "persons/4/").status == 204
    assert documented.send("GET", "persons/4/").status == 404


@pytest.mark.behaviour(
    "persons_delete", "answers 202 without a body", source="PostHog source person.py, October 2025"
)
def test_a_delete_answers_202_without_a_body(api: Api) -> None:
    answer = api.send("DELETE", "persons/4/")
    assert (answer.status, answer.content) == (202, b"")
    assert api.send("DELETE", "persons/4/").json["detail"] == "Person not found."
    assert api.get("persons/", include_total=1)["count"] == 249


# --- events of deleted persons ---------------------------------------------------------------------------------


def events_of(api: Api, distinct_ids: list[str]) -> int:
    return sum(len(api.get("events/", distinct_id=distinct_id)["results"]) for distinct_id in distinct_ids)


def until_sunday(api: Api) -> None:
    api.emulator.advance(4 * 86_400 + 17 * 3600)  # from Tuesday noon to Sunday, 05:00


@pytest.mark.parametrize("query", ["?delete_events=true", "?delete_events=false", "?delete_events"])
@pytest.mark.behaviour(
    "persons_delete",
    "`delete_events` deletes by being there, even as `false`; on Sunday at 05:00 UTC",
    source="PostHog source person.py, October 2025",
)
def test_the_mere_presence_of_delete_events_deletes_them_on_sunday(api: Api, query: str) -> None:
    ids = api.get("persons/1/")["distinct_ids"]
    total = len(api.emulator.data.events)
    count = events_of(api, ids)
    assert count > 0
    api.send("DELETE", f"persons/1/{query}")
    assert events_of(api, ids) == count, "not before Sunday, 05:00 UTC"
    until_sunday(api)
    assert events_of(api, ids) == 0
    assert len(api.emulator.data.events) == total - count
    assert api.query("select count() from events")["results"] == [[total - count]]


def test_events_stay_when_delete_events_is_left_out(either: Api) -> None:
    ids = either.get("persons/1/")["distinct_ids"]
    count = events_of(either, ids)
    either.send("DELETE", "persons/1/")
    until_sunday(either)
    assert events_of(either, ids) == count
    (event, *_) = either.get("events/", distinct_id=ids[0])["results"]
    assert event["person"] in (None, "null"), "the event stays, its person does not"


@pytest.mark.behaviour(
    "persons_delete", "`delete_events=false` keeps the events", source="PostHog documentation"
)
def test_documented_delete_events_is_a_boolean(documented: Api) -> None:
    for number, (value, gone) in enumerate((("false", False), ("true", True)), start=1):
        ids = documented.get(f"persons/{number}/")["distinct_ids"]
        count = events_of(documented, ids)
        documented.send("DELETE", f"persons/{number}/?delete_events={value}")
        documented.emulator.advance(7 * 86_400)
        assert events_of(documented, ids) == (0 if gone else count)


@pytest.mark.behaviour(
    "persons_delete",
    "`delete_recordings` deletes the recordings too",
    source="PostHog source person.py, October 2025",
)
def test_delete_recordings_deletes_the_recordings_of_the_person(api: Api) -> None:
    session = api.emulator.data.recordings.get(0).session
    assert session.person is not None
    api.send("DELETE", f"persons/{session.person + 1}/?delete_recordings=true")
    assert api.send("GET", f"session_recordings/{session.id}/").status == 404


# --- csv -------------------------------------------------------------------------------------------------------


def rows_of(answer: Answer) -> list[dict[str, str]]:
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@pytest.mark.behaviour(
    "persons_list", "CSV ignores `limit` and `offset`", source="PostHog source person.py, October 2025"
)
def test_csv_ignores_limit_and_offset(api: Api) -> None:
    rows = rows_of(api.send("GET", "persons/?format=csv&limit=2&offset=100"))
    assert len(rows) == 250
    assert rows[-1]["properties.email"] == api.get("persons/1/")["properties"]["email"]
    assert rows[-1]["distinct_ids.0"] == "user_1"


def test_csv_of_one_person(either: Api) -> None:
    (row,) = rows_of(either.send("GET", "persons/1/?format=csv"))
    assert row["id"] == "1"


@pytest.mark.behaviour("persons_list", "`Accept: text/csv` asks for CSV", source="Django REST framework")
def test_the_accept_header_asks_for_csv_too(api: Api) -> None:
    assert len(rows_of(api.send("GET", "persons/1/", headers={"Accept": "text/csv"}))) == 1
    answer = api.send("GET", "persons/1/", headers={"Accept": "text/csv, application/json"})
    assert answer.headers["Content-Type"] == "application/json"


# --- actions ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "persons_values",
    "a list of `{name, count}`, narrowed by `value`",
    source="PostHog source person.py, October 2025",
)
def test_values_count_how_often_each_was_seen(api: Api) -> None:
    found = api.get("persons/values/", key="plan")
    counts = [value["count"] for value in found]
    assert counts == sorted(counts, reverse=True)
    assert {value["name"] for value in found} == {"free", "startup", "scale", "enterprise"}
    assert api.get("persons/values/", key="plan", value="PRISE") == [
        value for value in found if value["name"] == "enterprise"
    ]
    assert len(api.get("persons/values/", key="email")) == 20
    assert {value["name"] for value in api.get("persons/values/", key="newsletter")} == {True, False}


@pytest.mark.behaviour(
    "persons_values",
    "without `key`, or for virtual properties, an empty list",
    source="PostHog source person.py, October 2025",
)
def test_values_without_a_key_or_of_virtual_properties_are_empty(api: Api) -> None:
    assert api.get("persons/values/") == []
    assert api.get("persons/values/", key="$virt_revenue") == []


@pytest.mark.behaviour(
    "persons_stickiness",
    "persons_trends",
    "persons in groups, with a count, although no body is documented",
    source="PostHog source person.py, October 2025",
)
def test_trends_and_stickiness_group_the_persons_who_did_it(api: Api) -> None:
    trends = api.get("persons/trends/", entity_id="$pageview", entity_type="events", date_from="-30d")
    (group,) = trends["results"]
    assert group["count"] == len(group["people"]) == 100
    assert trends.keys() == {"results", "next", "initial", "missing_persons", "is_cached", "last_refresh"}
    following = api.send("GET", trends["next"]).json
    ids = {person["id"] for person in group["people"]}
    assert ids.isdisjoint(person["id"] for person in following["results"][0]["people"])

    stickiness = api.get("persons/stickiness/", date_from="-30d", stickiness_days=2, limit=500)
    (group,) = stickiness["results"]
    assert stickiness.keys() == {"results", "next"}
    assert 0 < group["count"] < 250
    assert api.get("persons/trends/", entity_id="1", entity_type="actions")["results"][0]["count"] == 0
    assert api.get("persons/trends/", entity_id="nothing")["results"] == [{"people": [], "count": 0}]


@pytest.mark.behaviour(
    "persons_stickiness",
    "persons_trends",
    "filters that cannot be read are a 400",
    source="PostHog source person.py, October 2025",
)
def test_unreadable_filters_of_legacy_insights_are_refused(either: Api) -> None:
    for insight in ("stickiness", "trends"):
        refusal = either.refused("GET", f"persons/{insight}/", properties="{")
        assert refusal["detail"] == "Properties are unparsable!"


@pytest.mark.behaviour(
    "persons_delete",
    "`keep_person` is not known to servers of 2025, which delete the person all the same",
    source="PostHog source person.py, October 2025 and 2026",
)
def test_keep_person_keeps_nobody_on_a_server_of_2025(api: Api) -> None:
    assert api.send("DELETE", "persons/4/", query={"keep_person": "true"}).status == 202
    assert api.send("GET", "persons/4/").status == 404


@pytest.mark.behaviour(
    "persons_delete",
    "`keep_person` keeps the person on servers of 2026, by being there",
    source="PostHog source person.py, 2026",
)
@pytest.mark.parametrize("value", ["true", "false"])
def test_keep_person_keeps_the_person_on_a_server_of_2026(api: Api, value: str) -> None:
    api.emulator.behaviour.era = 2026
    ids = api.get("persons/4/")["distinct_ids"]
    assert events_of(api, ids) > 0
    query = {"keep_person": value, "delete_events": "true"}
    assert api.send("DELETE", "persons/4/", query=query).status == 202
    until_sunday(api)
    assert api.get("persons/4/")["distinct_ids"] == ids
    assert events_of(api, ids) == 0


@pytest.mark.behaviour(
    "persons_stickiness",
    "persons_trends",
    "`date_from` and `date_to` limit what they did",
    source="PostHog source person.py, October 2025",
)
def test_the_period_of_legacy_insights_ends_at_date_to(api: Api) -> None:
    for insight in ("stickiness", "trends"):
        every, none = (
            api.get(f"persons/{insight}/", date_from="-30d", date_to=until, stickiness_days=1, limit=500)
            for until in ("-0d", "-31d")
        )
        assert sum(group["count"] for group in every["results"]) > 0
        assert sum(group["count"] for group in none["results"]) == 0


@pytest.mark.behaviour(
    "persons_list",
    "a null in a property filter counts as left out",
    source="the emulator's choice; what PostHog does was not seen",
)
def test_a_null_in_a_filter_counts_as_left_out(either: Api) -> None:
    filters = json.dumps([{"key": "email", "value": "nobody", "operator": None, "type": None}])
    assert either.get("persons/", properties=filters)["results"] == []


@pytest.mark.behaviour(
    "persons_list",
    "a property filter of nothing holds for everybody",
    source="PostHog source schema.py, 2025: EmptyPropertyFilter",
)
def test_a_filter_of_nothing_holds_for_everybody(either: Api) -> None:
    everybody = either.get("persons/")["results"]
    assert everybody
    assert either.get("persons/", properties="[{}]")["results"] == everybody


@pytest.mark.behaviour(
    "persons_update",
    "a query parameter that no view asks for is not looked at",
    source="Django: views read the parameters that they know",
)
def test_an_unknown_query_parameter_is_not_looked_at(either: Api) -> None:
    update = {"properties": {"seen": True}}
    answer = either.send("PATCH", "persons/1/", query={"nobody": "asks"}, body=update)
    assert answer.status == either.send("PATCH", "persons/1/", body=update).status
    assert answer.status in (200, 202)
