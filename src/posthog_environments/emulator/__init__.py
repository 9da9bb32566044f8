"""A PostHog stand-in: in process for tests, or served on loopback.

    from posthog_environments.emulator import Emulator

    emulator = Emulator(persons=20)
    client = emulator.client()

It answers every operation of the contract, keeps what is created, changed and deleted, and behaves as the real server
was seen to behave (`profile="observed"`) or as the documentation says (`profile="documented"`). It is checked against
the contract, not against the client.

    python -m posthog_environments.emulator --port 8010
"""

from __future__ import annotations

from posthog_environments.emulator.core import Emulator, EmulatorError
from posthog_environments.emulator.data.users import User
from posthog_environments.emulator.faults import Faults
from posthog_environments.emulator.messages import RecordedRequest
from posthog_environments.emulator.state import Behaviour

__all__ = ["Behaviour", "Emulator", "EmulatorError", "Faults", "RecordedRequest", "User"]
