"""What users of the package see."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from posthog_environments import AuthenticationError, NotFoundError
from posthog_environments.emulator import Emulator


def test_importing_loads_neither_the_http_library_nor_the_operations() -> None:
    program = (
        "import sys, posthog_environments.emulator;"
        "loaded = {'httpx', 'dateutil', 'posthog_environments_api.operations'} & set(sys.modules);"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_clients_belong_to_the_project_and_the_key_of_the_emulator() -> None:
    emulator = Emulator(project_id=77, api_key="phx_other")
    with emulator.client() as client:
        assert client.project_id == "77"
        assert client.host == "http://localhost"
        assert client.persons.retrieve(1).id == 1
    assert emulator.requests[-1].path == "/api/environments/77/persons/1/"


def test_arguments_of_the_client_can_be_replaced() -> None:
    emulator = Emulator()
    with emulator.client(api_root="projects") as client:
        client.persons.retrieve(1)
    assert emulator.requests[-1].path == "/api/projects/1/persons/1/"
    with emulator.client(api_key="phx_wrong") as client, pytest.raises(AuthenticationError):
        client.persons.retrieve(1)
    with emulator.client(project_id=2) as client, pytest.raises(NotFoundError, match="Project not found"):
        client.persons.retrieve(1)

    async def ask() -> int:
        async with emulator.async_client(project_id="@current") as client:
            return (await client.persons.retrieve(2)).id

    assert asyncio.run(ask()) == 2


def test_paths_and_absolute_urls_are_the_same() -> None:
    emulator = Emulator()
    headers = [("Authorization", f"Bearer {emulator.api_key}"), ("Host", "example.com")]
    path = "/api/environments/1/persons/?limit=1&offset=3"
    by_path = emulator.handle("get", path, headers, b"")
    assert by_path == emulator.handle("GET", f"http://example.com{path}", headers, b"")
    assert by_path[0] == 200
    assert b"http://example.com/api/environments/1/persons/?limit=1&offset=4" in by_path[2]


def test_a_representation_without_the_key() -> None:
    assert repr(Emulator(persons=1, events=2)) == "<Emulator of 1 persons and 2 events, observed>"


def test_old_records_of_requests_are_dropped() -> None:
    emulator = Emulator(persons=0, events=0)
    for _ in range(10_001):
        emulator.handle("GET", "/", [], b"")
    assert len(emulator.requests) == 5_001


def test_the_server_is_of_2025_or_of_2026() -> None:
    behaviour = Emulator(persons=0, events=0).behaviour
    assert behaviour.era == 2025
    behaviour.era = 2026
    with pytest.raises(ValueError, match="era"):
        behaviour.era = 2024


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"persons": "10"}, TypeError, "persons must be a whole number"),
        ({"persons": -1}, ValueError, "persons must be at least 0"),
        ({"events": 2.5}, TypeError, "events must be a whole number"),
        ({"seed": "x"}, TypeError, "seed must be a whole number"),
        ({"ties": 1.5}, TypeError, "ties must be a whole number"),
        ({"project_id": "1"}, TypeError, "project_id must be a whole number"),
        ({"project_id": 0}, ValueError, "project_id must be at least 1"),
        ({"api_key": None}, TypeError, "api_key must be a text"),
        ({"api_key": ""}, ValueError, "api_key must be two or more characters"),
        ({"api_key": "phx_ a"}, ValueError, "without spaces"),
        ({"faults": 0.1}, TypeError, r"faults must be Faults\(...\) or None, got 0.1"),
        ({"throttle": "no"}, TypeError, "throttle must be True or False"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_name(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Emulator(**arguments)


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("apply_delay", "5", TypeError, "apply_delay must be a number of seconds"),
        ("apply_delay", timedelta(seconds=5), TypeError, "apply_delay must be a number of seconds"),
        ("apply_delay", -1, ValueError, "apply_delay must be from 0"),
        ("apply_delay", float("nan"), ValueError, "apply_delay must be from 0"),
        ("job_seconds", float("inf"), ValueError, "job_seconds must be from 0"),
        ("job_polls", 1.5, TypeError, "job_polls must be a whole number"),
        ("era", 2024, ValueError, "era must be 2025 or 2026, got 2024"),
        ("entitlements", None, TypeError, "entitlements must be a set of names"),
        ("concurrent_queries", "3", TypeError, "concurrent_queries must be a whole number"),
        ("stuck_queries", "no", TypeError, "stuck_queries must be True or False"),
    ],
)
def test_a_behaviour_that_makes_no_sense_is_refused_when_it_is_set(
    name: str, value: Any, error: type[Exception], message: str
) -> None:
    """Not by the request that would stumble over it, which is another line of the test, or none."""
    emulator = Emulator(persons=1, events=0)
    with pytest.raises(error, match=message):
        setattr(emulator.behaviour, name, value)
    if name == "apply_delay":
        with pytest.raises(error, match=message):
            emulator.apply_delay = value
    emulator.behaviour.concurrent_queries = None


def test_recorded_bodies_take_bounded_memory() -> None:
    emulator = Emulator(persons=0, events=0)
    headers = [("Authorization", f"Bearer {emulator.api_key}"), ("Content-Type", "application/json")]
    body = b'{"type": "home", "path": "%s"}' % (b"x" * 1_000_000)
    for _ in range(40):
        emulator.handle("POST", "/api/environments/1/persisted_folder/", headers, body)
        assert emulator.requests
        assert sum(request.size for request in emulator.requests) <= 16 * 1024 * 1024
    assert emulator.requests[-1].body["type"] == "home"
    emulator.handle("POST", "/api/environments/1/persisted_folder/", headers, body * 20)
    assert [request.size for request in emulator.requests] == [len(body) * 20], "the last one in any case"
    emulator.reset_requests()
    assert emulator.requests == []


def test_requests_are_picked_by_operation() -> None:
    emulator = Emulator()
    with emulator.client() as client:
        client.persons.retrieve(1)
        client.persons.delete(1)
        with pytest.raises(NotFoundError):
            client.persons.delete(1)
    assert [request.status for request in emulator.requests_for("persons.delete")] == [202, 404]
    assert emulator.requests_for("persons_retrieve") == [emulator.requests[0]]
    assert emulator.requests_for("file_system.list") == []
    with pytest.raises(ValueError, match=r"no operation 'persons\.destroy'; did you mean 'persons_"):
        emulator.requests_for("persons.destroy")
