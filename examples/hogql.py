"""HogQL with values, typed rows and errors that show the mistake: `python examples/hogql.py`.

Runs against the emulator; with `Client()` instead it runs against your project.
"""

from __future__ import annotations

from datetime import UTC, datetime

from posthog_environments import Client, QueryError
from posthog_environments.emulator import Emulator

SQL = """
select event, count()
from events
where event != {ignored}
group by event
order by count() desc
limit 5
"""


def main(client: Client) -> None:
    result = client.query.hogql(SQL, values={"ignored": "$pageleave"}, name="Events by name")
    print(result)
    for event, count in result:
        print(f"{count:>6,}  {event}")

    latest = client.query.hogql("select timestamp, uuid, event from events order by timestamp desc limit 1")
    row = latest.dicts()[0]
    assert isinstance(row["timestamp"], datetime)
    print(f"the latest is {row['event']}, {row['timestamp'].astimezone(UTC):%d %B %Y}")

    total = client.query.hogql("select count() from events").scalar()
    print(f"{total:,} events in all")

    try:
        client.query.hogql("select evnt from events")
    except QueryError as error:
        print(error.explain())


if __name__ == "__main__":
    with Emulator(persons=50, events=2_000).client() as client:
        main(client)
