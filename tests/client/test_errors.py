"""Every answer that is no success becomes the right error, whatever its body looks like."""

from __future__ import annotations

import pickle
from typing import Any

import httpx
import pytest

from posthog_environments import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DeadlineExceeded,
    DecodeError,
    ExportError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    PaginationLoopError,
    PaymentRequiredError,
    PermissionDeniedError,
    PostHogError,
    QueryError,
    RateLimitError,
    ServerError,
)
from tests.client.conftest import Script, Side, reply

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (302, APIStatusError),
        (400, BadRequestError),
        (401, AuthenticationError),
        (402, PaymentRequiredError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, MethodNotAllowedError),
        (409, ConflictError),
        (415, APIStatusError),
        (422, APIStatusError),
        (429, RateLimitError),
        (499, APIStatusError),
        (500, ServerError),
        (503, ServerError),
        (512, ServerError),
        (520, ServerError),
        (561, ServerError),
    ],
)
@pytest.mark.parametrize("content", [b"", HTML, b'{"detail": "Nope."}', b"[1, 2]", b'"text"', b"{\xff"])
def test_every_error_status_raises_its_class(side: Side, status: int, cls: type, content: bytes) -> None:
    client = side.client(Script([httpx.Response(status, content=content)], repeat=True), max_retries=0)

    with pytest.raises(PostHogError) as caught:
        side.run(client.subscriptions.retrieve(3))

    error = caught.value
    assert type(error) is cls
    assert isinstance(error, APIStatusError)
    assert (error.status, error.method) == (status, "GET")
    assert error.path == "/api/environments/7/subscriptions/3/"
    assert "\n" not in str(error)
    assert 0 < len(str(error)) <= 300
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {
                "type": "validation_error",
                "code": "required",
                "detail": "This field is required.",
                "attr": "frequency",
            },
            ("validation_error", "required", "This field is required.", "frequency"),
        ),
        (
            {
                "attr": "properties",
                "code": "This field is required.",
                "detail": "required",
                "type": "validation_error",
            },
            ("validation_error", "required", "This field is required.", "properties"),
        ),
        (
            {"detail": "Invalid UUID", "code": "invalid", "type": "validation_error"},
            ("validation_error", "invalid", "Invalid UUID", None),
        ),
        ({"detail": "new_path is required"}, (None, None, "new_path is required", None)),
        (
            {"error": "An internal server error occurred."},
            (None, None, "An internal server error occurred.", None),
        ),
        ({"detail": {"nested": 1}, "code": 7}, (None, None, '{"detail": {"nested": 1}, "code": 7}', None)),
    ],
    ids=["envelope", "swapped", "no attr", "detail only", "error only", "wrong types"],
)
def test_each_body_shape_gives_the_same_fields(side: Side, body: Any, expected: tuple[Any, ...]) -> None:
    client = side.client(Script([reply(body, 400)]))

    with pytest.raises(BadRequestError) as caught:
        side.run(client.persons.update(1, properties={}))

    error = caught.value
    assert (error.type, error.code, error.detail, error.attr) == expected
    assert error.body == body


def test_an_html_page_is_summed_up_by_its_title(side: Side) -> None:
    client = side.client(Script([httpx.Response(502, content=HTML)]), max_retries=0)

    with pytest.raises(ServerError, match="502 Bad Gateway") as caught:
        side.run(client.persons.retrieve(1))

    assert caught.value.body == HTML.decode()


def test_a_missing_scope_is_named_with_what_to_do(side: Side) -> None:
    body = {
        "type": "authentication_error",
        "code": "permission_denied",
        "detail": "API key missing required scope 'person:read'",
    }

    with pytest.raises(PermissionDeniedError, match=r"Add the scope person:read") as caught:
        side.run(side.client(Script([reply(body, 403)])).persons.retrieve(1))

    assert caught.value.missing_scope == "person:read"


def test_an_unknown_project_points_to_host_and_access(side: Side) -> None:
    body = {"type": "invalid_request", "code": "not_found", "detail": "Project not found."}

    with pytest.raises(NotFoundError, match=r"project id and the host.*no access"):
        side.run(side.client(Script([reply(body, 404)])).persons.retrieve(1))


