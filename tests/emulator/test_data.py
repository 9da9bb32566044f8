"""The data: a function of the seed, however much there is of it."""

from __future__ import annotations

import threading
from itertools import groupby, pairwise

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.data.mixing import Cipher, Shuffle, Uuids
from posthog_environments_api.operations import OPERATIONS

from .conftest import PROFILES, Api, example_request


def everything(**arguments: object) -> dict[str, bytes]:
    """The answer to every operation's example."""
    answers = {}
    for operation_id in OPERATIONS:
        api = Api(Emulator(**arguments))
        method, path, query, body = example_request(api.emulator, operation_id)
        answers[operation_id] = api.send(method, path, body, query=query).content
    return answers


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_seed_gives_the_same_bytes(profile: str) -> None:
    assert everything(profile=profile) == everything(profile=profile)


def test_another_seed_gives_other_data() -> None:
    first, second = everything(seed=1), everything(seed=2)
    for operation_id in ("persons_list", "events_list", "session_recordings_list", "plugin_configs_logs"):
        assert first[operation_id] != second[operation_id]


def test_sample_ids_belong_to_the_seed() -> None:
    tags = sorted({operation.tag for operation in OPERATIONS.values()})
    assert [Emulator(seed=3).sample_id(tag) for tag in tags] == [
        Emulator(seed=3).sample_id(tag) for tag in tags
    ]
    assert Emulator(seed=3).sample_id("events") != Emulator(seed=4).sample_id("events")
    assert Emulator(seed=3).sample_id("persons") == 1


def test_sample_ids_do_not_depend_on_what_was_done_since() -> None:
    api = Api(Emulator())
    before = api.emulator.sample_id("file_system"), api.emulator.sample_folder_id()
    for uuid in before:
        assert api.send("DELETE", f"file_system/{uuid}/").status == 204
    assert (api.emulator.sample_id("file_system"), api.emulator.sample_folder_id()) == before


@pytest.mark.parametrize(("persons", "events"), [(250, 2000), (1, 1), (3, 25), (0, 50), (40, 0)])
def test_there_is_as_much_data_as_asked_for(persons: int, events: int) -> None:
    data = Emulator(persons, events).data
    rows = list(data.events.scan(newest_first=False))
    assert (len(data.persons), len(list(data.persons.scan()))) == (persons, persons)
    assert (len(data.events), len(rows)) == (events, events)
    assert all(earlier.timestamp < later.timestamp for earlier, later in pairwise(rows))
    assert len({row.uuid for row in rows}) == events
    if persons:
        assert sum(len(list(data.events.scan_person(index))) for index in range(persons)) == events


def test_everything_is_found_by_its_identifiers_without_a_search() -> None:
    data = Emulator().data
    for person in list(data.persons.scan()):
        before = data.persons.computed
        assert data.persons.find_uuid(person.uuid) == person
        assert data.persons.find_number(person.number) == person
        for distinct_id in person.distinct_ids:
            assert data.persons.find_distinct_id(distinct_id) == person
        assert data.persons.computed - before <= 4
    for event in list(data.events.scan())[:200]:
        before = data.events.computed
        assert data.events.find(event.uuid) == event
        assert data.events.computed - before == 1


def test_uuids_that_belong_to_nothing_are_not_found() -> None:
    data = Emulator(persons=10**9, events=10**9).data
    uuid = data.persons.get(5).uuid
    for wrong in (uuid[:-1] + ("0" if uuid[-1] != "0" else "1"), "f" + uuid[1:], uuid.replace("-", ""), "x"):
        assert data.persons.find_uuid(wrong) is None
        assert data.events.find(wrong) is None
    assert data.persons.find_uuid(uuid.upper()) is not None
    for wrong in ("user_0", "user_01", "user_1000000001", "user_x", "user_"):
        assert data.persons.find_distinct_id(wrong) is None


def test_millions_of_rows_cost_nothing_until_they_are_asked_for() -> None:
    """HogQL is not in it: a query copies the tables that it touches."""
    api = Api(Emulator(persons=1_000_000, events=10_000_000))
    data = api.emulator.data
    assert data.computed_rows == 0
    assert len(api.get("persons/", limit=50, offset=500_000)["results"]) == 49
    assert data.computed_rows == 49
    page = api.get("persons/", offset=1_020_000, limit=500)
    assert page["results"][-1]["uuid"] == api.get("persons/1/")["uuid"]
    before = data.computed_rows
    assert len(api.get("events/", limit=100)["results"]) == 100
    assert data.computed_rows - before <= 201, "the events, one more for next, and their persons"
    before = data.computed_rows
    events = api.get("events/", distinct_id="user_1")["results"]
    assert events
    assert data.computed_rows - before <= 150, "only that person's"
    before = data.computed_rows
    api.get("events/", before="2025-06-15T00:00:00Z", limit=10)
    api.get("persons/", email=api.get("persons/1/")["properties"]["email"])
    assert data.computed_rows - before <= 60


