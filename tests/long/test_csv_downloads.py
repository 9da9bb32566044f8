"""Persons and events as the server's own CSV, on disk complete or not at all."""

from __future__ import annotations

import csv
import inspect
from pathlib import Path
from typing import Any

import httpx
import pytest

from posthog_environments import DecodeError, InvalidRequestError, NotFoundError, ResponseTooLargeError
from posthog_environments.csv_downloads import EventFilters, PersonFilters
from posthog_environments.emulator import Emulator
from posthog_environments_api.api.events import events_list
from posthog_environments_api.api.persons import persons_list

from ..client.conftest import Script, Side, reply, side

__all__ = ["side"]
TABLE = b"id,name\r\n1,Ada\r\n"


def table(body: bytes = TABLE, media_type: str = "text/csv; charset=utf-8") -> httpx.Response:
    return httpx.Response(200, headers={"content-type": media_type}, content=body)


def client_of(side: Side, emulator: Emulator) -> Any:
    return emulator.client() if side.kind == "sync" else emulator.async_client()


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_the_file_is_what_the_list_gives_as_text(side: Side, tmp_path: Path, profile: Any) -> None:
    client = client_of(side, Emulator(persons=30, events=200, profile=profile))
    persons = side.run(client.persons.download_csv(tmp_path / "persons.csv", search="user_1"))
    events = side.run(client.events.download_csv(tmp_path / "events.csv", event="$pageview", limit=7))

    async def text(result: Any) -> str:
        return await result

    for path, asked in (
        (persons, client.persons.list(format="csv", search="user_1")),
        (events, client.events.list(format="csv", event="$pageview", limit=7)),
    ):
        found = asked if side.kind == "sync" else side.run(text(asked))
        assert path.read_bytes().decode() == found
    with events.open(newline="") as file:
        assert {row["event"] for row in csv.DictReader(file)} == {"$pageview"}


def test_csv_and_nothing_else_is_asked_for(side: Side, tmp_path: Path) -> None:
    script = Script([table(), table()])
    client = side.client(script)
    sizes: list[tuple[int, int | None]] = []
    filters = [{"key": "plan", "value": "pro"}]
    done = side.run(
        client.persons.download_csv(
            tmp_path / "a.csv", properties=filters, on_progress=lambda *pair: sizes.append(pair)
        )
    )
    side.run(client.events.download_csv(tmp_path / "b.csv", orderBy=["timestamp"], after="-7d"))
    assert done == tmp_path / "a.csv"
    assert done.read_bytes() == TABLE
    assert sizes == [(len(TABLE), len(TABLE))]
    assert script.requests[0].url.params["format"] == "csv"
    assert script.requests[0].url.params["properties"] == '[{"key":"plan","value":"pro"}]'
    assert script.requests[0].headers["accept"] == "*/*"
    assert dict(script.requests[1].url.params) == {
        "after": "-7d",
        "format": "csv",
        "orderBy": '["timestamp"]',
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"results": []}), DecodeError),
        (table(media_type="text/html"), DecodeError),
        (reply({"detail": "Not found."}, 404), NotFoundError),
        (table(b"x" * 5_000), ResponseTooLargeError),
    ],
)
def test_what_is_no_csv_leaves_the_old_file_alone(
    side: Side, tmp_path: Path, answer: httpx.Response, error: type[Exception]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with pytest.raises(error):
        side.run(side.client(Script([answer])).persons.download_csv(path, max_bytes=4_000))
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {"a.csv": b"old"}


def test_a_body_that_broke_off_is_read_again_from_its_start(side: Side, tmp_path: Path) -> None:
    def cut(_: httpx.Request) -> httpx.Response:
        def body() -> Any:
            yield TABLE * 3
            raise httpx.ReadError("reset")

        async def body_async() -> Any:
            for chunk in body():
                yield chunk

        stream = body() if side.kind == "sync" else body_async()
        return httpx.Response(200, headers={"content-type": "text/csv"}, content=stream)

    path = side.run(side.client(Script([cut, table()])).events.download_csv(tmp_path / "a.csv"))
    assert path.read_bytes() == TABLE


def test_bad_arguments_are_refused_before_anything_is_sent(side: Side, tmp_path: Path) -> None:
    client = side.client(Script([]))
    with pytest.raises(InvalidRequestError, match="no folder"):
        side.run(client.persons.download_csv(tmp_path / "none" / "a.csv"))
    with pytest.raises(TypeError, match="unexpected keyword argument 'limit'"):
        side.run(client.persons.download_csv(tmp_path / "a.csv", limit=5))
    with pytest.raises(InvalidRequestError, match="max_bytes must be"):
        side.run(client.events.download_csv(tmp_path / "a.csv", max_bytes=0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("filters", "module", "left_out"),
    [
        (PersonFilters, persons_list, {"limit", "offset", "include_total"}),
        (EventFilters, events_list, set[str]()),
    ],
)
def test_every_filter_of_the_contract_can_be_given(filters: Any, module: Any, left_out: set[str]) -> None:
    """What the server ignores for CSV is left out."""
    parameters = inspect.signature(module.request_kwargs).parameters.values()
    declared = {
        {"order_by": "orderBy"}.get(parameter.name, parameter.name): str(parameter.annotation)
        .replace(" | None | Unset", "")
        .replace("\n", " ")
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in {"format_", *left_out}
    }
    found = {
        name: kind.__forward_arg__.strip("() ").replace("\n", " ")
        for name, kind in filters.__annotations__.items()
    }
    assert {name: kind.split() for name, kind in found.items()} == {
        name: kind.split() for name, kind in declared.items()
    }
