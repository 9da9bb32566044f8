"""Fixtures for the tests of programs that use PostHog. pytest finds them by itself; docs/testing.md shows them at work.

Nothing of the package is imported before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from posthog_environments import AsyncClient, Client
    from posthog_environments.emulator import Emulator
    from posthog_environments.emulator.server import Server

_MARKER = "posthog_emulator"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(persons=250, events=2000, profile='observed', ...): arguments of the Emulator behind the fixtures "
        "posthog_emulator, posthog_client, posthog_async_client and posthog_emulator_server.",
    )


@pytest.fixture
def posthog_emulator_options() -> dict[str, Any]:
    """Arguments of the emulators of all tests that see this fixture: override it in a conftest.py.

    A marker `@pytest.mark.posthog_emulator(...)` adds to them and counts for more, the one nearest to the test most.
    """
    return {}


@pytest.fixture
def posthog_emulator(request: pytest.FixtureRequest, posthog_emulator_options: dict[str, Any]) -> Emulator:
    """A fresh PostHog stand-in for this test."""
    options = dict(posthog_emulator_options)
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        if marker.args:
            pytest.fail(
                f"@pytest.mark.{_MARKER} takes keyword arguments only, got {marker.args}", pytrace=False
            )
        options |= marker.kwargs
    from posthog_environments.emulator import Emulator

    try:
        return Emulator(**options)
    except (TypeError, ValueError) as error:
        pytest.fail(f"the options of {_MARKER} make no sense: {error}", pytrace=False)


@pytest.fixture
def posthog_client(posthog_emulator: Emulator) -> Iterator[Client]:
    """A client of `posthog_emulator`. Where it would wait, the emulator's time moves on and the test does not wait."""
    with posthog_emulator.client(clock=posthog_emulator.client_clock()) as client:
        yield client


@pytest.fixture
def posthog_async_client(posthog_emulator: Emulator) -> AsyncClient:
    """The same for `async` tests, whatever runs them. It holds nothing that must be closed."""
    return posthog_emulator.async_client(clock=posthog_emulator.client_clock())


@pytest.fixture
def posthog_emulator_server(posthog_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """`posthog_emulator` on a loopback port, and the environment variables by which programs find it.

    POSTHOG_HOST, POSTHOG_PERSONAL_API_KEY and POSTHOG_PROJECT_ID are set for this test, so that code that makes its own
    `Client()`, here or in a process that it starts, talks to the emulator.
    """
    with posthog_emulator.serve() as server:
        monkeypatch.setenv("POSTHOG_HOST", server.url)
        monkeypatch.setenv("POSTHOG_PERSONAL_API_KEY", posthog_emulator.api_key)
        monkeypatch.setenv("POSTHOG_PROJECT_ID", str(posthog_emulator.project_id))
        yield server
