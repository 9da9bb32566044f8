"""Finding and deleting persons: nobody who was not matched exactly."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from posthog_environments import InvalidRequestError, PermissionDeniedError
from posthog_environments.emulator import Emulator, Faults

from ..client.conftest import FakeClock, Script, Side, reply, side

__all__ = ["side"]
PROFILES = ("observed", "documented")


def person(number: int, email: str | None = None, ids: list[str] | None = None) -> dict[str, Any]:
    uuid = f"00000000-0000-4000-8000-{number:012d}"
    properties = {} if email is None else {"email": email}
    return {"id": uuid, "uuid": uuid, "distinct_ids": ids or [f"d{number}"], "properties": properties}


def page(*persons: dict[str, Any], following: str | None = None) -> httpx.Response:
    return reply({"results": list(persons), "next": following})


def client_of(emulator: Emulator, side: Side, **options: Any) -> Any:
    make = emulator.client if side.kind == "sync" else emulator.async_client
    return make(clock=FakeClock(), **options)


def test_a_server_that_ignores_the_filter_gets_nobody_else_deleted(side: Side) -> None:
    everybody = [person(1, "ada@example.com"), person(2, "bob@example.com"), person(3)]
    script = Script([page(*everybody), reply(None, 202)])
    deletion = side.run(side.client(script).persons.delete(email="ada@example.com", dry_run=False))
    assert [str(one)[-1] for one in deletion.ids] == ["1"]
    assert [request.method for request in script.requests] == ["GET", "DELETE"]
    assert script.requests[1].url.path.endswith("000000000001/")


@pytest.mark.parametrize(
    "near", ["Ada@example.com", "ada@example.com ", "ada@example.co", "xada@example.com"]
)
def test_an_address_that_is_only_alike_is_no_match(side: Side, near: str) -> None:
    script = Script([page(person(1, near))])
    assert side.run(side.client(script).persons.find(email="ada@example.com")) == []


def test_the_same_person_on_two_pages_is_found_once(side: Side) -> None:
    link = "/api/environments/7/persons/?email=ada%40example.com&offset=1"
    script = Script([page(person(1, "ada@example.com"), following=link), page(person(1, "ada@example.com"))])
    assert len(side.run(side.client(script).persons.find(email="ada@example.com"))) == 1


def test_a_person_with_more_ids_than_are_shown_is_neither_matched_nor_passed_over(side: Side) -> None:
    crowd = person(1, ids=[f"id{number}" for number in range(1_000)])
    client = side.client(Script([page(crowd), page(crowd)]))
    assert len(side.run(client.persons.find(distinct_id="id999"))) == 1
    with pytest.raises(InvalidRequestError, match="more distinct ids than the server shows"):
        side.run(client.persons.delete(distinct_id="elsewhere", dry_run=False))


def test_a_dry_run_deletes_nobody(side: Side) -> None:
    script = Script([page(person(1, "ada@example.com"))])
    deletion = side.run(
        side.client(script).persons.delete(email="ada@example.com", delete_events=True, dry_run=True)
    )
    assert (len(deletion), deletion.dry_run, deletion.delete_events) == (1, True, True)
    assert [request.method for request in script.requests] == ["GET"]
    assert "ada@example.com" not in repr(deletion)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"email": "ada@example.com"}, "say dry_run=True"),
        ({}, "say dry_run=True"),
        ({"dry_run": False}, "either email= or distinct_id="),
        ({"email": "a@b.c", "distinct_id": "d", "dry_run": False}, "either email= or distinct_id="),
        ({"email": " ", "dry_run": False}, "not blank"),
        ({"distinct_id": "", "dry_run": False}, "not blank"),
        ({"distinct_id": 5, "dry_run": False}, "must be a text"),
        ({"email": "a@b.c", "dry_run": "no"}, "dry_run must be True or False"),
        (
            {"email": "a@b.c", "dry_run": False, "delete_events": "false"},
            "delete_events must be True or False",
        ),
        ({"id": 5, "email": "a@b.c"}, "do not go together with an id"),
        ({"id": 5, "dry_run": True}, "do not go together with an id"),
        ({"email": "a@b.c", "dry_run": False, "keep_person": True}, "go together with an id only"),
    ],
)
def test_what_to_delete_must_be_said_clearly(side: Side, arguments: dict[str, Any], message: str) -> None:
    script = Script([])
    with pytest.raises(InvalidRequestError, match=message):
        side.run(side.client(script).persons.delete(**arguments))
    assert script.requests == []


def test_when_deleting_stops_half_way_the_error_says_who_is_gone(side: Side) -> None:
    same = [person(number, "ada@example.com") for number in (1, 2, 3)]
    script = Script([page(*same), reply(None, 202), reply({"detail": "No."}, 403)])
    with pytest.raises(PermissionDeniedError) as caught:
        side.run(side.client(script).persons.delete(email="ada@example.com", dry_run=False))
    (note,) = caught.value.__notes__
    assert "stopped at 00000000-0000-4000-8000-000000000002" in note
    assert "deleted before: 00000000-0000-4000-8000-000000000001" in note


def test_events_are_only_asked_to_go_when_they_shall(side: Side) -> None:
    for wanted, query in ((True, "delete_events=true"), (False, "")):
        script = Script([page(person(1, "ada@example.com")), reply(None, 202)])
        side.run(
            side.client(script).persons.delete(email="ada@example.com", delete_events=wanted, dry_run=False)
        )
        assert script.requests[1].url.query.decode() == query


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("by", ["email", "distinct_id"])
def test_exactly_the_person_goes_and_everybody_else_stays(side: Side, profile: Any, by: str) -> None:
    emulator = Emulator(persons=60, profile=profile, faults=Faults(rate=0.1))
    client = client_of(emulator, side, max_retries=8)
    before = side.all(client.persons.list())
    target = next(one for one in before if one.properties.get("email"))
    value = target.properties["email"] if by == "email" else target.distinct_ids[0]
    found = side.run(client.persons.find(**{by: value}))
    assert target.uuid in [one.uuid for one in found]
    deletion = side.run(client.persons.delete(**{by: value}, dry_run=False))
    after = {one.uuid for one in side.all(client.persons.list())}
    assert after == {one.uuid for one in before} - set(deletion.ids)
    assert side.run(client.persons.find(**{by: value})) == []


def test_deleting_by_id_is_as_before(side: Side) -> None:
    emulator = Emulator(persons=5)
    client = client_of(emulator, side)
    assert side.run(client.persons.delete(emulator.sample_id("persons"))) is None
    assert len(side.all(client.persons.list())) == 4
