"""The fixtures, as a project has them that installs the package."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest

from posthog_environments import AsyncClient, Client
from posthog_environments.emulator import Emulator
from posthog_environments.emulator.server import Server


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other installed plugins do and cost is theirs. The tests below that use our fixtures themselves show that
    pytest finds the plugin by its entry point."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the project's tests in a process of their own; warnings are errors."""
    ours = ("-p", "posthog_environments.pytest_plugin")
    return pytester.runpytest_subprocess(
        "-W", "error", "--strict-markers", "--strict-config", *ours, *arguments
    )


def test_the_marker_is_registered_with_a_line_of_help(pytester: pytest.Pytester) -> None:
    done = run(pytester, "--markers")
    done.stdout.fnmatch_lines(["@pytest.mark.posthog_emulator(persons=250, *): arguments of the Emulator*"])


def test_every_fixture_tells_what_it_gives(pytester: pytest.Pytester) -> None:
    shown = run(pytester, "--fixtures").stdout.str()
    for name in ("_emulator", "_emulator_options", "_emulator_server", "_client", "_async_client"):
        (line,) = [line for line in shown.splitlines() if line.startswith(f"posthog{name} ")]
        assert "pytest_plugin.py" in line
    assert shown.count("no docstring available") == 0


def test_each_test_has_an_emulator_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_first(posthog_emulator, posthog_client):
            posthog_client.persons.delete(1)
            assert len(posthog_emulator.data.persons) == 249

        def test_second(posthog_emulator, posthog_client):
            assert len(posthog_emulator.data.persons) == 250
            assert posthog_emulator.requests == []
    """)
    run(pytester).assert_outcomes(passed=2)


def test_the_nearest_marker_counts_most_and_the_options_least(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def posthog_emulator_options():
            return {"persons": 1, "events": 2, "seed": 3}
    """)
    pytester.makepyfile("""
        import pytest

        pytestmark = pytest.mark.posthog_emulator(persons=4)

        def sizes(emulator):
            return emulator.data.persons.size, emulator.data.events.size, emulator.data.seed

        @pytest.mark.posthog_emulator(persons=6)
        class TestNear:
            @pytest.mark.posthog_emulator(seed=7)
            def test_all(self, posthog_emulator):
                assert sizes(posthog_emulator) == (6, 2, 7)

            @pytest.mark.posthog_emulator(persons=8)
            def test_nearest(self, posthog_emulator):
                assert sizes(posthog_emulator) == (8, 2, 3)

        def test_module(posthog_emulator):
            assert sizes(posthog_emulator) == (4, 2, 3)
    """)
    run(pytester).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("person=5", "*the options of posthog_emulator make no sense:*'person'*"),
        ("persons=-1", "*the options of posthog_emulator make no sense: persons must be at least 0*"),
        ("5", "*takes keyword arguments only, got (5,)*"),
    ],
)
def test_options_that_make_no_sense_are_one_line(pytester: pytest.Pytester, options: str, told: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.posthog_emulator({options})
        def test_it(posthog_emulator):
            pass
    """)
    done = run(pytester)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([told])
    done.stdout.no_fnmatch_line("*pytest_plugin.py:*")


def test_collecting_imports_nothing_of_the_package_but_its_name(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import sys

        def pytest_sessionfinish(session):
            heavy = {"httpx", "attrs", "attr", "msgspec", "dateutil", "posthog_environments_api"}
            ours = {name for name in sys.modules if name.startswith("posthog_environments.")}
            extra = (heavy & set(sys.modules)) | ours
            extra -= {"posthog_environments.pytest_plugin", "posthog_environments._version"}
            assert not extra, extra
    """)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.posthog_emulator(persons=1)
        def test_it(posthog_emulator):
            pass
    """)
    done = run(pytester, "--collect-only")
    assert done.ret == 0, done.stdout.str() + done.stderr.str()


def test_the_variables_are_gone_after_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import os

        def test_first(posthog_emulator_server):
            assert os.environ["POSTHOG_HOST"] == posthog_emulator_server.url
            assert {"POSTHOG_PERSONAL_API_KEY", "POSTHOG_PROJECT_ID"} <= set(os.environ)

        def test_second():
            assert not [name for name in os.environ if name.startswith("POSTHOG")]
    """)
    run(pytester).assert_outcomes(passed=2)


def test_unmodified_code_finds_the_served_emulator(
    posthog_emulator: Emulator, posthog_emulator_server: Server
) -> None:
    with Client() as client:
        assert client.persons.retrieve(1).id == 1
    assert posthog_emulator.requests[-1].headers["host"] in posthog_emulator_server.url
    assert posthog_emulator.api_key not in repr(posthog_emulator.requests)
    assert os.environ["POSTHOG_PROJECT_ID"] == "1"


def test_the_asynchronous_client_needs_no_plugin(
    posthog_emulator: Emulator, posthog_async_client: AsyncClient
) -> None:
    async def ask() -> list[int]:
        async with posthog_async_client as client:
            return [(await client.persons.retrieve(number)).id for number in (1, 2)]

    assert asyncio.run(ask()) == [1, 2]
    assert len(posthog_emulator.requests) == 2


def no_sleep(*_: Any) -> None:
    raise AssertionError("a client of the fixtures must not sleep")


@pytest.mark.posthog_emulator(throttle=True, persons=3)
def test_waiting_moves_the_time_of_the_emulator_only(
    posthog_emulator: Emulator, posthog_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", no_sleep)
    before = posthog_emulator.now
    for _ in range(300):
        posthog_client.persons.retrieve(1)
    assert 429 in [request.status for request in posthog_emulator.requests]
    assert posthog_emulator.now > before


@pytest.mark.posthog_emulator(throttle=True, persons=3)
def test_waiting_of_the_asynchronous_client_too(
    posthog_emulator: Emulator, posthog_async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", no_sleep)
    before = posthog_emulator.now

    async def ask() -> None:
        for _ in range(300):
            await posthog_async_client.persons.retrieve(1)

    asyncio.run(ask())
    assert 429 in [request.status for request in posthog_emulator.requests]
    assert posthog_emulator.now > before
