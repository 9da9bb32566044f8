"""Delete everybody with an e-mail address, after a look at who that is: `python examples/delete_person.py`.

Runs against the emulator; with `Client()` instead it deletes persons of your project for good.
"""

from __future__ import annotations

from posthog_environments import Client
from posthog_environments.emulator import Emulator


def main(client: Client, email: str) -> None:
    plan = client.persons.delete(email=email, dry_run=True)
    for person in plan.persons:
        print(f"would delete {person.name}, known as {', '.join(person.distinct_ids or [])}")

    done = client.persons.delete(email=email, delete_events=True, dry_run=False)
    print(f"deleted {len(done.persons)}; found afterwards: {client.persons.find(email=email)}")


if __name__ == "__main__":
    with Emulator().client() as client:
        someone = next(person for person in client.persons.list() if "email" in (person.properties or {}))
        main(client, someone.properties["email"])  # type: ignore[index]
