"""What users put in: it appears at its place, and nothing that makes no sense gets in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from posthog_environments.emulator import Emulator

from .conftest import PROFILES, Api

UUID_OF_MINE = "01890000-0000-7000-8000-00000000abcd"


@pytest.fixture
def bare() -> Api:
    """An emulator without any persons or events of its own."""
    return Api(Emulator(persons=0, events=0))


# --- persons ---------------------------------------------------------------------------------------------------


def test_an_added_person_is_found_in_every_way(either: Api) -> None:
    added = either.emulator.add_person(
        "ada", "device-1", properties={"email": "ada@example.com", "plan": "pro"}, uuid=UUID_OF_MINE.upper()
    )
    assert (added.uuid, added.distinct_ids) == (UUID_OF_MINE, ("ada", "device-1"))
    for key in (added.id, added.uuid):
        body = either.get(f"persons/{key}/")
        assert (body["id"], body["uuid"], body["name"]) == (added.id, UUID_OF_MINE, "ada@example.com")
        assert body["distinct_ids"] == ["ada", "device-1"]
        assert body["created_at"] == "2025-07-01T12:00:00Z"
    wanted = '[{"key": "plan", "value": "pro", "type": "person"}]'
    for query in (
        {"distinct_id": "device-1"},
        {"email": "ada@example.com"},
        {"search": "ADA@"},
        {"properties": wanted},
    ):
        assert [row["uuid"] for row in either.get("persons/", **query)["results"]] == [UUID_OF_MINE], query
    assert either.query(f"select id from persons where id = '{UUID_OF_MINE}'")["results"] == [[UUID_OF_MINE]]


def test_persons_stand_in_the_list_where_they_were_created() -> None:
    api = Api(Emulator(persons=60, events=0, profile="documented"))
    generated = [row["created_at"] for row in api.get("persons/", limit=100)["results"]]
    middle = datetime.fromisoformat(generated[20]) - timedelta(microseconds=1)
    moments = [datetime(1999, 1, 1, tzinfo=UTC), middle, middle, datetime(2031, 1, 1, tzinfo=UTC)]
    added = [api.emulator.add_person(f"p{n}", created_at=moment) for n, moment in enumerate(moments)]
    whole = api.get("persons/", limit=100)["results"]
    assert [earlier["created_at"] >= later["created_at"] for earlier, later in pairwise(whole)] == [True] * 63
    ids = [row["id"] for row in whole]
    assert (ids[0], ids[22:24], ids[-1]) == (added[3].id, [added[2].id, added[1].id], added[0].id)
    paged = [api.get("persons/", limit=1, offset=place)["results"][0]["id"] for place in range(64)]
    assert paged == ids
    for number in (ids[0], ids[5], ids[22], ids[40], ids[-1]):
        assert api.send("DELETE", f"persons/{number}/").status == 204
        ids.remove(number)
    assert [row["id"] for row in api.get("persons/", limit=100)["results"]] == ids
    assert [api.get("persons/", limit=1, offset=n)["results"][0]["id"] for n in range(len(ids))] == ids
    assert api.query("select count() from persons")["results"] == [[59]]
    oldest_first = api.query("select created_at from persons order by created_at")["results"]
    assert oldest_first == sorted(oldest_first)


def test_added_persons_are_changed_and_deleted_like_others(api: Api) -> None:
    added = api.emulator.add_person("ada", properties={"plan": "free"})
    assert api.send("PATCH", f"persons/{added.id}/", {"properties": {"plan": "pro"}}).status == 202
    assert api.get(f"persons/{added.uuid}/")["properties"] == {"plan": "pro"}
    assert api.get("events/", distinct_id="ada")["results"][0]["event"] == "$set"
    assert api.send("DELETE", f"persons/{added.id}/", query={"delete_events": "true"}).status == 202
    assert api.send("GET", f"persons/{added.id}/").status == 404
    assert api.get("persons/", distinct_id="ada")["results"] == []
    assert len(api.get("events/", distinct_id="ada")["results"]) == 1
    api.emulator.advance(days=7)
    assert api.get("events/", distinct_id="ada")["results"] == []
    again = api.emulator.add_person("ada")
    assert again.id == added.id + 1
    assert api.get("persons/", distinct_id="ada")["results"][0]["uuid"] == again.uuid


def test_two_persons_never_share_an_identifier(api: Api) -> None:
    api.emulator.add_person("ada", uuid=UUID_OF_MINE)
    before = api.emulator.data.version
    with pytest.raises(ValueError, match="'ada' belongs to person 251"):
        api.emulator.add_person("new", "ada")
    with pytest.raises(ValueError, match="'user_1' belongs to person 1"):
        api.emulator.add_person("user_1")
    with pytest.raises(ValueError, match="UUID"):
        api.emulator.add_person("new", uuid=UUID(UUID_OF_MINE))
    with pytest.raises(ValueError, match="UUID"):
        api.emulator.add_person("new", uuid=api.get("persons/1/")["uuid"])
    assert api.emulator.data.version == before
    assert api.get("persons/", distinct_id="new")["results"] == []


# --- events ----------------------------------------------------------------------------------------------------


def test_events_stand_where_they_happened(either: Api) -> None:
    known = either.get("events/", limit=50)["results"]
    at = known[25]["timestamp"]
    tied = [either.emulator.add_event(f"mine {n}", "someone", timestamp=at).uuid for n in range(3)]
    oldest = either.emulator.add_event("oldest", "someone", timestamp="1969-12-31T23:59:59")
    newest = either.emulator.add_event("newest", "someone", timestamp="2040-01-01")
    rows = either.get("events/", limit=60)["results"]
    assert rows[0]["id"] == newest.uuid
    assert [row["id"] for row in rows[26:29]] == tied[::-1], "newer than the generated one of that moment"
    stamps = [row["timestamp"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    rising = either.get("events/", orderBy='["timestamp"]', limit=3)["results"]
    assert rising[0]["id"] == oldest.uuid
    for event in (oldest, newest):
        assert either.get(f"events/{event.uuid}/")["event"] == event.event
    mine = [row["id"] for row in either.get("events/", distinct_id="someone")["results"]]
    assert mine == [newest.uuid, *tied[::-1], oldest.uuid]
    assert either.get("events/", event="mine 1")["results"][0]["id"] == tied[1]
    between = either.get("events/", distinct_id="someone", after="1970-01-01", before="2039-01-01")["results"]
    assert [row["id"] for row in between] == tied[::-1]
    assert either.query("select count() from events where distinct_id = 'someone'")["results"] == [[5]]


def test_events_belong_to_whoever_has_the_distinct_id() -> None:
    api = Api(Emulator(persons=5, events=20))
    early = api.emulator.add_event("early", "ada")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert api.query("select person_id from events where event = 'early'")["results"] == [[nobody]]
    ada = api.emulator.add_person("ada", "ada-phone", properties={"plan": "pro"})
    late = api.emulator.add_event("late", "ada-phone", timestamp="2025-01-01")
    assert [row["id"] for row in api.get("events/", person_id=ada.id)["results"]] == [early.uuid, late.uuid]
    plans = api.query("select person.properties.plan from events where event in ('early', 'late')")
    assert plans["results"] == [["pro"], ["pro"]]
    generated = api.get("persons/1/")["distinct_ids"][0]
    other = api.emulator.add_event("other", generated)
    assert other.uuid in [row["id"] for row in api.get("events/", person_id=1, limit=100)["results"]]


def test_many_events_are_added_all_or_none(bare: Api) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {
            "event": "tick",
            "distinct_id": f"d{n % 100}",
            "timestamp": start - timedelta(seconds=n),
            "properties": {"n": n},
        }
        for n in range(5_000)
    ]
    assert bare.emulator.add_events(iter(rows)) == 5_000
    listed = bare.get("events/", limit=1000)["results"]
    assert [row["properties"]["n"] for row in listed] == list(range(1000))
    assert len({row["id"] for row in listed}) == 1000
    for bad, message in (
        ({"event": "x"}, "event 5000: distinct_id"),
        ({"event": "x", "distinct_id": "d", "time": 3}, "event 5000: unknown: time"),
        ({"event": "x", "distinct_id": "d", "timestamp": "yesterday"}, "event 5000: timestamp"),
        (["x", "d"], "event 5000: must be a mapping"),
        ({"event": "x", "distinct_id": "d", "uuid": "no"}, "event 5000: uuid"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            bare.emulator.add_events([*rows, bad])  # type: ignore[list-item]
    same = {"event": "x", "distinct_id": "d", "uuid": UUID_OF_MINE}
    with pytest.raises(ValueError, match="UUID"):
        bare.emulator.add_events([same, same])
    assert bare.query("select count() from events")["results"] == [[5_000]]
    assert bare.emulator.add_events([]) == 0


@pytest.mark.behaviour(
    "events_list", "events that tie at the border of a page are lost", source="PostHog/posthog#36697"
)
def test_paging_by_next_loses_events_that_tie_at_a_border(bare: Api) -> None:
    at = datetime(2025, 6, 1, tzinfo=UTC)
    bare.emulator.add_events({"event": f"e{n}", "distinct_id": "d", "timestamp": at} for n in range(5))
    bare.emulator.add_event("last", "d", timestamp=at - timedelta(hours=1))
    page = bare.get("events/", limit=3)
    following = bare.send("GET", page["next"]).json
    assert [row["event"] for row in page["results"] + following["results"]] == ["e4", "e3", "e2", "last"]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_additions_give_the_same_ids(profile: Any) -> None:
    def ids() -> list[Any]:
        emulator = Emulator(persons=3, events=9, profile=profile)
        return [
            emulator.add_person("a"),
            emulator.add_event("e", "a"),
            emulator.add_session_recording("a"),
            emulator.add_insight("i"),
            emulator.add_dashboard("d"),
            emulator.add_hog_function("h"),
            emulator.add_plugin_log(17, "m"),
            emulator.add_file("a/b"),
            emulator.add_cohort("c", [1]),
        ]

    assert ids() == ids()


# --- sessions and recordings -----------------------------------------------------------------------------------


def test_events_make_the_session_that_they_name(api: Api) -> None:
    person = api.emulator.add_person("ada")
    for minute, event in ((0, "$pageview"), (3, "click")):
        api.emulator.add_event(
            event,
            "ada",
            {
                "$session_id": "s-1",
                "$current_url": "https://shop.example/cart",
                "$referring_domain": "ref.example",
            },
            timestamp=datetime(2025, 6, 30, 10, minute, tzinfo=UTC),
        )
    session = api.emulator.data.sessions.find("s-1")
    assert session is not None
    assert (session.person, session.duration, session.added) == (person.id - 1, 180_000_000, 2)
    assert session.properties()["$entry_current_url"] == "https://shop.example/cart"
    assert {"name": "/cart"} in api.get("sessions/values/", key="$entry_pathname", value="/cart")
    assert {"name": "ref.example"} in api.get(
        "sessions/values/", key="$entry_referring_domain", value="ref.ex"
    )
    assert [event.event for event in api.emulator.data.events.of_session(session)] == ["$pageview", "click"]


def test_an_event_lengthens_the_session_that_it_names(api: Api) -> None:
    known = api.get("events/", event="$pageview")["results"][0]
    session_id = known["properties"]["$session_id"]
    before = api.emulator.data.sessions.find(session_id)
    assert before is not None
    others = [row["timestamp"] for row in api.get("events/", limit=100)["results"]]
    api.emulator.add_event("late", "x", {"$session_id": session_id}, timestamp="2025-07-01T13:00:00")
    after = api.emulator.data.sessions.find(session_id)
    assert after is not None
    assert after.start == before.start
    assert after.end > before.end
    rows = api.get("events/", limit=101)["results"]
    assert [row["timestamp"] for row in rows[1:]] == others, "the other events keep their times"


def test_an_added_recording_is_listed_found_and_deleted(either: Api) -> None:
    person = either.emulator.add_person("ada", properties={"email": "ada@example.com"})
    recording = either.emulator.add_session_recording(
        "ada",
        session_id="s-1",
        start_time="2025-06-30T10:00:00Z",
        duration=90,
        active_seconds=30,
        click_count=4,
        start_url="https://shop.example/cart?x=1",
    )
    assert recording == "s-1"
    either.emulator.add_event("bought", "ada", {"$session_id": "s-1"}, timestamp="2025-06-30T10:00:30Z")
    body = either.get("session_recordings/s-1/")
    assert (body["recording_duration"], body["inactive_seconds"], body["click_count"]) == (90, 60, 4)
    assert (body["start_url"], body["end_time"]) == (
        "https://shop.example/cart?x=1",
        "2025-06-30T10:01:30Z",
    )
    assert body["person"]["uuid"] == person.uuid
    for query in (
        {"person_uuid": person.uuid},
        {"session_ids": '["s-1"]'},
        {"distinct_ids": '["ada"]'},
        {"events": '[{"id": "bought"}]'},
    ):
        listed = either.get("session_recordings/", **query)["results"]
        assert [row["id"] for row in listed] == ["s-1"], query
    whole = either.get("session_recordings/", limit=200)["results"]
    starts = [row["start_time"] for row in whole]
    assert starts == sorted(starts, reverse=True)
    assert "s-1" in [row["id"] for row in whole]
    assert either.send("DELETE", "session_recordings/s-1/").status == 204
    assert either.send("GET", "session_recordings/s-1/").status == 404
    assert len(either.get("session_recordings/", limit=200)["results"]) == len(whole) - 1


def test_recordings_outside_of_the_period_are_not_listed(api: Api) -> None:
    before = api.get("session_recordings/", limit=500)["results"]
    days = ("2025-06-05T00:00:00Z", "2025-06-20T12:00:00Z", "2025-06-20T12:00:01Z")
    added = [api.emulator.add_session_recording("ada", start_time=day) for day in days]
    assert api.get("session_recordings/", limit=500)["results"] == before
    window = {"date_from": days[1], "date_to": days[1]}
    assert [row["id"] for row in api.get("session_recordings/", **window)["results"]] == [added[1]]
    whole = api.get("session_recordings/", date_from="all", limit=500)["results"]
    assert set(added) <= {row["id"] for row in whole}
    assert len(whole) == len(api.emulator.data.recordings)


def test_a_session_is_recorded_once(api: Api) -> None:
    known = str(api.emulator.sample_id("session_recordings"))
    api.emulator.add_session_recording("ada", session_id="s-1")
    for session_id in (known, "s-1"):
        with pytest.raises(ValueError, match="recorded already"):
            api.emulator.add_session_recording("ada", session_id=session_id)


# --- the rest --------------------------------------------------------------------------------------------------


def test_groups_of_added_types(api: Api) -> None:
    assert api.emulator.add_group_type("workspace") == 2
    api.emulator.add_group(2, "w-1", {"seats": 3}, "2025-01-02")
    body = api.get("groups/find/", group_type_index=2, group_key="w-1")
    assert (body["group_properties"], body["created_at"]) == ({"seats": 3}, "2025-01-02T00:00:00Z")
    created = api.send("POST", "groups/", {"group_type_index": 2, "group_key": "w-2"})
    assert created.status == 201
    with pytest.raises(ValueError, match="group 'w-2' of the type 2"):
        api.emulator.add_group(2, "w-2")
    with pytest.raises(ValueError, match=r"no group type 7; there are 0 \(company\)"):
        api.emulator.add_group(7, "x")
    with pytest.raises(ValueError, match="'team' already"):
        api.emulator.add_group_type("team")


def test_insights_and_dashboards_can_be_exported_and_subscribed_to(api: Api) -> None:
    insight, dashboard = api.emulator.add_insight("Churn"), api.emulator.add_dashboard("Board")
    export = api.send("POST", "exports/", {"export_format": "text/csv", "insight": insight}).json
    assert export["filename"] == "export-churn.csv"
    subscription = {
        "dashboard": dashboard,
        "target_type": "email",
        "target_value": "a@example.com",
        "frequency": "daily",
        "start_date": "2025-07-02T00:00:00Z",
    }
    assert api.send("POST", "subscriptions/", subscription).status == 201
    assert api.refused("POST", "subscriptions/", {**subscription, "dashboard": 99})["attr"] == "dashboard"


def test_hog_functions_logs_and_files_are_listed(either: Api) -> None:
    function = either.emulator.add_hog_function("Mine", filters={"a": 1}, enabled=False)
    listed = either.get("hog_functions/", search="mine")["results"]
    assert [(row["id"], row["enabled"], row["filters"]) for row in listed] == [(function, False, {"a": 1})]
    entry = either.emulator.add_plugin_log(99, "Mine", type="ERROR", timestamp="2025-05-05")
    assert [row["id"] for row in either.get("plugin_configs/99/logs/")["results"]] == [entry]
    either.emulator.add_plugin_log(17, "Newest", timestamp="2026-01-01")
    logs = either.get("plugin_configs/17/logs/")["results"]
    assert (logs[0]["message"], len(logs)) == ("Newest", 100)
    file = either.emulator.add_file("New/Deep/Row", type="notebook", ref="nb")
    assert either.get(f"file_system/{file}/")["ref"] == "nb"
    assert [row["type"] for row in either.get("file_system/", path="New/Deep")["results"]] == ["folder"]


def test_cohorts_hold_persons_that_exist(api: Api) -> None:
    ada = api.emulator.add_person("ada")
    first = api.emulator.add_cohort("Power users", [1, ada, ada.uuid, ada.id])
    cohort = api.emulator.data.cohorts.rows[0]
    assert (first, cohort.name, cohort.persons) == (1, "Power users", (0, ada.id - 1))
    with pytest.raises(ValueError, match="no person 999"):
        api.emulator.add_cohort("x", [999])


# --- nonsense --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("add", "error", "message"),
    [
        (lambda e: e.add_person(), ValueError, "at least one distinct id"),
        (lambda e: e.add_person(""), ValueError, "1 to 400"),
        (lambda e: e.add_person(5), TypeError, "distinct id must be a text"),
        (lambda e: e.add_person("a", "a"), ValueError, "differ"),
        (lambda e: e.add_person("a" * 401), ValueError, "1 to 400"),
        (lambda e: e.add_person("a", created_at=5), TypeError, "created_at must be"),
        (lambda e: e.add_person("a", created_at="soon"), ValueError, "created_at is no time"),
        (lambda e: e.add_person("a", uuid="x"), ValueError, "uuid is no UUID"),
        (lambda e: e.add_person("a", uuid=5), TypeError, "uuid must be"),
        (lambda e: e.add_person("a", properties=["x"]), TypeError, "properties must be a mapping"),
        (lambda e: e.add_event("e", "d", {1: 2}), TypeError, "keys of properties must be texts"),
        (
            lambda e: e.add_event("e", "d", {"a": [{"b": {1}}]}),
            TypeError,
            r"properties\['a'\]\[0\]\['b'\] is a set",
        ),
        (lambda e: e.add_event("e", "d", {"a": float("nan")}), ValueError, "JSON cannot hold"),
        (lambda e: e.add_event(None, "d"), TypeError, "event must be a text"),
        (lambda e: e.add_events(["x"]), TypeError, "event 0: must be a mapping"),
        (lambda e: e.add_group(-1, "k"), ValueError, "type_index must be at least 0"),
        (lambda e: e.add_group(True, "k"), TypeError, "whole number"),
        (lambda e: e.add_session_recording("d", duration=-1), ValueError, "duration"),
        (lambda e: e.add_session_recording("d", active_seconds=61), ValueError, "61 of 60"),
        (lambda e: e.add_session_recording("d", click_count=1.5), TypeError, "click_count"),
        (lambda e: e.add_hog_function("h", type="x"), ValueError, "one of destination"),
        (lambda e: e.add_plugin_log(1, "m", type="x"), ValueError, "one of DEBUG"),
        (lambda e: e.add_plugin_log(0, "m"), ValueError, "at least 1"),
        (lambda e: e.add_file(""), ValueError, "path"),
        (lambda e: e.add_file("a", ref=5), TypeError, "ref must be a text"),
        (lambda e: e.add_file("a", href=5), TypeError, "href must be a text"),
        (lambda e: e.add_person("a", is_identified="no"), TypeError, "is_identified must be True or False"),
        (
            lambda e: e.add_session_recording("d", viewers="a@b.c"),
            TypeError,
            "viewers must be e-mail addresses",
        ),
        (lambda e: e.add_session_recording("d", viewers=[5]), TypeError, "a viewer must be a text"),
        (lambda e: e.add_session_recording("d", activity_score="high"), TypeError, "activity_score must be"),
        (lambda e: e.add_session_recording("d", activity_score=float("nan")), ValueError, "from 0 to 100"),
        (lambda e: e.add_session_recording("d", viewed="yes"), TypeError, "viewed must be True or False"),
        (lambda e: e.add_session_recording("d", duration=10**20), ValueError, "at most 86400"),
        (lambda e: e.add_session_recording("d", start_time="9999-12-31"), ValueError, "year 9000"),
        (lambda e: e.add_hog_function("h", description=5), TypeError, "description must be a text"),
        (lambda e: e.add_hog_function("h", hog=5), TypeError, "hog must be a text"),
        (lambda e: e.add_hog_function("h", enabled="x"), TypeError, "enabled must be True or False"),
        (lambda e: e.add_hog_function("h", execution_order="x"), TypeError, "execution_order must be"),
        (lambda e: e.add_variable(5), TypeError, "code_name must be a text"),
        (lambda e: e.add_user(5), TypeError, "email must be a text"),
        (lambda e: e.add_user("a@b.c", first_name=5), TypeError, "first_name must be a text"),
        (lambda e: e.add_user("a@b.c", role="king"), ValueError, "role must be one of engineering"),
    ],
)
def test_nonsense_is_refused_before_anything_changes(
    add: Callable[[Any], Any], error: type[Exception], message: str
) -> None:
    emulator = Emulator(persons=2, events=2)
    with pytest.raises(error, match=message):
        add(emulator)
    untouched = Emulator(persons=2, events=2).data
    assert emulator.data.version == untouched.version
    assert emulator.data.hog_functions == untouched.hog_functions
    assert emulator.data.files == untouched.files
    assert emulator.data.users == untouched.users


def test_what_was_given_is_copied(api: Api) -> None:
    properties: dict[str, Any] = {"nested": {"list": [1]}}
    event = api.emulator.add_event("e", "d", properties)
    properties["nested"]["list"].append(2)
    event.properties["more"] = 1
    assert api.get(f"events/{event.uuid}/")["properties"] == {"nested": {"list": [1]}}


def test_times_without_an_offset_are_utc(api: Api) -> None:
    cet = timezone(timedelta(hours=2))
    same = [
        api.emulator.add_event("e", "d", timestamp=moment).timestamp
        for moment in (
            "2025-01-01T10:00:00",
            "2025-01-01T12:00:00+02:00",
            datetime(2025, 1, 1, 10),
            datetime(2025, 1, 1, 12, tzinfo=cet),
        )
    ]
    assert same == [datetime(2025, 1, 1, 10, tzinfo=UTC)] * 4


def test_the_version_grows_with_every_change_and_with_nothing_else(api: Api) -> None:
    emulator = api.emulator
    data = emulator.data

    def grows(act: Callable[[], Any]) -> bool:
        before = data.version
        act()
        return data.version > before

    api.get("events/")
    assert not grows(lambda: api.get("persons/", search="a"))
    assert not grows(lambda: api.query("select count() from events"))
    assert not grows(lambda: emulator.advance(hours=1))
    emulator.add_person("ada")
    for act in (
        lambda: emulator.add_person("bob"),
        lambda: emulator.add_event("e", "d"),
        lambda: emulator.add_events([{"event": "e", "distinct_id": "d"}]),
        lambda: emulator.add_group_type("x"),
        lambda: emulator.add_group(0, "x"),
        lambda: emulator.add_session_recording("d"),
        lambda: emulator.add_cohort("c", [1]),
        lambda: api.send("PATCH", "persons/1/", {"properties": {"a": 1}}),
        lambda: api.send("DELETE", "persons/1/", query={"delete_events": "true"}),
        lambda: emulator.advance(days=7),
        lambda: api.send("DELETE", f"session_recordings/{emulator.sample_id('session_recordings')}/"),
    ):
        assert grows(act)
    quiet = Api(Emulator(profile="documented"))
    group = {"group_type_index": 0, "group_key": "brightpath"}
    for path, body in (("update_property", {"key": "a", "value": 1}), ("delete_property", {"$unset": "a"})):
        version = quiet.emulator.data.version
        assert quiet.send("POST", f"groups/{path}/", body, query=group).status == 200
        assert quiet.emulator.data.version > version
    emulator.apply_delay = 60
    assert not grows(lambda: api.send("DELETE", "persons/2/"))
    assert grows(lambda: emulator.advance(minutes=1))
