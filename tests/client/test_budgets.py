"""What must not grow, as counts: they are the same on every machine, unlike times (those are in `make bench`)."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from posthog_environments import Client
from posthog_environments.models import HogFunctionPage, PersonPage, SessionRecordingPage
from tests.client.test_fast_decoding import sample


def imported(code: str) -> set[str]:
    """Modules that a fresh interpreter has after this code and a bare one has not."""
    show = "import sys; print(*sys.modules)"

    def run(text: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    return run(f"{code}\n{show}") - run(show)


def test_importing_the_package_imports_next_to_nothing() -> None:
    modules = imported("import posthog_environments")

    assert not modules & {
        "httpx",
        "attrs",
        "msgspec",
        "json",
        "typing_extensions",
        "asyncio",
        "logging",
        "datetime",
    }
    assert {name for name in modules if name.startswith("posthog_environments")} == {
        "posthog_environments",
        "posthog_environments._version",
    }


def test_a_resource_call_imports_its_own_models_only() -> None:
    code = """
from posthog_environments_api.resources.persons import PersonsResource
from posthog_environments_api.api.persons import persons_retrieve
persons_retrieve.request_kwargs("1", 42)
persons_retrieve.parse(200, b'{"id": 42}')
"""
    modules = imported(code)

    assert "httpx" not in modules
    assert {name for name in modules if ".models." in name} == {"posthog_environments_api.models.person"}
    assert {name for name in modules if ".api." in name} == {
        "posthog_environments_api.api.persons",
        "posthog_environments_api.api.persons.persons_retrieve",
    }


def test_a_client_that_sends_nothing_makes_no_connection_pool() -> None:
    client = Client(1, api_key="phx_x")

    assert client._caller.http._client is None
    client.close()


def calls(run: Callable[[], object]) -> tuple[int, int]:
    """Python functions of ours that are called, and all Python functions."""
    run()
    ours = every = 0

    def count(frame: Any, event: str, _: object) -> None:
        nonlocal ours, every
        if event == "call":
            every += 1
            ours += "posthog_environments" in frame.f_code.co_filename

    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(None)
    return ours, every


def test_a_request_takes_few_calls_of_ours_and_fewer_than_httpx_alone() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b'{"id": 42}'))
    url = "https://us.posthog.com/api/environments/1/persons/42/"
    headers = {"Authorization": "Bearer x", "Accept": "application/json", "User-Agent": "x"}
    with httpx.Client(transport=transport) as bare:
        _, alone = calls(lambda: bare.get(url, headers=headers).content)
    with Client(1, api_key="phx_x", host="us", transport=transport) as client:
        ours, with_us = calls(lambda: client.persons.retrieve(42))

    assert ours <= 60
    assert with_us < alone


def objects_in(value: Any) -> int:
    """How many models there are in a value."""
    if isinstance(value, list):
        return sum(map(objects_in, value))
    if not attrs.has(type(value)):
        return 0
    names = [field.name for field in attrs.fields(type(value)) if field.name != "additional_properties"]
    return 1 + sum(objects_in(getattr(value, name)) for name in names)


@pytest.mark.usefixtures("untaught")
@pytest.mark.parametrize("cls", [PersonPage, SessionRecordingPage, HogFunctionPage])
def test_decoding_calls_one_function_per_object(cls: Any) -> None:
    """No closure per field, no import, no second pass: one conversion per model and one per list."""
    row = sample(cls.__name__)["results"][0]
    rows = 50
    content = json.dumps({"results": [row] * rows}).encode()
    objects_per_row = objects_in(cls.from_json(content).results[0])

    ours, _ = calls(lambda: cls.from_json(content))

    assert ours <= rows * (objects_per_row + 1) + 20


def test_decoded_objects_hold_no_dict_unless_there_is_something_to_hold() -> None:
    import tracemalloc

    content = json.dumps({"results": [{"id": number} for number in range(10_000)]}).encode()
    PersonPage.from_json(content)
    tracemalloc.start()
    page = PersonPage.from_json(content)
    size = tracemalloc.get_traced_memory()[0] / 10_000
    tracemalloc.stop()

    assert len(page.results) == 10_000
    assert size < 260, f"{size:.0f} bytes per object"


def test_pages_are_not_kept() -> None:
    """Iterating holds one page at a time."""
    import tracemalloc

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        rows = [{"id": number, "properties": {"a": "x" * 200}} for number in range(offset, offset + 50)]
        return httpx.Response(
            200, json={"results": rows, "next": f"?offset={offset + 50}" if offset < 50_000 else None}
        )

    with Client(1, api_key="phx_x", host="us", transport=httpx.MockTransport(answer)) as client:
        items = iter(client.persons.list())
        for _ in range(2_000):
            next(items)
        tracemalloc.start()
        for _ in range(20_000):
            next(items)
        gc.collect()  # httpx leaves responses in cycles
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert grown < 250_000, f"{grown:,} bytes after 400 pages"
