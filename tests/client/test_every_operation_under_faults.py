"""52 operations × every kind of bad answer × both clients: always the right typed outcome, never anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from posthog_environments import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecodeError,
    MethodNotAllowedError,
    NotFoundError,
    PermissionDeniedError,
    PostHogError,
    RateLimitError,
    ServerError,
)
from posthog_environments_api.operations import OperationInfo
from tests.calls import OPERATIONS, allows_empty, arguments, has_json, method
from tests.client.conftest import KEY, Script, Side

HTML = b"<html><head><title>Bad Gateway</title></head></html>"
ENVELOPE = b'{"type": "t", "code": "c", "detail": "No.", "attr": null}'

STATUSES: dict[str, tuple[httpx.Response, type[PostHogError]]] = {
    "302": (httpx.Response(302, headers={"location": "https://evil.example/"}), APIStatusError),
    "400": (httpx.Response(400, content=ENVELOPE), BadRequestError),
    "401": (httpx.Response(401, content=ENVELOPE), AuthenticationError),
    "403": (httpx.Response(403, content=ENVELOPE), PermissionDeniedError),
    "404": (httpx.Response(404, content=ENVELOPE), NotFoundError),
    "405 empty": (httpx.Response(405), MethodNotAllowedError),
    "409": (httpx.Response(409, content=ENVELOPE), ConflictError),
    "415": (httpx.Response(415, content=ENVELOPE), APIStatusError),
    "429": (httpx.Response(429, content=ENVELOPE, headers={"retry-after": "7"}), RateLimitError),
    "499": (httpx.Response(499), APIStatusError),
    "500": (httpx.Response(500, content=b'{"error": "Oops."}'), ServerError),
    "502 HTML": (httpx.Response(502, content=HTML), ServerError),
    "503": (httpx.Response(503, content=HTML), ServerError),
    "512": (httpx.Response(512, content=ENVELOPE), ServerError),
    "520": (httpx.Response(520), ServerError),
}


def outcome(side: Side, operation: OperationInfo, answer: Any) -> Any:
    """The result, or the error that the library raised."""
    client = side.client(Script([answer], repeat=True), max_retries=0)
    ids, keywords = arguments(operation)
    try:
        called = method(client, operation)(*ids, **keywords)
        return side.all(called) if operation.paginated else side.run(called)
    except PostHogError as error:
        raised = error
    assert "\n" not in str(raised)
    assert KEY not in str(raised) + repr(raised) + repr(vars(raised))
    return raised


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_an_error_status_raises_its_class(side: Side, operation: OperationInfo) -> None:
    for name, (answer, expected) in STATUSES.items():
        if name == "302" and operation.operation_id == "exports_content":
            continue  # follows object storage; test_origins has it
        error = outcome(side, operation, answer)
        assert type(error) is expected, f"{name}: {error!r}"
        assert error.status == answer.status_code
        assert (error.method, error.attempts) == (operation.method, 1)
        assert error.retry_after == (7 if name == "429" else None)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_an_empty_success_is_typed_where_the_contract_knows_it_and_an_error_elsewhere(
    side: Side, operation: OperationInfo
) -> None:
    result = outcome(side, operation, httpx.Response(200))

    assert isinstance(result, DecodeError) is not allows_empty(operation)
    assert isinstance(result, PostHogError) is not allows_empty(operation)


def _broken(content: bytes) -> Callable[[httpx.Request], httpx.Response]:
    """A body that ends before its announced length, as httpx reports it."""

    class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            yield content
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

        async def __aiter__(self) -> Any:
            for chunk in self:
                yield chunk

    return lambda request: httpx.Response(200, stream=Stream())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_a_success_that_is_html_cut_off_or_of_another_shape(side: Side, operation: OperationInfo) -> None:
    for content in (
        HTML,
        b'{"results": [{"id"',
        b"[[[",
        b"7",
        b'{"id": {"a": 1}, "results": 5, "count": [1]}',
    ):
        result = outcome(side, operation, httpx.Response(200, content=content))
        if not has_json(operation):
            assert not isinstance(result, PostHogError)
        elif isinstance(result, PostHogError):
            assert isinstance(result, DecodeError)
            assert result.body == content
        else:
            assert content in (b"7", b'{"id": {"a": 1}, "results": 5, "count": [1]}'), (
                "no JSON cannot be a success"
            )
    result = outcome(side, operation, _broken(b'{"res'))
    assert type(result) is APIConnectionError
    assert result.sent
