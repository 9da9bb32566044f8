"""Groups and their log."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Api

ACME: dict[str, Any] = {"group_type_index": 0, "group_key": "acme"}
QUAYSIDE: dict[str, Any] = {"group_type_index": 0, "group_key": "quayside"}


def act(api: Api, action: str, body: Any, group: dict[str, Any] = QUAYSIDE) -> Any:
    answer = api.send("POST", f"groups/{action}/", body, query=group)
    assert answer.status == 200, answer
    return answer.json


@pytest.mark.behaviour(
    "groups_find", "the group and `notebook`", source="PostHog source groups.py, October 2025"
)
def test_find_has_a_notebook(api: Api) -> None:
    group = api.get("groups/find/", **QUAYSIDE)
    assert group["group_properties"]["name"] == "Quayside Bank"
    assert group["notebook"] is None


def test_unknown_groups_are_not_found(api: Api) -> None:
    for query in (
        {"group_type_index": 0, "group_key": "nobody"},
        {"group_type_index": 7, "group_key": "acme"},
    ):
        assert api.send("GET", "groups/find/", query=query).status == 404
        assert (
            api.send("POST", "groups/update_property/", {"key": "a", "value": 1}, query=query).status == 404
        )


@pytest.mark.behaviour(
    "groups_find",
    "a missing parameter is a 500 in 2025, a 400 since",
    source="PostHog source groups.py, October 2025 and 2026",
)
def test_missing_parameters_break_the_server_of_2025_and_are_refused_since(either: Api) -> None:
    """PostHog groups.py: 500 in October 2025, 400 in 2026; the documentation knows no 500."""
    if either.emulator.profile == "observed":
        assert either.send("GET", "groups/find/", query={"group_type_index": 0}).status == 500
        assert either.send("GET", "groups/find/", query={"group_key": "a"}).json["type"] == "server_error"
    either.emulator.behaviour.era = 2026
    assert either.refused("GET", "groups/find/", group_type_index=0)["attr"] == "group_key"
    assert either.refused("GET", "groups/find/", group_key="a")["attr"] == "group_type_index"


@pytest.mark.behaviour(
    "groups_create",
    "a key that exists is a 400 with the attr `detail`",
    source="PostHog source groups.py, October 2025",
)
def test_a_second_group_with_the_same_key_is_refused(either: Api) -> None:
    refusal = either.refused("POST", "groups/", {**QUAYSIDE, "group_properties": {}})
    assert (refusal["attr"], refusal["detail"]) == ("detail", "A group with this key already exists")
    assert either.send("POST", "groups/", {**QUAYSIDE, "group_type_index": 1}).status == 201


def test_acme_is_known_from_events_and_can_be_created_once(either: Api) -> None:
    assert either.send("POST", "groups/", {**ACME, "group_properties": {"a": 1}}).json[
        "group_properties"
    ] == {"a": 1}
    assert either.send("POST", "groups/", ACME).status == 400


@pytest.mark.behaviour(
    "groups_create",
    "an unknown group type is a 404 after the group was stored",
    source="PostHog source groups.py, October 2025",
)
def test_a_group_of_an_unknown_type_is_stored_and_then_not_found(api: Api) -> None:
    group = {"group_type_index": 5, "group_key": "x"}
    assert api.send("POST", "groups/", group).status == 404
    assert api.get("groups/find/", **group)["group_key"] == "x"


def test_null_properties_are_none(api: Api) -> None:
    group = {"group_type_index": 1, "group_key": "x", "group_properties": None}
    assert api.send("POST", "groups/", group).json["group_properties"] == {}
    assert api.refused("POST", "groups/", {**group, "group_key": "y", "group_properties": [1]})["attr"] == (
        "group_properties"
    )


@pytest.mark.behaviour(
    "groups_update_property",
    "groups_delete_property",
    "answers with the group; removing what is not there is a 500 in 2025, a 400 since",
    source="PostHog source groups.py, October 2025 and 2026",
)
def test_actions_answer_with_the_group(api: Api) -> None:
    changed = act(api, "update_property", {"key": "seats", "value": 3})
    assert changed["group_properties"]["seats"] == 3
    assert "seats" not in act(api, "delete_property", {"$unset": "seats"})["group_properties"]
    gone = "groups/delete_property/?group_type_index=0&group_key=quayside"
    assert api.send("POST", gone, {"$unset": "seats"}).status == 500  # PostHog groups.py, October 2025
    api.emulator.behaviour.era = 2026
    assert api.refused("POST", gone, {"$unset": "seats"})


@pytest.mark.behaviour(
    "groups_update_property",
    "groups_delete_property",
    "the documented fields of the body are not read",
    source="PostHog source groups.py, October 2025",
)
def test_the_fields_of_a_group_in_the_body_are_ignored(api: Api) -> None:
    body = {
        "key": "plan",
        "value": "x",
        "group_key": 12,
        "group_type_index": "none",
        "group_properties": None,
    }
    assert act(api, "update_property", body)["group_key"] == "quayside"


@pytest.mark.behaviour(
    "groups_update_property",
    "groups_delete_property",
    "done, and answered without a body",
    source="PostHog documentation",
)
def test_documented_actions_are_done_without_an_answer(documented: Api) -> None:
    for action, body in (
        ("update_property", {"key": "a", "value": 1}),
        ("delete_property", {"$unset": "plan"}),
    ):
        answer = documented.send("POST", f"groups/{action}/", body, query=QUAYSIDE)
        assert (answer.status, answer.content) == (200, b"")
    group = documented.emulator.data.groups.find(0, "quayside")
    assert group is not None
    assert (group.properties["a"], "plan" in group.properties) == (1, False)


@pytest.mark.behaviour(
    "groups_upsert_properties",
    "sets properties, creates the group when needed, answers without a body: partly a guess",
    source="PostHog documentation, environments page only",
)
def test_upsert_sets_several_and_creates(either: Api) -> None:
    for key in ("quayside", "brand-new"):
        body = {"group_type_index": 0, "group_key": key, "group_properties": {"a": 1, "b": 2}}
        answer = either.send("POST", "groups/upsert_properties/", body)
        assert (answer.status, answer.content) == (200, b"")
        group = either.emulator.data.groups.find(0, key)
        assert group is not None
        assert {"a": 1, "b": 2}.items() <= group.properties.items()


@pytest.mark.behaviour(
    "groups_update_property",
    "a change is a `$groupidentify` event",
    source="PostHog source groups.py, October 2025",
)
def test_changes_are_events(api: Api) -> None:
    act(api, "update_property", {"key": "seats", "value": 3})
    act(api, "update_property", {"key": "seats", "value": 4})
    act(api, "delete_property", {"$unset": "seats"})
    events = api.get("events/", limit=3)["results"]
    assert [event["event"] for event in events] == [
        "$delete_group_property",
        "$groupidentify",
        "$groupidentify",
    ]
    assert [event["properties"]["$group_set"] for event in events[1:]] == [{"seats": 4}, {"seats": 3}]


@pytest.mark.behaviour(
    "groups_activity",
    "`group_key` finds the group; the required `id` is not read",
    source="PostHog source groups.py, October 2025",
)
def test_the_log_needs_the_undocumented_key_and_ignores_the_documented_id(api: Api) -> None:
    assert api.send("GET", "groups/activity/", query={"group_type_index": 0, "id": "quayside"}).status == 404
    assert api.get("groups/activity/", **QUAYSIDE) == {
        "results": [],
        "next": None,
        "previous": None,
        "total_count": 0,
    }


@pytest.mark.behaviour(
    "groups_activity",
    "`page` and `limit`; `{results, next, previous, total_count}`",
    source="PostHog source activity_page.py, October 2025",
)
def test_the_log_is_paged_by_number(api: Api) -> None:
    for number in range(12):
        api.emulator.advance(1)
        act(api, "update_property", {"key": "seats", "value": number})
    act(api, "delete_property", {"$unset": "seats"})
    page = api.get("groups/activity/", **QUAYSIDE)
    assert (page["total_count"], len(page["results"]), page["previous"]) == (13, 10, None)
    assert page["results"][0]["detail"]["changes"][0]["action"] == "deleted"
    assert page["results"][0]["user"] == {"first_name": "Ada", "email": "ada@example.com"}
    second = api.send("GET", page["next"]).json
    assert (len(second["results"]), second["next"]) == (3, None)
    assert api.send("GET", second["previous"]).json["results"] == page["results"]
    ids = [entry["id"] for entry in page["results"] + second["results"]]
    assert len(set(ids)) == 13
    assert api.get("groups/activity/", **ACME)["total_count"] == 0


@pytest.mark.behaviour(
    "groups_property_values",
    "sessions_values",
    "`{results, refreshing}` around the values in 2026",
    source="PostHog source groups.py and session.py, 2026",
)
def test_values_are_within_an_object_since_2026(api: Api) -> None:
    paths: list[tuple[str, dict[str, Any]]] = [
        ("groups/property_values/", {"group_type_index": 0, "key": "plan"}),
        ("sessions/values/", {"key": "$channel_type"}),
    ]
    for path, query in paths:
        api.emulator.behaviour.era = 2025
        values = api.get(path, **query)
        assert isinstance(values, list)
        api.emulator.behaviour.era = 2026
        assert api.get(path, **query) == {"results": values, "refreshing": False}
    with api.emulator.client() as client:
        assert [value.name for value in client.sessions.values(key="$channel_type", value="Paid So")] == [
            "Paid Social"
        ]


@pytest.mark.behaviour(
    "groups_property_definitions",
    "groups_property_values",
    "definitions by number of the group type; at most 20 values with counts, narrowed by `value`",
    source="PostHog source groups.py, October 2025",
)
def test_definitions_and_values(api: Api) -> None:
    definitions = api.get("groups/property_definitions/")
    assert definitions["0"][0] == {"name": "industry", "count": 12}
    assert {row["name"] for row in definitions["1"]} == {"name", "members"}
    api.emulator.add_group_type("workspace")
    api.emulator.add_group(2, "bare")
    assert api.get("groups/property_definitions/").keys() == {"0", "1"}, "no type without any property"
    values = api.get("groups/property_values/", group_type_index=0, key="plan")
    assert sum(value["count"] for value in values) == 12
    assert api.get("groups/property_values/", group_type_index=0, key="plan", value="ENTER") == [
        {"name": "enterprise", "count": 3}
    ]
    assert api.refused("GET", "groups/property_values/", group_type_index=0)["attr"] == "key"