@pytest.mark.parametrize("ties", [1, 2, 7, 250, 5_000])
def test_up_to_as_many_events_tie_as_asked_for(ties: int) -> None:
    data = Emulator(events=2_500, ties=ties).data
    rows = list(data.events.scan(newest_first=False))
    runs = [len(list(run)) for _, run in groupby(row.timestamp for row in rows)]
    assert (len(rows), len({row.uuid for row in rows})) == (2_500, 2_500)
    assert sorted(row.timestamp for row in rows) == [row.timestamp for row in rows]
    assert max(runs) <= ties
    if ties < 1_000:
        assert max(runs) == ties
        assert ties == 1 or len(set(runs)) > 1
    assert rows == list(data.events.scan())[::-1]
    assert sum(len(list(data.events.scan_person(person))) for person in range(250)) == 2_500
    for row in rows[::97]:
        assert data.events.find(row.uuid) == row


def test_ties_are_found_by_their_time_and_lie_within_their_session() -> None:
    data = Emulator(events=1_000, ties=40).data
    rows = list(data.events.scan(newest_first=False))
    for moment in {row.timestamp for row in rows}:
        for after, before in ((moment, None), (None, moment), (moment - 1, moment + 1)):
            wanted = [
                row
                for row in rows
                if (after is None or row.timestamp > after) and (before is None or row.timestamp < before)
            ]
            assert list(data.events.scan(newest_first=False, after=after, before=before)) == wanted
    for session in data.sessions.newest_first():
        stamps = [event.timestamp for event in data.events.of_session(session)]
        assert (session.start, session.end >= stamps[-1]) == (stamps[0], True)
    starts = [session.start for session in data.sessions.newest_first()]
    assert starts == sorted(starts, reverse=True)
    for session in list(data.sessions.newest_first())[::7]:
        first = data.sessions.first_after(session.start)
        assert data.sessions.get(first).start == session.start
        assert first == 0 or data.sessions.get(first - 1).start < session.start


def test_ties_cost_no_more_than_their_page() -> None:
    api = Api(Emulator(persons=1_000_000, events=10_000_000, ties=5_000))
    page = api.get("events/", limit=100)
    assert len({row["timestamp"] for row in page["results"]}) < 3
    api.get("events/", before="2025-06-15T00:00:00Z", limit=100)
    assert api.emulator.data.computed_rows <= 404


def test_paging_by_next_loses_ties_as_the_server_does() -> None:
    api = Api(Emulator(events=1_000, ties=30))
    seen: list[str] = []
    url = "/api/environments/1/events/?limit=100"
    while url:
        page = api.send("GET", url).json
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(set(seen)) == len(seen)
    assert 700 < len(seen) < 1_000


@pytest.mark.parametrize("ties", [0, -1])
def test_less_than_one_event_cannot_tie(ties: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Emulator(ties=ties)


def test_reading_a_million_persons_computes_each_once_and_keeps_none() -> None:
    emulator = Emulator(persons=1_000_000, events=10_000_000)
    api = Api(emulator)
    assert emulator.data.computed_rows == 0, "starting computes nothing"
    for offset in (0, 490_000, 980_000):
        api.get("persons/", limit=2_000, offset=offset)
    assert emulator.data.persons.computed == 3 * 1_960
    assert not [
        name for name, value in vars(emulator.data.persons).items() if name != "_uuids" and _size(value)
    ]


def _size(value: object) -> int:
    return len(value) if isinstance(value, list | dict | set) else 0


def test_deleted_persons_leave_no_gap() -> None:
    data = Emulator(persons=20).data
    for index in (3, 19, 10, 0, 10):
        data.persons.delete(index)
    left = [index for index in range(19, -1, -1) if index not in (3, 19, 10, 0)]
    assert [data.persons.newest(rank) for rank in range(len(data.persons))] == left


@pytest.mark.parametrize("size", [1, 2, 3, 100, 1023, 1024, 1025])
def test_shuffling_loses_nothing(size: int) -> None:
    shuffle = Shuffle(12345, size)
    shuffled = [shuffle.forward(number) for number in range(size)]
    assert sorted(shuffled) == list(range(size))
    assert [shuffle.backward(number) for number in shuffled] == list(range(size))
    assert size < 100 or shuffled != list(range(size))


def test_scrambling_can_be_undone() -> None:
    for bits in (2, 5, 31, 62):
        cipher = Cipher(99, bits)
        for number in {n % (1 << bits) for n in (0, 1, 2, 3, 12345, (1 << 62) - 1)}:
            assert cipher.decode(cipher.encode(number)) == number
    uuids = Uuids(0, "x")
    assert uuids.decode(uuids.encode(42, 1_750_000_000_000_000)) == 42
    assert uuids.encode(42, 1_750_000_000_000_000)[14] == "7"


def test_many_threads_may_ask_at_once() -> None:
    api = Api(Emulator())
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                api.send("PATCH", f"persons/{number + 1}/", {"properties": {"turn": turn}})
                api.send("POST", "groups/", {"group_type_index": 1, "group_key": f"{number}/{turn}"})
                api.get("persons/", limit=3)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(api.emulator.requests) == 240
    assert len(list(api.emulator.data.groups.of_type(1))) == 6 + 80
    assert {api.get(f"persons/{number}/")["properties"]["turn"] for number in range(1, 9)} == {9}
