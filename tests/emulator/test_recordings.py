"""Session recordings, their sharing, and sessions."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from posthog_environments.emulator import Emulator

from .conftest import Api


@pytest.mark.behaviour(
    "session_recordings_list",
    "`{results, has_next, version}`: no count, no next",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_a_page_says_only_whether_more_follow(api: Api) -> None:
    page = api.get("session_recordings/", limit=5)
    assert page.keys() == {"results", "has_next", "version"}
    assert (page["has_next"], page["version"], len(page["results"])) == (True, 4, 5)


@pytest.mark.behaviour(
    "session_recordings_list", "`{count, next, previous, results}`", source="PostHog documentation"
)
def test_documented_pages_have_the_usual_shape(documented: Api) -> None:
    page = documented.get("session_recordings/", limit=5)
    assert page.keys() == {"count", "next", "previous", "results"}
    assert page["count"] > 5
    recording = page["results"][0]
    assert "viewers" not in recording
    assert isinstance(recording["person"]["distinct_ids"], str)


@pytest.mark.behaviour(
    "session_recordings_list",
    "three days unless `date_from` says otherwise, the newest first",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_the_last_three_days_are_listed_newest_first(either: Api) -> None:
    starts = [row["start_time"] for row in either.get("session_recordings/")["results"]]
    now = either.emulator.clock.now()
    assert starts == sorted(starts, reverse=True)
    assert datetime.fromisoformat(starts[-1]) > now - timedelta(days=3)
    assert len(either.get("session_recordings/", date_from="-30d", limit=500)["results"]) == 251
    narrow = either.get("session_recordings/", date_from="-5d", date_to="-4d")["results"]
    assert narrow
    assert all(
        now - timedelta(days=5) < datetime.fromisoformat(row["start_time"]) < now - timedelta(days=4)
        for row in narrow
    )


@pytest.mark.behaviour(
    "session_recordings_retrieve",
    "session_recordings_delete",
    "session_recordings_list",
    "an expired recording is not found any more",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_an_expired_recording_is_not_found_any_more(either: Api) -> None:
    recording = either.emulator.add_session_recording("ada", start_time=either.emulator.now)
    path = f"session_recordings/{recording}/"
    query = {"date_from": "all", "session_ids": json.dumps([recording])}
    either.emulator.advance(timedelta(days=30) - timedelta(seconds=1))
    assert either.send("GET", path).status == 200
    assert [row["id"] for row in either.get("session_recordings/", **query)["results"]] == [recording]
    either.emulator.advance(1)
    for method in ("GET", "DELETE"):
        answer = either.send(method, path)
        assert (answer.status, answer.json["detail"]) == (404, "Recording not found")
    assert either.get("session_recordings/", date_from="all")["results"] == []


def test_offset_and_limit_reach_every_recording(api: Api) -> None:
    ids: list[str] = []
    more = True
    while more:
        page = api.get("session_recordings/", date_from="-30d", limit=40, offset=len(ids))
        ids += [row["id"] for row in page["results"]]
        more = page["has_next"]
    assert len(ids) == len(set(ids)) == 251


@pytest.mark.behaviour(
    "session_recordings_list",
    "session_recordings_delete",
    "deleted ones are left out after paging, so that pages are short",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_deleted_recordings_are_left_out_after_paging(api: Api) -> None:
    first = api.get("session_recordings/", limit=5)["results"]
    assert api.send("DELETE", f"session_recordings/{first[2]['id']}/").status == 204
    page = api.get("session_recordings/", limit=5)
    assert [row["id"] for row in page["results"]] == [row["id"] for row in first if row is not first[2]]
    assert page["has_next"] is True, "a short page is not the last one"


@pytest.mark.behaviour(
    "session_recordings_list",
    "unknown parameters are a 400, with a list as JSON in `detail`",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_unknown_parameters_are_refused_with_a_list_in_the_detail(api: Api) -> None:
    refusal = api.refused("GET", "session_recordings/", nope=1)
    assert (refusal["type"], refusal["attr"]) == ("validation_error", None)
    (problem,) = json.loads(refusal["detail"])
    assert problem["type"] == "extra_forbidden"
    assert problem["loc"] == ["nope"]


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "x"), ("operand", "XOR"), ("order", "x"), ("events", "[")]
)
def test_bad_parameters_are_refused_likewise(api: Api, name: str, value: str) -> None:
    (problem,) = json.loads(api.refused("GET", "session_recordings/", **{name: value})["detail"])
    assert problem["loc"] == [name]


@pytest.mark.behaviour(
    "session_recordings_list",
    "the header `Server-Timing`",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_the_server_says_how_long_it_took(api: Api) -> None:
    assert "Server-Timing" in api.send("GET", "session_recordings/").headers


@pytest.mark.behaviour(
    "session_recordings_list",
    "`order` and `order_direction`",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_orders(api: Api) -> None:
    for order in ("duration", "click_count", "activity_score", "console_error_count", "recording_ttl"):
        field = "recording_duration" if order == "duration" else order
        for direction in ("ASC", "DESC"):
            rows = api.get("session_recordings/", order=order, order_direction=direction)["results"]
            values = [row[field] for row in rows]
            assert values == sorted(values, reverse=direction == "DESC")


@pytest.mark.behaviour(
    "session_recordings_list",
    "fields of the recordings query as parameters, JSON where needed",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_filters(api: Api) -> None:
    def found(**query: object) -> list[dict]:
        query = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()
        }
        return api.get("session_recordings/", date_from="-30d", limit=500, **query)["results"]

    one = found()[0]
    assert [row["id"] for row in found(session_ids=[one["id"]])] == [one["id"]]
    assert {row["distinct_id"] for row in found(distinct_ids=[one["distinct_id"]])} == {one["distinct_id"]}
    assert {row["person"]["uuid"] for row in found(person_uuid=one["person"]["uuid"])} == {
        one["person"]["uuid"]
    }
    bought = found(events=[{"id": "purchase_completed", "type": "events"}])
    assert 0 < len(bought) < 251
    firefox = found(properties=[{"key": "$browser", "type": "event", "value": "Firefox"}])
    assert 0 < len(firefox) < 251
    conditions = {
        "events": [{"id": "purchase_completed"}],
        "properties": [{"key": "$browser", "type": "event", "value": "Firefox"}],
    }
    both, either = found(**conditions), found(**conditions, operand="OR")
    assert {row["id"] for row in both} == {row["id"] for row in bought} & {row["id"] for row in firefox}
    assert {row["id"] for row in either} == {row["id"] for row in bought} | {row["id"] for row in firefox}
    long = found(
        having_predicates=[{"key": "duration", "type": "recording", "operator": "gt", "value": 1200}]
    )
    assert long
    assert all(row["recording_duration"] > 1200 for row in long)
    assert found(comment_text={"key": "comment_text", "type": "recording", "operator": "is_set"}) == []
    refusal = api.refused("GET", "session_recordings/", actions='[{"id": 1}]')
    assert refusal["code"] == "emulator_unsupported"


@pytest.mark.behaviour(
    "session_recordings_list",
    "session_recordings_retrieve",
    "`person` is empty once the person is deleted",
    source="PostHog source person.py, October 2025",
)
def test_the_person_is_null_once_deleted(api: Api) -> None:
    recording = api.get(f"session_recordings/{api.emulator.sample_id('session_recordings')}/")
    api.send("DELETE", f"persons/{recording['person']['id']}/")
    assert api.get(f"session_recordings/{recording['id']}/")["person"] is None


# --- sharing ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "session_recordings_sharing",
    "one object, even of a recording that does not exist",
    source="PostHog source sharing.py, October 2025",
)
def test_sharing_is_one_object_even_of_a_recording_that_does_not_exist(either: Api) -> None:
    nobody = either.get("session_recordings/nothing/sharing/")
    assert (nobody["enabled"], nobody["created_at"]) == (False, None)
    assert len(nobody["access_token"]) == 30
    assert nobody == either.get("session_recordings/nothing/sharing/")
    assert ("share_passwords" in nobody) == (either.emulator.profile == "observed")


def test_some_recordings_are_shared(api: Api) -> None:
    recordings = api.get("session_recordings/", date_from="-30d", limit=500)["results"]
    shared = [api.get(f"session_recordings/{row['id']}/sharing/") for row in recordings[:60]]
    assert {row["enabled"] for row in shared} == {True, False}
    assert all((row["created_at"] is not None) == row["enabled"] for row in shared)


# --- sessions --------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "sessions_property_definitions",
    "`{count, results}`, narrowed by `search`; `is_numerical` since 2026",
    source="PostHog source session.py, 2025",
)
def test_session_properties_are_a_fixed_list(api: Api) -> None:
    page = api.get("sessions/property_definitions/")
    assert page["count"] == len(page["results"]) == 20
    utm = api.get("sessions/property_definitions/", search="entry utm")["results"]
    assert {row["name"] for row in utm} == {
        f"$entry_utm_{name}" for name in ("source", "medium", "campaign", "content", "term")
    }
    numbers = api.get("sessions/property_definitions/", is_numerical="true")["results"]
    assert {row["property_type"] for row in numbers} == {"Numeric", "Duration"}


@pytest.mark.behaviour(
    "sessions_values",
    "`key` is required; a list of `{name}`, narrowed by `value`",
    source="PostHog source session.py, 2025",
)
def test_session_values_need_a_key_and_are_names(api: Api) -> None:
    assert api.refused("GET", "sessions/values/")["detail"] == "Key not provided"
    assert {"name": "Direct"} in api.get("sessions/values/", key="$channel_type")
    assert api.get("sessions/values/", key="$entry_utm_source", value="NEWS") == [{"name": "newsletter"}]
    assert api.get("sessions/values/", key="nothing") == []


def test_an_emulator_without_persons_has_sessions_of_nobody() -> None:
    api = Api(Emulator(persons=0, events=60))
    event = api.get("events/", limit=1)["results"][0]
    assert event["person"] is None
    assert event in api.get("events/", distinct_id=event["distinct_id"])["results"]
    assert api.get("session_recordings/", date_from="all", limit=1)["results"][0]["person"] is None
    assert api.get("persons/") == {"results": [], "next": None, "previous": None}


@pytest.mark.parametrize(
    ("level", "count"),
    [("info", "console_log_count"), ("warn", "console_warn_count"), ("error", "console_error_count")],
)
def test_console_filters_by_level_find_the_sessions_with_such_entries(
    api: Api, level: str, count: str
) -> None:
    every = api.get("session_recordings/", limit=1000)["results"]
    filters = json.dumps([{"type": "log_entry", "key": "level", "value": [level], "operator": "exact"}])
    found = api.get("session_recordings/", limit=1000, console_log_filters=filters)["results"]
    assert [row["id"] for row in found] == [row["id"] for row in every if row[count]]
    assert 0 < len(found) < len(every)


def test_console_filters_are_joined_with_the_others(api: Api) -> None:
    one, other = (
        {"type": "log_entry", "key": "level", "value": [level], "operator": "exact"}
        for level in ("warn", "error")
    )
    both = api.get("session_recordings/", limit=1000, console_log_filters=json.dumps([one, other]))["results"]
    assert both
    assert all(row["console_warn_count"] and row["console_error_count"] for row in both)
    query = {"limit": 1000, "operand": "OR", "console_log_filters": json.dumps([one, other])}
    either = api.get("session_recordings/", **query)["results"]
    assert len(either) > len(both)
    assert all(row["console_warn_count"] or row["console_error_count"] for row in either)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actions", [{"id": 1}]),
        ("console_log_filters", [{"type": "log_entry", "key": "message", "value": "boom"}]),
        ("console_log_filters", [{"type": "AND", "values": [{"type": "log_entry", "key": "message"}]}]),
    ],
)
@pytest.mark.behaviour(
    "session_recordings_list",
    "what the emulator has no data for is a 400, never an empty list",
    source="the emulator",
)
def test_what_the_emulator_has_no_data_for_is_said_and_never_an_empty_list(
    api: Api, name: str, value: Any
) -> None:
    refusal = api.refused("GET", "session_recordings/", **{name: json.dumps(value)})
    assert refusal["code"] == "emulator_unsupported"
    assert "emulator has" in refusal["detail"]


@pytest.mark.behaviour(
    "session_recordings_sharing",
    "the settings outlive their recording",
    source="PostHog source sharing.py, October 2025",
)
def test_sharing_settings_outlive_their_recording(api: Api) -> None:
    """PostHog source sharing.py: the view does not look whether the recording exists."""
    recording = api.emulator.sample_id("session_recordings")
    assert api.send("DELETE", f"session_recordings/{recording}/").status == 204
    assert api.send("GET", f"session_recordings/{recording}/").status == 404
    assert api.get(f"session_recordings/{recording}/sharing/")["enabled"] is False


def test_other_filters_are_checked_even_when_no_comment_can_match(api: Api) -> None:
    query = {"comment_text": '{"key":"text"}', "having_predicates": '[{"key":""}]'}
    assert api.refused("GET", "session_recordings/", **query)["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("comment_text", '{"key":""}'), ("comment_text", "[]"), ("comment_text", "0"), ("actions", "0")],
)
def test_a_filter_of_another_kind_is_refused_even_when_it_is_empty(api: Api, name: str, value: str) -> None:
    assert api.refused("GET", "session_recordings/", **{name: value})["code"] == "invalid_input"
