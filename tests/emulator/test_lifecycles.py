"""What is created can be read, changed, listed and deleted, through the client, in both profiles."""

from __future__ import annotations

import asyncio

import pytest

from posthog_environments import Client, MethodNotAllowedError, NotFoundError
from posthog_environments.emulator import Emulator

from .conftest import PROFILES


@pytest.fixture(params=PROFILES)
def emulator(request: pytest.FixtureRequest) -> Emulator:
    return Emulator(persons=120, events=400, profile=request.param)


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return emulator.client(max_retries=0)


def test_persons(emulator: Emulator, client: Client) -> None:
    number = int(emulator.sample_id("persons"))
    person = client.persons.retrieve(number)
    assert len(list(client.persons.list(limit=50))) == 120
    client.persons.update(number, properties={"plan": "enterprise", "nested": {"a": [1]}})
    changed = client.persons.retrieve(number)
    assert changed.properties["plan"] == "enterprise"
    assert changed.properties["nested"] == {"a": [1]}
    assert changed.properties["email"] == person.properties["email"], "the others stay"
    assert changed.uuid == client.persons.retrieve(str(person.uuid)).uuid
    client.persons.delete(number)
    with pytest.raises(NotFoundError):
        client.persons.retrieve(number)
    left = list(client.persons.list(limit=7))
    assert len(left) == 119
    assert person.uuid not in {row.uuid for row in left}


def test_events(emulator: Emulator, client: Client) -> None:
    events = list(client.events.list(limit=90))
    assert len(events) == len({event.id for event in events}) == 400
    event = client.events.retrieve(str(emulator.sample_id("events")))
    assert event.id == events[-1].id


def test_session_recordings(emulator: Emulator, client: Client) -> None:
    session_id = str(emulator.sample_id("session_recordings"))
    assert client.session_recordings.retrieve(session_id).id == session_id
    before = [row.id for row in client.session_recordings.list(date_from="-60d", limit=9)]
    assert session_id in before
    client.session_recordings.delete(session_id)
    with pytest.raises(NotFoundError, match="Recording not found"):
        client.session_recordings.retrieve(session_id)
    with pytest.raises(NotFoundError):
        client.session_recordings.delete(session_id)
    after = [row.id for row in client.session_recordings.list(date_from="-60d", limit=9)]
    assert after == [row for row in before if row != session_id]


def test_file_system(client: Client) -> None:
    entry = client.file_system.create(path="New/Deep/Thing", type="insight", ref="abc", meta={"a": 1})
    assert entry.id is not None
    assert client.file_system.retrieve(entry.id).path == "New/Deep/Thing"
    assert client.file_system.retrieve(entry.id).depth == 3
    assert [row.type_ for row in client.file_system.list(path="New/Deep")] == ["folder"], "made on the way"
    assert client.file_system.update(entry.id, path="New/Other").depth == 2
    assert [row.id for row in client.file_system.list(path="New/Other")] == [entry.id]
    client.file_system.move(entry.id, new_path="Elsewhere/Thing")
    assert client.file_system.retrieve(entry.id).path == "Elsewhere/Thing"
    client.file_system.link(entry.id, new_path="Shortcuts/Thing")
    (shortcut,) = client.file_system.list(path="Shortcuts/Thing")
    assert shortcut.shortcut is True
    assert shortcut.id != entry.id
    client.file_system.delete(entry.id)
    with pytest.raises(NotFoundError):
        client.file_system.retrieve(entry.id)
    assert [row.id for row in client.file_system.list(path="Elsewhere/Thing")] == []


def test_groups(emulator: Emulator, client: Client) -> None:
    group = {"group_type_index": 1, "group_key": "night-shift"}
    made = client.groups.create(**group, group_properties={"name": "Night shift", "members": 3})
    assert made.group_properties == {"name": "Night shift", "members": 3}
    client.groups.update_property(**group_query(group), key="members", value=4)
    client.groups.delete_property(**group_query(group), unset="name")
    client.groups.upsert_properties(**group, group_properties={"city": "Ulm"})
    if emulator.profile == "observed":
        found = client.groups.find(**group_query(group))
        assert found.group_properties == {"members": 4, "city": "Ulm"}
    stored = emulator.data.groups.find(1, "night-shift")
    assert stored is not None
    assert stored.properties == {"members": 4, "city": "Ulm"}


