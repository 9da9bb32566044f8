"""The fixture `posthog_emulator`, for the tests of programs that use PostHog. pytest finds it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from posthog_environments.emulator import Emulator


@pytest.fixture
def posthog_emulator() -> Emulator:
    """A fresh emulator for one test."""
    from posthog_environments.emulator import Emulator

    return Emulator()
