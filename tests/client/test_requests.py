"""What goes out on the wire."""

from __future__ import annotations

import datetime
import json
from typing import Any
from uuid import UUID

import pytest

from posthog_environments import InvalidRequestError, __version__, models
from tests.client.conftest import Script, Side, reply
from tests.wire import Watch

ANY = "00000000-0000-4000-8000-000000000001"


def sent(script: Script) -> Any:
    return json.loads(script.requests[-1].content)


def query(script: Script) -> list[tuple[str, str]]:
    return script.requests[-1].url.params.multi_items()


def test_persons_delete_sends_delete_events_only_when_it_is_true(side: Side) -> None:
    """PostHog source person.py: even delete_events=false deletes them."""
    script = Script([reply(status=202)], repeat=True)
    client = side.client(script)

    for value in ({}, {"delete_events": False}, {"delete_events": None}):
        side.run(client.persons.delete(42, **value))
        assert query(script) == []
    side.run(client.persons.delete(42, delete_events=True))
    assert query(script) == [("delete_events", "true")]


@pytest.mark.parametrize(
    "filters",
    [
        [{"key": "email", "value": "ada@", "operator": "icontains", "type": "person"}],
        [
            models.PropertyFilter(
                key="email", value="ada@", operator=models.PropertyOperator.ICONTAINS, type_="person"
            )
        ],
        '[{"key":"email","value":"ada@","operator":"icontains","type":"person"}]',
    ],
    ids=["mapping", "model", "text"],
)
@pytest.mark.parametrize("resource", ["persons", "events"])
def test_property_filters_go_out_as_one_json_string(side: Side, resource: str, filters: Any) -> None:
    script = Script([reply({"results": []})])

    side.all(getattr(side.client(script), resource).list(properties=filters))

    ((name, value),) = query(script)
    assert name == "properties"
    assert json.loads(value) == [{"key": "email", "value": "ada@", "operator": "icontains", "type": "person"}]


def test_hog_function_types_go_out_as_one_comma_separated_value(side: Side) -> None:
    script = Script([reply({"results": []})], repeat=True)
    client = side.client(script)

    side.all(client.hog_functions.list(type=["destination", models.HogFunctionType.SITE_APP]))
    assert query(script) == [("type", "destination,site_app")]
    side.all(client.hog_functions.list(type="destination"))
    assert query(script) == [("type", "destination")]


def test_none_is_null_and_left_out_is_not_sent(side: Side) -> None:
    script = Script([reply({"id": 1})])

    side.run(side.client(script).subscriptions.update(1, until_date=None, title="New"))

    assert sent(script) == {"until_date": None, "title": "New"}


def test_dates_uuids_and_enums_may_be_python_values_or_text(side: Side) -> None:
    script = Script([reply({"id": 1}, 201)], repeat=True)
    client = side.client(script)
    start = datetime.datetime(2025, 7, 1, 9, tzinfo=datetime.UTC)
    common: dict[str, Any] = {"target_type": "email", "target_value": "a@b.c"}

    side.run(
        client.subscriptions.create(
            **common,
            frequency=models.SubscriptionFrequency.WEEKLY,
            byweekday=[models.Weekday.MONDAY],
            start_date=start,
        )
    )
    first = sent(script)
    side.run(
        client.subscriptions.create(
            **common, frequency="weekly", byweekday=["monday"], start_date="2025-07-01T09:00:00Z"
        )
    )
    assert (
        sent(script)
        == first
        == {
            **common,
            "frequency": "weekly",
            "byweekday": ["monday"],
            "start_date": "2025-07-01T09:00:00Z",
        }
    )


def test_a_body_may_be_given_as_a_model_or_mapping(side: Side) -> None:
    script = Script([reply({"id": 1})], repeat=True)
    client = side.client(script)

    side.run(client.persons.update(1, body=models.PersonUpdate(properties={"plan": "pro"})))
    assert sent(script) == {"properties": {"plan": "pro"}}
    side.run(client.persons.update(1, body={"properties": {"plan": "pro"}, "new_field": 1}))
    assert sent(script) == {"properties": {"plan": "pro"}, "new_field": 1}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.persons.retrieve(""), "id must not be ''"),
        (lambda c: c.persons.retrieve(" "), "id must not be ' '"),
        (lambda c: c.persons.retrieve(".."), "another resource"),
        (lambda c: c.persons.retrieve(None), "id must be"),
        (lambda c: c.persons.retrieve(True), "id must be"),
        (lambda c: c.persons.retrieve({"id": 1}), "id must be"),
        (lambda c: c.persons.delete(1, delete_events="false"), "delete_events must be True or False"),
        (lambda c: c.persons.update(1), "missing properties"),
        (lambda c: c.persons.update(1, properties={}, body={}), "not both"),
        (lambda c: c.persons.update(1, properties={"a": object()}), "cannot send a object as JSON"),
        (lambda c: c.persons.update(1, properties={"a": float("nan")}), "JSON"),
        (lambda c: c.persons.update(1, properties={1: "a"}), "string keys"),
        (
            lambda c: c.subscriptions.create(frequency="daily"),
            "missing target_type, target_value, start_date",
        ),
        (lambda c: c.persons.retrieve(1, options={"headers": {"X-A": "b\r\nX-Evil: 1"}}), "one line"),
        (lambda c: c.persons.retrieve(1, options={"headers": {"X A": "b"}}), "no header name"),
        (lambda c: c.persons.retrieve(1, options={"headers": {"Authorization": "Bearer x"}}), "client's own"),
        (lambda c: c.request("GET", "/api/../admin/"), "no plain path"),
        (lambda c: c.request("GET", "//evil.example/"), "no plain path"),
        (lambda c: c.request("GET", "feature_flags/?x=1"), "query="),
        (lambda c: c.request("BREW", "feature_flags/"), "no HTTP method"),
    ],
)
def test_an_argument_that_can_only_fail_is_refused_before_anything_is_sent(
    side: Side, call: Any, message: str
) -> None:
    script = Script([])

    with pytest.raises(InvalidRequestError, match=message):
        side.run(call(side.client(script)))

    assert script.requests == []


