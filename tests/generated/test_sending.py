"""The plain functions under `api`: they send one request and give its answer, whatever its status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from posthog_environments_api import AuthenticatedClient, Client
from posthog_environments_api.errors import DecodeError, UnexpectedStatus
from posthog_environments_api.models import Person
from posthog_environments_api.types import Timeout
from tests.generated.samples import RAW, endpoint, smallest_call, success_examples

KEY = "phx_canary"
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, **settings: Any) -> AuthenticatedClient:
    transport = httpx.MockTransport(handler)
    return AuthenticatedClient(
        base_url="https://posthog.example", token=KEY, httpx_args={"transport": transport}, **settings
    )


def answering(status: int, content: Any = b"", **headers: str) -> AuthenticatedClient:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return client(lambda request: httpx.Response(status, content=body, headers=named))


def call(name: str, function: str, using: AuthenticatedClient) -> Any:
    """Call one of the four functions of an operation with the contract's own examples."""
    values, keywords = smallest_call(name)
    result = getattr(endpoint(name), function)(*values, client=using, **keywords)
    return asyncio.run(result) if function.startswith("asyncio") else result


def success(name: str) -> tuple[int, bytes]:
    """An answer that the contract shows, or a success without a body."""
    for status, _, value in success_examples(name):
        return status, json.dumps(value).encode()
    return next((int(status) for status in RAW[name].data["responses"] if status.startswith("2")), 204), b""


# --- every operation -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["sync_detailed", "asyncio_detailed"])
@pytest.mark.parametrize("name", list(RAW))
def test_a_call_sends_its_request_and_reads_the_answer(name: str, function: str) -> None:
    status, content = success(name)
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, content=content, headers={"x-request-id": "abc"})

    response = call(name, function, client(handler))
    module = endpoint(name)
    values, keywords = smallest_call(name)
    made = module.request_kwargs(*values, **keywords)
    assert len(seen) == 1
    assert seen[0].method == RAW[name].method
    assert seen[0].url.raw_path.partition(b"?")[0].decode() == made["url"]
    assert parse_qsl(seen[0].url.query.decode(), keep_blank_values=True) == list(made.get("params", []))
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(seen[0].content or b"null") == made.get("json")
    assert response.status_code == status
    assert response.content == content
    assert response.headers["x-request-id"] == "abc"
    assert response.parsed == module.OPERATION.parse(status, content)
    assert response.error is None


@pytest.mark.parametrize("function", ["sync", "asyncio"])
@pytest.mark.parametrize("name", list(RAW))
def test_the_short_functions_give_the_result_alone(name: str, function: str) -> None:
    status, content = success(name)
    using = answering(status, content)
    assert call(name, function, using) == endpoint(name).OPERATION.parse(status, content)


@pytest.mark.parametrize("name", list(RAW))
def test_no_status_crashes_a_call(name: str) -> None:
    """Statuses that Python has no name for come from proxies in front of PostHog."""
    page = b"<html>nginx</html>"
    for status in (302, 400, 404, 405, 429, 499, 500, 520, 561):
        response = call(name, "sync_detailed", answering(status, page))
        assert (response.status_code, response.content) == (status, page)
        assert (response.parsed, response.error) == (None, None)
        with pytest.raises(UnexpectedStatus, match=str(status)) as caught:
            call(name, "sync", answering(status, page))
        assert (caught.value.status_code, caught.value.content) == (status, page)


@pytest.mark.parametrize("status", [520, 499, 561])
def test_no_status_crashes_an_asynchronous_call(status: int) -> None:
    assert call("persons_list", "asyncio_detailed", answering(status)).status_code == status
    with pytest.raises(UnexpectedStatus, match=str(status)):
        call("persons_list", "asyncio", answering(status))


def test_the_body_of_an_error_is_decoded_where_it_is_json() -> None:
    envelope = {"type": "invalid_request", "code": "not_found", "detail": "Not found.", "attr": None}
    assert call("persons_retrieve", "sync_detailed", answering(404, envelope)).error == envelope
    with pytest.raises(UnexpectedStatus) as caught:
        call("persons_retrieve", "sync", answering(404, envelope))
    assert caught.value.error == envelope
    assert "Not found." in str(caught.value)


def test_a_success_that_the_contract_does_not_know_is_read_like_the_others() -> None:
    person = {"id": 1, "name": "ada"}
    assert call("persons_retrieve", "sync", answering(203, person)) == Person.from_dict(person)


def test_a_long_error_page_is_cut_in_the_message() -> None:
    with pytest.raises(UnexpectedStatus) as caught:
        call("persons_list", "sync", answering(502, b"<p>\n" * 5000))
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_a_body_that_does_not_fit_says_of_which_request() -> None:
    content = b'{"id": "many"}'
    with pytest.raises(DecodeError) as caught:
        call("persons_retrieve", "sync", answering(200, content))
    error = caught.value
    values, _ = smallest_call("persons_retrieve")
    assert (error.method, error.status, error.body) == ("GET", 200, content)
    assert error.path == endpoint("persons_retrieve").request_kwargs(*values)["url"]
    assert error.location == "$.id"


def test_csv_is_text() -> None:
    using = answering(200, "id,name\n1,zoë\n".encode(), content_type="text/csv; charset=utf-8")
    result = endpoint("persons_list").sync("1", client=using, format_="csv")
    assert result == "id,name\n1,zoë\n"


