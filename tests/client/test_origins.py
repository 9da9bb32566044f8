"""The key goes to the configured host and to nobody else."""

from __future__ import annotations

import httpx
import pytest

from posthog_environments import APIStatusError, PaginationLoopError
from tests.client.conftest import KEY, Script, Side, reply

PERSON = {"id": 1, "name": "Ada"}


@pytest.mark.parametrize(
    "link",
    [
        "https://us.posthog.com/api/environments/7/persons/?limit=1&offset=1",
        "https://evil.example/api/environments/7/persons/?limit=1&offset=1",
        "http://us.posthog.com/api/environments/7/persons/?limit=1&offset=1",
        "https://us.posthog.com:444/api/environments/7/persons/?limit=1&offset=1",
        "https://a:b@evil.example/api/environments/7/persons/?limit=1&offset=1",
        "//evil.example/api/environments/7/persons/?limit=1&offset=1",
        "/api/environments/7/persons/?limit=1&offset=1",
        "?limit=1&offset=1",
    ],
)
def test_key_never_follows_a_foreign_next_link(side: Side, link: str) -> None:
    item = {"id": "095be615-a8ad-4c33-8e9c-c7612fbf6c9f"}
    script = Script([reply({"next": link, "results": [item]}), reply({"next": None, "results": [item]})])

    found = side.all(side.client(script).persons.list())

    assert len(found) == 2
    assert [str(request.url) for request in script.requests][1] == (
        "https://us.posthog.com/api/environments/7/persons/?limit=1&offset=1"
    )
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in script.requests)


def test_a_repeated_next_is_an_error(side: Side) -> None:
    script = Script([reply({"next": "?offset=1", "results": []})], repeat=True)

    with pytest.raises(PaginationLoopError, match="offset=1"):
        side.all(side.client(script).persons.list())

    assert len(script.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_inside_our_origin_keeps_method_body_and_key(side: Side, status: int) -> None:
    moved = httpx.Response(status, headers={"location": "/api/projects/7/persons/1/"})
    script = Script([moved, reply(PERSON)])

    side.run(side.client(script).persons.update(1, properties={"plan": "pro"}))

    second = script.requests[1]
    assert (second.method, str(second.url)) == ("PATCH", "https://us.posthog.com/api/projects/7/persons/1/")
    assert second.content == b'{"properties":{"plan":"pro"}}'
    assert second.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/api/projects/7/persons/1/",
        "//evil.example/",
        "http://us.posthog.com/api/projects/7/persons/1/",
        "https://us.posthog.com:8443/",
        "https://us.posthog.com@evil.example/",
        "https://us.posthog.com.evil.example/",
        "ftp://us.posthog.com/",
        "",
    ],
)
def test_a_redirect_elsewhere_is_refused(side: Side, location: str) -> None:
    script = Script([httpx.Response(302, headers={"location": location} if location else {})])

    with pytest.raises(APIStatusError) as caught:
        side.run(side.client(script).persons.retrieve(1))

    assert caught.value.status == 302
    assert len(script.requests) == 1


def test_a_download_follows_object_storage_without_the_key(side: Side) -> None:
    storage = httpx.Response(302, headers={"location": "https://storage.example/export.png?signature=x"})
    script = Script([storage, httpx.Response(200, content=b"\x89PNG")])

    assert side.run(side.client(script).exports.content(1)) == b"\x89PNG"

    assert script.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in script.requests[1].headers


def test_a_download_never_falls_back_to_plain_http(side: Side) -> None:
    script = Script([httpx.Response(302, headers={"location": "http://storage.example/export.png"})])

    with pytest.raises(APIStatusError):
        side.run(side.client(script).exports.content(1))

    assert len(script.requests) == 1


def test_storage_cannot_send_us_back_with_the_key(side: Side) -> None:
    hops = [
        httpx.Response(302, headers={"location": "https://storage.example/a"}),
        httpx.Response(302, headers={"location": "https://us.posthog.com/api/environments/7/persons/"}),
        reply({}),
    ]
    script = Script(hops)

    side.run(side.client(script).exports.content(1))

    assert all("authorization" not in request.headers for request in script.requests[1:])


def test_endless_redirects_end(side: Side) -> None:
    script = Script(
        [httpx.Response(307, headers={"location": "/api/environments/7/persons/1/"})], repeat=True
    )

    with pytest.raises(Exception, match="redirects"):
        side.run(side.client(script, max_retries=0).persons.retrieve(1))

    assert len(script.requests) == 6


def test_the_projects_root_is_a_setting(side: Side) -> None:
    script = Script([reply(PERSON)])

    side.run(side.client(script, api_root="projects").persons.retrieve(1))

    assert str(script.requests[0].url) == "https://us.posthog.com/api/projects/7/persons/1/"