def group_query(group: dict[str, object]) -> dict[str, object]:
    return {"group_key": group["group_key"], "group_type_index": group["group_type_index"]}


@pytest.mark.behaviour(
    "persisted_folder_create",
    "persisted_folder_retrieve",
    "persisted_folder_update",
    "persisted_folder_delete",
    "created, read, changed and deleted (204)",
    source="PostHog source persisted_folder.py, 2025",
)
def test_persisted_folder(client: Client) -> None:
    home = client.persisted_folder.create(type="home", path="Marketing")
    assert client.persisted_folder.retrieve(home.id).path == "Marketing"
    assert client.persisted_folder.update(home.id, path="Data").path == "Data"
    again = client.persisted_folder.create(type="home", path="Product")
    assert (again.id, again.path) == (home.id, "Product"), "one of each type"
    client.persisted_folder.delete(home.id)
    with pytest.raises(NotFoundError):
        client.persisted_folder.retrieve(home.id)


@pytest.mark.behaviour(
    "subscriptions_create",
    "subscriptions_retrieve",
    "subscriptions_update",
    "created, read, changed; `deleted: true` is the delete, and it is still found by its id",
    source="PostHog source subscription.py, October 2025",
)
def test_subscriptions(client: Client) -> None:
    made = client.subscriptions.create(
        insight=2,
        target_type="email",
        target_value="grace@example.com",
        frequency="daily",
        start_date="2025-07-01T09:00:00Z",
    )
    assert client.subscriptions.retrieve(made.id).target_value == "grace@example.com"
    assert made.id in [row.id for row in client.subscriptions.list()]
    assert client.subscriptions.update(made.id, title="Daily", interval=3).title == "Daily"
    with pytest.raises(MethodNotAllowedError):
        client.subscriptions.delete(made.id)
    client.subscriptions.update(made.id, deleted=True)
    assert made.id not in [row.id for row in client.subscriptions.list(limit=1)]
    assert made.id in [row.id for row in client.subscriptions.list(deleted=True)]
    assert client.subscriptions.retrieve(made.id).deleted is True
    client.subscriptions.update(made.id, deleted=False)
    assert made.id in [row.id for row in client.subscriptions.list()]


def test_exports(emulator: Emulator, client: Client) -> None:
    made = client.exports.create(export_format="text/csv", insight=1)
    assert client.exports.retrieve(made.id).id == made.id
    assert next(row.id for row in client.exports.list(limit=2)) == made.id, "the newest first"
    content = client.exports.content(made.id)
    assert (len(content) > 0) == (emulator.profile == "observed")


def test_queries(emulator: Emulator, client: Client) -> None:
    query = {"kind": "HogQLQuery", "query": "select count() from events"}
    assert client.query.create(query=query).results == [[400]]
    queued = client.query.create(query=query, refresh="force_async", client_query_id="mine")
    assert queued.query_status
    assert queued.query_status.id == "mine"
    assert client.query.retrieve("mine").query_status.complete is False
    done = client.query.retrieve("mine").query_status
    assert done.complete is True
    assert done.results["results"] == [[400]]
    client.query.delete("mine")
    assert client.query.retrieve("mine").query_status.complete is True, "nothing was left to cancel"
    client.query.create(query=query, refresh="force_async", client_query_id="mine")
    client.query.delete("mine")
    with pytest.raises(NotFoundError, match="Query mine not found for team 1"):
        client.query.retrieve("mine")


def test_the_asynchronous_client_sees_the_same_emulator(emulator: Emulator, client: Client) -> None:
    async def ask() -> list[str]:
        async with emulator.async_client() as asynchronous:
            await asynchronous.persons.update(1, properties={"seen": "async"})
            return [row.id async for row in asynchronous.events.list(limit=150)]

    assert asyncio.run(ask()) == [row.id for row in client.events.list(limit=150)]
    assert client.persons.retrieve(1).properties["seen"] == "async"
