"""Subscriptions, remembered folders, Hog functions, and logs of app configurations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.schedules import next_delivery, summary

from .conftest import Api

SUBSCRIPTION: dict[str, Any] = {
    "insight": 1,
    "target_type": "email",
    "target_value": "ada@example.com",
    "frequency": "weekly",
    "start_date": "2025-06-02T09:00:00Z",
}


def subscribe(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.send("POST", "subscriptions/", {**SUBSCRIPTION, **fields})
    assert answer.status == 201
    made: dict[str, Any] = answer.json
    return made


# --- subscriptions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "due", "words"),
    [
        ({}, "2025-07-07T09:00:00Z", "sent every week"),
        ({"byweekday": ["friday"]}, "2025-07-04T09:00:00Z", "sent every week"),
        ({"frequency": "daily"}, "2025-07-02T09:00:00Z", "sent every day"),
        ({"frequency": "daily", "interval": 3}, "2025-07-02T09:00:00Z", "sent every 3 days"),
        (
            {"frequency": "monthly", "byweekday": ["monday"], "bysetpos": 1},
            "2025-07-07T09:00:00Z",
            "sent every month on the first Monday",
        ),
        (
            {"frequency": "monthly", "byweekday": ["monday", "tuesday"], "bysetpos": -1},
            "2025-07-29T09:00:00Z",
            "sent every month on the last day",
        ),
        ({"frequency": "yearly"}, "2026-06-02T09:00:00Z", "sent every year"),
        ({"count": 2}, None, "sent every week"),
        ({"until_date": "2025-07-05T00:00:00Z"}, None, "sent every week"),
        ({"interval": 0}, None, "sent every week"),
        (
            {"frequency": "monthly", "byweekday": ["monday"], "bysetpos": 7},
            None,
            "sent on a schedule",
        ),
        ({"byweekday": ["monday"], "bysetpos": 0}, None, "sent every week"),
    ],
)
@pytest.mark.behaviour(
    "subscriptions_create",
    "`next_delivery_date` follows the schedule as an iCalendar rule",
    source="PostHog source subscription.py, October 2025",
)
def test_deliveries_follow_the_schedule(
    either: Api, fields: dict[str, Any], due: str | None, words: str
) -> None:
    made = subscribe(either, **fields)
    assert (made["next_delivery_date"], made["summary"]) == (due, words)


@pytest.mark.behaviour(
    "subscriptions_create",
    "what is due within a quarter of an hour is not the next delivery",
    source="PostHog source subscription.py, October 2025",
)
def test_a_delivery_due_within_a_quarter_of_an_hour_is_not_the_next_one() -> None:
    schedule: dict[str, Any] = {
        "frequency": "daily",
        "interval": 1,
        "until": None,
        "count": None,
        "byweekday": None,
        "bysetpos": None,
    }
    start = datetime(2025, 6, 1, 12, 10, tzinfo=UTC)
    assert next_delivery(now=START, start=start, **schedule) == datetime(2025, 7, 2, 12, 10, tzinfo=UTC)
    assert summary(start=start, **schedule) == "sent every day"


@pytest.mark.behaviour(
    "subscriptions_update",
    "only a changed schedule is planned anew",
    source="PostHog source subscription.py, October 2025",
)
def test_only_a_changed_schedule_is_planned_anew(api: Api) -> None:
    """Ten minutes before a delivery, where planning would leave it out as too near."""
    before = subscribe(api)["next_delivery_date"]
    assert before == "2025-07-07T09:00:00Z"
    api.emulator.advance(datetime(2025, 7, 7, 8, 50, tzinfo=UTC) - START)
    path = f"subscriptions/{api.get('subscriptions/')['count']}/"
    assert api.send("PATCH", path, {"title": "x"}).json["next_delivery_date"] == before
    assert api.send("PATCH", path, {"interval": 2}).json["next_delivery_date"] == "2025-07-14T09:00:00Z"


@pytest.mark.behaviour(
    "subscriptions_list",
    "subscriptions_retrieve",
    "a delivery is followed by the next one: `next_delivery_date` is never in the past, unless deleted",
    source="PostHog source subscription.py, October 2025",
)
def test_a_delivery_is_followed_by_the_next_one(either: Api) -> None:
    made = subscribe(either, until_date="2025-08-02T00:00:00Z")
    deleted = subscribe(either)
    assert either.send("PATCH", f"subscriptions/{deleted['id']}/", {"deleted": True}).status == 200
    path = f"subscriptions/{made['id']}/"
    for now, due in (
        (datetime(2025, 7, 7, 8, 59, tzinfo=UTC), "2025-07-07T09:00:00Z"),
        (datetime(2025, 7, 7, 9, 0, tzinfo=UTC), "2025-07-14T09:00:00Z"),
        (datetime(2025, 7, 21, 8, 55, tzinfo=UTC), "2025-07-21T09:00:00Z"),
        (datetime(2025, 7, 28, 9, 0, tzinfo=UTC), None),
    ):
        either.emulator.advance(now - either.emulator.now)
        assert either.get(path)["next_delivery_date"] == due
        listed = {row["id"]: row["next_delivery_date"] for row in either.get("subscriptions/")["results"]}
        assert listed[made["id"]] == due
        assert all(moment is None or moment > f"{now:%Y-%m-%dT%H:%M:%SZ}" for moment in listed.values())
    assert either.get(f"subscriptions/{deleted['id']}/")["next_delivery_date"] == "2025-07-07T09:00:00Z"


@pytest.mark.behaviour(
    "subscriptions_retrieve",
    "subscriptions_list",
    "`invite_message` is documented in every body and never sent",
    source="PostHog source subscription.py, October 2025",
)
def test_bodies_of_the_two_profiles_differ(api: Api, documented: Api) -> None:
    assert "invite_message" not in api.get("subscriptions/1/")
    assert "role_at_organization" in api.get("subscriptions/1/")["created_by"]
    assert isinstance(documented.get("subscriptions/1/")["invite_message"], str)
    assert "role_at_organization" not in documented.get("subscriptions/1/")["created_by"]


@pytest.mark.behaviour(
    "subscriptions_list",
    "`insight`, `dashboard` and `deleted` filter; deleted ones are hidden otherwise",
    source="PostHog source subscription.py, October 2025",
)
def test_subscription_filters(either: Api) -> None:
    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in either.get("subscriptions/", **query)["results"]]

    either.send("PATCH", "subscriptions/3/", {"deleted": True})
    assert ids() == [1, 2]
    assert ids(deleted="true") == [3]
    assert ids(deleted="false") == [1, 2]
    assert ids(insight=1) == ids(target_type="email") == [1]
    assert ids(dashboard=1) == ids(resource_type="dashboard") == ids(search="#METRICS") == [2]
    assert ids(ordering="-id") == ids(ordering="-created_at") == [2, 1]


# --- remembered folders ----------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "persisted_folder_create",
    "one folder of each type: a second create changes it and is a 201 too",
    source="PostHog source persisted_folder.py, 2025",
)
def test_a_folder_is_upserted_by_type(either: Api) -> None:
    first = either.send("POST", "persisted_folder/", {"type": "home"})
    assert (first.status, first.json["protocol"], first.json["path"]) == (201, "products://", "")
    either.emulator.advance(60)
    second = either.send("POST", "persisted_folder/", {"type": "home", "path": "A"})
    assert (second.status, second.json["id"], second.json["path"]) == (201, first.json["id"], "A")
    assert second.json["created_at"] == first.json["created_at"] != second.json["updated_at"]


@pytest.mark.behaviour(
    "persisted_folder_update",
    "a type that exists already is a 400",
    source="PostHog source persisted_folder.py, 2025",
)
def test_there_is_one_folder_of_each_type(either: Api) -> None:
    made = either.send("POST", "persisted_folder/", {"type": "home"}).json
    assert either.refused("PATCH", f"persisted_folder/{made['id']}/", {"type": "pinned"})["code"] == "unique"
    assert either.refused("POST", "persisted_folder/", {"type": "attic"})["code"] == "invalid_choice"
    assert (
        either.refused("POST", "persisted_folder/", {"type": "home", "protocol": "x" * 65})["attr"]
        == "protocol"
    )


# --- hog functions ---------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "hog_functions_list",
    "by execution order, then the latest change",
    source="PostHog source hog_function.py, 2025",
)
def test_functions_come_in_execution_order(either: Api) -> None:
    rows = either.get("hog_functions/")["results"]
    assert [row["execution_order"] for row in rows] == [1, 2, 3] + [None] * 6
    updated = [row["updated_at"] for row in rows[3:]]
    assert updated == sorted(updated, reverse=True)


def test_what_may_be_null_can_be_set_to_null(either: Api) -> None:
    made = subscribe(either, until_date="2025-12-01T00:00:00Z")
    answer = either.send("PATCH", f"subscriptions/{made['id']}/", {"until_date": None})
    assert (answer.status, answer.json["until_date"]) == (200, None)


@pytest.mark.behaviour(
    "hog_functions_list",
    "`type` is one comma-separated value; `filters` and `filter_groups` are JSON",
    source="PostHog source hog_function.py, 2025",
)
def test_function_filters(either: Api) -> None:
    def names(**query: Any) -> list[str]:
        return sorted(row["name"] for row in either.get("hog_functions/", **query)["results"])

    rows = either.get("hog_functions/")["results"]
    assert names(type="site_app,site_destination") == ["Ads pixel", "Feedback button"]
    assert names(type="nothing") == []
    assert names(enabled="false") == ["Ads pixel", "Hide e-mail addresses"]
    assert names(search="webhook") == names(filters=json.dumps({"source": "events"})) == ["Post signups"]
    assert names(filter_groups=json.dumps([{"events": [{"id": "signed_up"}]}])) == ["Post signups"]
    assert names(id=rows[0]["id"]) == [rows[0]["name"]]
    assert names(created_at=rows[0]["created_at"]) == [rows[0]["name"]]
    assert names(created_by=2) == ["Hide e-mail addresses", "Warehouse copy"]
    assert either.refused("GET", "hog_functions/", filters="{")["detail"] == "Invalid filter provided"
    assert either.refused("GET", "hog_functions/", filter_groups="{}")["detail"] == "Invalid filter provided"


@pytest.mark.behaviour(
    "hog_functions_list",
    "`created_by` and `template` may be null",
    source="PostHog source hog_function.py, 2025",
)
def test_creator_and_template_may_be_null_unless_documented(api: Api, documented: Api) -> None:
    rows = api.get("hog_functions/")["results"]
    assert any(row["created_by"] is None for row in rows)
    assert any(row["template"] is None for row in rows)
    for row in documented.get("hog_functions/")["results"]:
        assert row["created_by"]
        assert row["template"]


# --- plugin logs -----------------------------------------------------------------------------------------------

LOGS = "plugin_configs/17/logs/"


@pytest.mark.behaviour(
    "plugin_configs_logs",
    "without `limit` all are read and a hundred returned",
    source="PostHog source plugin_log_entry.py, 2025",
)
def test_without_a_limit_all_entries_are_read_and_a_hundred_returned(api: Api) -> None:
    page = api.get(LOGS)
    assert (page["count"], len(page["results"])) == (240, 100)
    assert len(api.send("GET", page["next"]).json["results"]) == 0, "the next page names a limit"


@pytest.mark.behaviour(
    "plugin_configs_logs",
    "`limit` counts twice, so that an `offset` gives nothing",
    source="PostHog source plugin_log_entry.py, 2025",
)
def test_the_limit_counts_twice_so_that_an_offset_gives_nothing(api: Api) -> None:
    page = api.get(LOGS, limit=10)
    assert (page["count"], len(page["results"]), page["next"]) == (10, 10, None)
    assert api.get(LOGS, limit=10, offset=10)["results"] == []
    assert len(api.get(LOGS, offset=230)["results"]) == 10


@pytest.mark.behaviour(
    "plugin_configs_logs",
    "`before` and `after` are strict and reach every entry",
    source="PostHog source plugin_log_entry.py, 2025",
)
def test_before_and_after_are_strict_and_reach_every_entry(api: Api) -> None:
    entries: list[dict[str, Any]] = []
    while page := api.get(LOGS, limit=100, **({"before": entries[-1]["timestamp"]} if entries else {}))[
        "results"
    ]:
        entries += page
    assert len({entry["id"] for entry in entries}) == len(entries) == 240
    later = api.get(LOGS, after=entries[2]["timestamp"])["results"]
    assert later == entries[:2]


@pytest.mark.behaviour("plugin_configs_logs", "paged by `offset`", source="PostHog documentation")
def test_documented_logs_are_paged_by_offset(documented: Api) -> None:
    url, found = LOGS + "?limit=100", 0
    while url:
        page = documented.send("GET", url).json
        assert page["count"] == 240
        found += len(page["results"])
        url = page["next"]
    assert found == 240


@pytest.mark.behaviour(
    "plugin_configs_logs",
    "a `limit` that is no number is a 400",
    source="PostHog source plugin_log_entry.py, 2025",
)
def test_a_limit_that_is_no_number_is_explained(api: Api, documented: Api) -> None:
    refusal = api.refused("GET", LOGS, limit="x")
    assert refusal["detail"] == "Query param limit must be omitted or an integer!"
    assert len(documented.get(LOGS, limit="x")["results"]) == 100


@pytest.mark.behaviour(
    "plugin_configs_logs",
    "an unknown level or an unreadable time is a 500",
    source="PostHog source plugin_log_entry.py, 2025",
)
def test_unreadable_log_filters_break_the_server(api: Api, documented: Api) -> None:
    """PostHog plugin_log_entry.py, 2025: nobody catches what is no level and no time."""
    for name, value in (("type_filter", "LOUD"), ("before", "x"), ("after", "x")):
        answer = api.send("GET", LOGS, query={name: value})
        assert (answer.status, answer.json["detail"]) == (500, "A server error occurred.")
    assert documented.refused("GET", LOGS, type_filter="LOUD")["code"] == "invalid_choice"
    assert documented.refused("GET", LOGS, before="x")["attr"] == "before"


@pytest.mark.behaviour(
    "plugin_configs_logs",
    "`search`, and `type_filter` as often as wanted",
    source="PostHog source plugin_log_entry.py, 2025",
)
def test_log_filters(either: Api) -> None:
    found = either.send("GET", f"{LOGS}?type_filter=WARN&type_filter=ERROR").json["results"]
    assert {entry["type"] for entry in found} == {"WARN", "ERROR"}
    worker = either.get(LOGS, search="WORKER took")["results"]
    assert worker
    assert all("Worker took" in entry["message"] for entry in worker)
    assert {entry["plugin_config_id"] for entry in either.get(LOGS)["results"]} == {17}


@pytest.mark.parametrize("query", [{"filter_groups": "7"}, {"filters": "{"}])
def test_unreadable_function_filters_are_refused_even_when_nothing_is_left_to_filter(
    either: Api, query: dict[str, str]
) -> None:
    assert (
        either.refused("GET", "hog_functions/", created_by=-1, **query)["detail"] == "Invalid filter provided"
    )