def test_json_is_read_as_json_although_csv_was_possible() -> None:
    using = answering(200, {"results": []}, content_type="application/json")
    assert endpoint("persons_list").sync("1", client=using).results == []


def test_a_redirect_is_not_followed() -> None:
    """Object storage must not see the key."""
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://storage.example/file"})

    response = call("exports_content", "sync_detailed", client(handler))
    assert response.status_code == 302
    assert response.headers["location"] == "https://storage.example/file"
    assert hosts == ["posthog.example"]


def test_query_values_arrive_as_they_were_given() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"results": []})

    text = "a+b & c=d %41 ü 2025-06-13T12:00:00+02:00"
    endpoint("persons_list").sync("1", client=client(handler), search=text)
    assert parse_qsl(seen[0].url.query.decode()) == [("search", text)]


def test_a_path_id_stays_one_segment_on_the_wire() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404)

    endpoint("query_delete").sync_detailed("1", "../persons", client=client(handler))
    assert seen == [b"/api/environments/1/query/..%2Fpersons/"]


# --- clients -------------------------------------------------------------------------------------------------


def test_no_representation_of_a_client_holds_a_secret() -> None:
    one = AuthenticatedClient(
        base_url="https://posthog.example",
        token=KEY,
        headers={"X-Secret": "phx_header"},
        cookies={"session": "phx_cookie"},
        httpx_args={"auth": ("ada", "phx_args")},
    )
    one.get_httpx_client()
    for text in (repr(one), str(one), f"{one}", repr([one]), repr(one.with_headers({"X-Other": "phx_more"}))):
        assert "phx_" not in text
        assert "https://posthog.example" in text


@pytest.mark.parametrize("cls", [Client, AuthenticatedClient])
def test_the_default_timeout_is_finite(cls: Any) -> None:
    one = cls(base_url="https://posthog.example", **({"token": KEY} if cls is AuthenticatedClient else {}))
    for timeout in (one.get_httpx_client().timeout, one.get_async_httpx_client().timeout):
        parts = [timeout.connect, timeout.read, timeout.write, timeout.pool]
        assert all(isinstance(part, float) and 0 < part <= 600 for part in parts), parts


@pytest.mark.parametrize(
    "changed",
    [
        lambda one: one.with_headers({"X-New": "1"}),
        lambda one: one.with_cookies({"new": "1"}),
        lambda one: one.with_timeout(Timeout(read=1.0)),
    ],
    ids=["headers", "cookies", "timeout"],
)
def test_a_changed_copy_leaves_the_original_alone(changed: Callable[[Any], Any]) -> None:
    one = answering(204)
    own = one.get_httpx_client()
    before = (
        dict(one.headers),
        dict(one.cookies),
        one.timeout,
        dict(own.headers),
        dict(own.cookies),
        own.timeout,
    )
    copy = changed(one)
    sender = copy.get_httpx_client()
    assert one.get_httpx_client() is own
    assert sender is not own
    assert before == (
        dict(one.headers), dict(one.cookies), one.timeout, dict(own.headers), dict(own.cookies), own.timeout
    )  # fmt: skip
    assert (copy.base_url, copy.token) == (one.base_url, KEY)
    assert sender.headers["authorization"] == f"Bearer {KEY}"
    assert (dict(copy.headers), dict(copy.cookies), copy.timeout) != before[:3]


def test_a_copy_has_what_it_was_given_and_what_was_there() -> None:
    one = (
        answering(204)
        .with_headers({"X-One": "1"})
        .with_headers({"X-Two": "2"})
        .with_timeout(Timeout(read=1.5))
    )
    sender = one.get_httpx_client()
    assert (sender.headers["x-one"], sender.headers["x-two"], sender.timeout.read) == ("1", "2", 1.5)


def test_a_client_is_made_once_and_closed_at_the_end() -> None:
    with answering(204) as one:
        own = one.get_httpx_client()
        assert one.get_httpx_client() is own
        assert not own.is_closed
    assert own.is_closed


def test_an_asynchronous_client_is_made_once_and_closed_at_the_end() -> None:
    async def run() -> None:
        async with answering(204) as one:
            own = one.get_async_httpx_client()
            assert one.get_async_httpx_client() is own
            assert not own.is_closed
        assert own.is_closed

    asyncio.run(run())


def test_a_client_of_ones_own_is_used_as_it_is() -> None:
    own = httpx.Client(
        base_url="https://other.example", transport=httpx.MockTransport(lambda request: httpx.Response(404))
    )
    one = answering(204).set_httpx_client(own)
    assert one.get_httpx_client() is own
    assert call("persons_retrieve", "sync_detailed", one).status_code == 404


def test_the_key_goes_into_the_header_that_is_asked_for() -> None:
    one = AuthenticatedClient(
        base_url="https://posthog.example", token=KEY, prefix="", auth_header_name="X-Key"
    )
    assert one.get_httpx_client().headers["x-key"] == KEY
    assert "authorization" not in one.get_httpx_client().headers


def test_a_client_without_a_key_sends_none() -> None:
    assert "authorization" not in Client(base_url="https://posthog.example").get_httpx_client().headers
