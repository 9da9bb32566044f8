"""When each subscription is delivered next, and when a new one would be: `python examples/subscriptions_upcoming.py`.

Runs against the emulator; with `Client()` instead it runs against your project. Nothing is created.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from posthog_environments import Client, InvalidRequestError, Schedule
from posthog_environments.emulator import Emulator

NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)


def main(client: Client) -> None:
    for subscription in client.subscriptions.list():
        moments = client.subscriptions.upcoming(subscription, 2, after=NOW)
        print(
            f"{subscription.title}: {', '.join(f'{moment:%a %d %b %H:%M}' for moment in moments) or 'never'}"
        )

    last_friday = Schedule(
        frequency="monthly", start=datetime(2025, 7, 1, 9, tzinfo=UTC), byweekday=("friday",), bysetpos=-1
    )
    for moment in last_friday.upcoming(3, after=NOW):
        print(
            f"{moment:%a %d %b %H:%M} UTC is {moment.astimezone(ZoneInfo('Europe/Berlin')):%H:%M} in Berlin"
        )

    try:
        client.subscriptions.create(
            insight=1,
            target_type="email",
            target_value="ada@example.com",
            frequency="weekly",
            byweekday=["payday"],
            start_date="2025-07-01T09:00:00Z",
        )
    except InvalidRequestError as error:
        print(f"refused before anything is sent: {error}")


if __name__ == "__main__":
    with Emulator().client() as client:
        main(client)
