"""What every kind of addition needs."""

from __future__ import annotations

import threading
from datetime import datetime

from posthog_environments.emulator.data import checking
from posthog_environments.emulator.state import State

Moment = datetime | str


class Adding:
    """Adds rows to the data of an emulator. Any number of threads may add while others ask."""

    _state: State
    _lock: threading.Lock

    def _micros(self, given: Moment | None, name: str) -> int:
        return self._state.clock.micros() if given is None else checking.checked_micros(given, name)
