"""The key shows nowhere."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import Any

import httpx
import pytest

from posthog_environments import PostHogError
from posthog_environments.auth import ApiKey
from tests.client.conftest import KEY, Script, Side, reply


def test_the_key_is_in_no_repr(side: Side) -> None:
    client = side.client(Script([]))
    parts = [
        client,
        client.persons,
        client.persons.list(),
        client._caller,
        client._caller.settings,
        client._caller.http,
    ]

    for part in parts:
        assert KEY not in repr(part)
        assert KEY not in str(getattr(part, "__dict__", ""))


def test_the_key_cannot_be_pickled(side: Side) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(ApiKey(KEY))


FAULTS: list[Any] = [
    reply({"detail": "no"}, 401),
    reply({"detail": f"invalid key {KEY[:4]}"}, 403),
    reply({"detail": "x"}, 500),
    httpx.Response(200, content=b"<html>"),
    httpx.Response(302, headers={"location": "https://evil.example/x"}),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("closed"),
    httpx.UnsupportedProtocol("what"),
]


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: type(fault).__name__ + str(getattr(fault, "status_code", ""))
)
def test_no_error_shows_the_key(side: Side, fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = Script([fault], repeat=True)
    client = side.client(script, max_retries=1)

    with pytest.raises(PostHogError) as caught:
        side.run(client.persons.retrieve(1))

    assert script.requests[0].headers["authorization"] == f"Bearer {KEY}"
    error: BaseException | None = caught.value
    shown = "".join(traceback.format_exception(caught.value))
    shown += repr(caught.value.__dict__) + pickle.dumps(caught.value).decode("latin-1") + caplog.text
    while error is not None:
        shown += repr(error) + repr(error.args) + repr(vars(error))
        error = error.__context__
    assert KEY not in shown
    assert KEY not in locals_of_ours(caught.value)


def locals_of_ours(error: BaseException) -> str:
    """Every local variable of every frame of ours that a crash reporter would show."""
    shown = ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "posthog_environments" in frame.f_code.co_filename and "/tests/" not in frame.f_code.co_filename:
            shown += "".join(f"{name}={value!r}\n" for name, value in frame.f_locals.items())
    return shown


@pytest.mark.parametrize("key", ["phc_canary", "phs_canary", "phx_canary\n1", ("phx_canary",)])
@pytest.mark.parametrize("given", ["directly", "by a function"])
def test_no_frame_shows_a_key_that_was_refused(key: Any, given: str) -> None:
    from posthog_environments import Client

    def call() -> None:
        source = key if given == "directly" else lambda: key
        Client(1, api_key=source, transport=Script([])).persons.retrieve(1)

    with pytest.raises(PostHogError) as caught:
        call()

    assert "canary" not in str(caught.value)
    frames = locals_of_ours(caught.value)
    assert "canary" not in frames.replace(repr(Client), "")


def test_a_limiter_that_fails_shows_no_key(side: Side) -> None:
    from posthog_environments import RateLimiter

    client = side.client(Script([]), rate_limiter=RateLimiter(redis="redis://127.0.0.1:1/0"))

    with pytest.raises(PostHogError) as caught:
        side.run(client.persons.retrieve(1))

    assert KEY not in locals_of_ours(caught.value)


def test_no_log_of_the_http_library_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    from posthog_environments import Client
    from posthog_environments.emulator import Emulator

    caplog.set_level(logging.DEBUG)
    emulator = Emulator(persons=3, api_key=KEY)
    with emulator.serve() as server, Client(1, api_key=KEY, host=server.url) as client:
        client.persons.retrieve(1)
        with pytest.raises(PostHogError):
            client.persons.retrieve(999_999)

    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert KEY not in caplog.text


def test_one_log_line_per_attempt_without_body_or_key(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="posthog_environments")
    script = Script(
        [reply({"detail": "secret body"}, 503), reply({"id": 1, "name": "secret name"}, x_request_id="r-9")]
    )

    side.run(side.client(script).persons.retrieve(1))

    lines = [record.getMessage() for record in caplog.records if record.name == "posthog_environments"]
    assert len(lines) == 2
    assert "GET /api/environments/7/persons/1/ -> 503, attempt 1" in lines[0]
    assert "-> 200, attempt 2" in lines[1]
    assert "r-9" in lines[1]
    assert "secret" not in caplog.text
