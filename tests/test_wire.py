"""What watches the wire in every test sees what is wrong on it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from attrs import evolve

from posthog_environments.emulator import Emulator, handlers
from posthog_environments.emulator.messages import Response

from .client.conftest import Script, Side, reply
from .wire import Watch, judge

PERSONS = "https://us.posthog.com/api/environments/7/persons/"
JSON = {"content-type": "application/json"}


def request(method: str, url: str, body: Any = None, headers: dict[str, str] = JSON) -> list[str]:
    content = None if body is None else json.dumps(body).encode()
    return list(judge().request(method, url, headers, content))


@pytest.mark.parametrize(
    ("method", "url", "body", "said"),
    [
        ("GET", PERSONS + "nothing/more/", None, "no operation"),
        ("GET", PERSONS + "?cursor=7", None, "cursor is no query parameter"),
        ("GET", PERSONS + "?limit=many", None, "limit: "),
        ("GET", PERSONS + "?limit=1&limit=2", None, "limit: is given 2 times"),
        ("GET", PERSONS + "?properties=[3]", None, "properties: "),
        ("GET", PERSONS + "?properties=x", None, "properties: is no JSON"),
        ("GET", PERSONS + "?include_total=false", None, "include_total: is a presence flag"),
        ("GET", PERSONS + "?format=xml", None, "format: "),
        ("GET", PERSONS + "values/", {"a": 1}, "has a body"),
        (
            "GET",
            PERSONS.replace("persons", "groups/find") + "?group_type_index=0",
            None,
            "group_key is missing",
        ),
        ("GET", PERSONS.replace("persons", "hog_functions") + "?type=a&type=b", None, "comma-separated"),
        ("GET", PERSONS.replace("persons", "subscriptions") + "x/", None, "id: "),
        ("PATCH", PERSONS + "3/", None, "has no body"),
        ("PATCH", PERSONS + "3/", {"properties": 7}, "properties: "),
        ("POST", PERSONS.replace("persons", "groups"), {"group_key": "k"}, "group_type_index"),
    ],
)
def test_a_wrong_request_is_seen(method: str, url: str, body: Any, said: str) -> None:
    assert any(said in problem for problem in request(method, url, body))


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", PERSONS + "?limit=10&properties=" + '[{"key":"email"}]' + "&include_total=true", None),
        ("GET", PERSONS.replace("environments", "projects") + "0197208c-b145-7584-9a97-a2358afb33b5/", None),
        ("GET", PERSONS.replace("persons", "hog_functions") + "?type=destination,site_app", None),
        ("GET", PERSONS.replace("persons", "events/values") + "?key=7&event_name=-6.5e3", None),
        ("PATCH", PERSONS + "3/", {"properties": {"plan": "free"}}),
    ],
)
def test_a_right_request_is_not(method: str, url: str, body: Any) -> None:
    assert request(method, url, body) == []


def test_a_body_of_another_type_is_seen() -> None:
    said = request("PATCH", PERSONS + "3/", {"properties": {}}, {"content-type": "text/plain"})
    assert said == ["persons_update: request: may not be 'text/plain'"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_that_sends_something_wrong_is_seen(kind: str, wire: Watch) -> None:
    side = Side(kind)
    client = side.client(Script([reply({"results": []})], repeat=True))
    side.all(client.persons.list(options={"query": {"cursor": "x"}}))
    assert wire.take() == ["persons_list: request: cursor is no query parameter of it"]


BROKEN = [
    (Response(418, {}), "has no status 418"),
    (Response(200, {"results": 7}), "results: 7 is not of type"),
    (Response(200, {}), '"results" is a required property'),
    (Response(200, None, b"<p>", {"Content-Type": "text/html"}), "may not be 'text/html'"),
    (Response(200, None, b"", {}), "must have a body"),
    (Response(429, {}, None, {"Retry-After": "soon"}), "header Retry-After"),
]


@pytest.mark.parametrize(("response", "said"), BROKEN)
@pytest.mark.parametrize("served", [False, True])
def test_a_wrong_answer_is_seen_in_process_and_over_sockets(
    monkeypatch: pytest.MonkeyPatch, wire: Watch, response: Response, said: str, served: bool
) -> None:
    broken = evolve(handlers.handlers()["persons_list"], function=lambda call: response)
    monkeypatch.setitem(handlers._HANDLERS, "persons_list", broken)
    emulator = Emulator()
    key = [("Authorization", f"Bearer {emulator.api_key}")]
    if served:
        with emulator.serve() as server:
            httpx.get(f"{server.url}/api/environments/1/persons/", headers=dict(key))
    else:
        emulator.handle("GET", "/api/environments/1/persons/", key, b"")
    assert any(said in problem for problem in wire.take())


def test_a_body_where_none_is_declared_is_seen() -> None:
    assert "may have no body" in next(judge().answer("persons_delete", 202, JSON, b'{"id":1}'))
