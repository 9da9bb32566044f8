"""The same tests on either engine: `pytest tests/emulator/hogql --query-engine chdb`, which `make parity` runs."""

from __future__ import annotations

import pytest

from posthog_environments.emulator.hogql import running
from posthog_environments.emulator.query_engine import ENGINES, EngineName


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--query-engine", choices=ENGINES, default="duckdb", help="what runs HogQL in these tests"
    )


@pytest.fixture
def query_engine(request: pytest.FixtureRequest) -> EngineName:
    name: EngineName = request.config.getoption("--query-engine")
    return name


@pytest.fixture(autouse=True)
def _on_the_engine_asked_for(query_engine: EngineName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "chosen", lambda name: name or query_engine)