def test_a_wrong_key_points_to_the_variable(side: Side) -> None:
    with pytest.raises(AuthenticationError, match="POSTHOG_PERSONAL_API_KEY"):
        side.run(side.client(Script([reply({"detail": "invalid"}, 401)])).persons.retrieve(1))


def test_a_failed_query_is_a_query_error_and_final(side: Side) -> None:
    body = {
        "query_status": {
            "id": "q1",
            "team_id": 7,
            "error": True,
            "complete": True,
            "error_message": "no such table",
        }
    }
    script = Script([reply(body, 500)])

    with pytest.raises(QueryError, match="no such table") as caught:
        side.run(side.client(script).query.retrieve("q1"))

    assert (caught.value.query_id, caught.value.status) == ("q1", 500)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "JSON body"),
        (b"<html>", "JSON"),
        (b'{"id": 1', "JSON"),
        (b"[]", "an object"),
        (b'{"id": null}', r"Person at \$\.id: expected an integer, got None"),
        (b'{"name": "Ada"}', r"Person at \$\.id: the required field 'id' is missing"),
        (b'{"id": 1, "distinct_ids": ["a", 5]}', r"\$\.distinct_ids\[1\]: expected a string, got 5"),
        (b'{"id": 1, "created_at": "yesterday"}', r"\$\.created_at"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_a_success_that_cannot_be_read_is_a_decode_error(side: Side, content: bytes, message: str) -> None:
    response = httpx.Response(200, content=content, headers={"x-request-id": "r-1"})

    with pytest.raises(DecodeError, match=message) as caught:
        side.run(side.client(Script([response])).persons.retrieve(1))

    error = caught.value
    assert (error.status, error.request_id, error.method) == (200, "r-1", "GET")
    assert error.path == "/api/environments/7/persons/1/"
    assert error.body == content


def test_a_bad_row_of_a_page_is_located(side: Side) -> None:
    page = {"results": [{"id": 1}, {"id": 2, "frequency": 7}]}

    with pytest.raises(DecodeError) as caught:
        side.all(side.client(Script([reply(page)])).subscriptions.list())

    assert caught.value.location == "$.results[1].frequency"
    assert caught.value.model == "SubscriptionPage"
    assert caught.value.value == 7


@pytest.mark.parametrize(
    ("failure", "cls", "sent"),
    [
        (httpx.ConnectError("refused"), APIConnectionError, False),
        (httpx.ConnectTimeout("slow"), APITimeoutError, False),
        (httpx.PoolTimeout("full"), APITimeoutError, False),
        (httpx.ReadTimeout("slow"), APITimeoutError, True),
        (httpx.WriteTimeout("slow"), APITimeoutError, True),
        (httpx.ReadError("reset"), APIConnectionError, True),
        (httpx.RemoteProtocolError("peer closed connection"), APIConnectionError, True),
        (httpx.DecodingError("bad gzip"), APIConnectionError, True),
    ],
)
def test_httpx_errors_never_leak(side: Side, failure: Exception, cls: type, sent: bool) -> None:
    with pytest.raises(PostHogError) as caught:
        side.run(side.client(Script([failure]), max_retries=0).persons.retrieve(1))

    error = caught.value
    assert type(error) is cls
    assert isinstance(error, APIConnectionError)
    assert error.sent is sent
    assert error.attempts == 1
    assert "GET /api/environments/7/persons/1/" in str(error)


def test_every_error_survives_pickling() -> None:
    status = NotFoundError(
        status=404, method="GET", path="/x", detail="Not found.", body={"a": 1}, hint="Look."
    )
    decode = DecodeError("an integer", "x").within("id", "Person")
    errors = [
        status,
        APITimeoutError("slow", method="GET", path="/x", attempts=3),
        decode,
        PaginationLoopError("/x?offset=1"),
        QueryError("bad", query_id="q"),
        ExportError("bad", export_id=4),
        DeadlineExceeded(deadline=2.0, method="GET", path="/x", attempts=2, last_error=status),
        InvalidRequestError("no"),
    ]

    for error in errors:
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert str(copy) == str(error)
        assert {k: str(v) for k, v in vars(copy).items()} == {k: str(v) for k, v in vars(error).items()}
