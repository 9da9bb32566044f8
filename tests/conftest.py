"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .wire import Watch, watch

pytest_plugins = [
    "pytester"
]  # runs pytest within tests: our own plugin, and the examples of the documentation


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key or host of the developer's own must not reach a test."""
    for name in ("POSTHOG_PERSONAL_API_KEY", "POSTHOG_PROJECT_ID", "POSTHOG_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def wire() -> Iterator[Watch]:
    """Every request of a client and every answer of the emulator keeps the contract, in every test."""
    with pytest.MonkeyPatch.context() as patch:
        seen = watch(patch)
        yield seen
    assert not seen.problems, "\n".join(["the contract was broken on the wire:", *seen.problems])