@pytest.mark.parametrize("limit", ["abc", 1.5, True, [1]])
def test_a_number_of_the_wrong_type_is_refused(side: Side, limit: Any) -> None:
    """The server takes garbage for the default without a word."""
    with pytest.raises(InvalidRequestError, match="limit must be an integer"):
        side.client(Script([])).persons.list(limit=limit)


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("../../1", "..%2F..%2F1"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("a\r\nb", "a%0D%0Ab"),
        ("é/ü", "%C3%A9%2F%C3%BC"),
        (UUID(ANY), ANY),
        (5, "5"),
    ],
)
def test_path_ids_are_encoded(side: Side, id: Any, path: str) -> None:
    script = Script([reply({"id": 1})])

    side.run(side.client(script).persons.retrieve(id))

    assert script.requests[0].url.raw_path.decode() == f"/api/environments/7/persons/{path}/"


def test_csv_comes_as_text(side: Side) -> None:
    import httpx

    script = Script(
        [httpx.Response(200, headers={"content-type": "text/csv"}, content=b"id\n1\n")], repeat=True
    )
    client = side.client(script)

    assert side.run(client.persons.list(format="csv")) == "id\n1\n"
    assert side.run(client.events.values(key="email", format=models.ResponseFormat.CSV)) == "id\n1\n"
    assert "text/csv" in script.requests[0].headers["accept"] or script.requests[0].headers["accept"] == "*/*"


def test_the_user_agent_says_unofficial_and_every_version(side: Side) -> None:
    script = Script([reply({"id": 1})])

    side.run(side.client(script).persons.retrieve(1))

    agent = script.requests[0].headers["user-agent"]
    assert agent.startswith(f"posthog-environments/{__version__} (unofficial) python/3.")
    assert "httpx/" in agent


def test_an_endpoint_outside_the_contract_can_be_called(side: Side, wire: Watch) -> None:
    script = Script([reply({"id": 3}), reply(None, 204)])
    client = side.client(script)

    assert side.run(client.request("post", "feature_flags/", query={"a": "b c"}, json={"key": "x"})) == {
        "id": 3
    }
    assert side.run(client.request("DELETE", "/api/projects/7/cohorts/3/")) is None
    assert script.trace[0] == (
        "POST",
        "https://us.posthog.com/api/environments/7/feature_flags/?a=b+c",
        b'{"key":"x"}',
    )
    assert script.trace[1][:2] == ("DELETE", "https://us.posthog.com/api/projects/7/cohorts/3/")
    assert all("is no operation of the contract" in problem for problem in wire.take())


def test_extra_headers_and_query_of_one_call_are_sent(side: Side, wire: Watch) -> None:
    script = Script([reply({"id": 1})])

    side.run(
        side.client(script).persons.retrieve(1, options={"headers": {"X-Trace": "7"}, "query": {"new": "1"}})
    )

    assert script.requests[0].headers["x-trace"] == "7"
    assert query(script) == [("new", "1")]
    assert wire.take() == ["persons_retrieve: request: new is no query parameter of it"]


def test_documented_empty_bodies_are_typed_and_empty(side: Side) -> None:
    """The documentation says "no response body" where the server sends one."""
    script = Script([reply()], repeat=True)
    client = side.client(script)

    assert side.run(client.persons.values(key="email")) == []
    assert side.run(client.groups.find(group_type_index=0, group_key="acme")) == models.GroupFound()
    assert side.run(client.file_system.count(ANY)) == models.FileSystemCount()
    assert side.run(client.query.draft_sql(prompt="count events")) == models.DraftedSql()


def test_a_list_is_the_same_bare_or_wrapped(side: Side) -> None:
    """Servers of 2026 wrap the values."""
    value = {"name": "ada", "count": 3}
    script = Script([reply([value]), reply({"results": [value], "refreshing": False})])
    client = side.client(script)

    assert side.run(client.persons.values(key="k")) == side.run(client.persons.values(key="k"))
