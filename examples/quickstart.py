"""What the client does, in one go: `python examples/quickstart.py`, or `make demo`.

Runs against the emulator. With POSTHOG_PERSONAL_API_KEY and POSTHOG_PROJECT_ID set, its read-only part runs
against the real PostHog (POSTHOG_HOST chooses the region) and nothing is changed there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from all_operations import call_all, table
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from posthog_environments import Client, PostHogError, __version__
from posthog_environments.emulator import Emulator

PERSONS = 2_500
console = Console(width=None if sys.stdout.isatty() else 140)


def main() -> int:
    console.rule(f"posthog-environments {__version__}")
    real = bool(os.environ.get("POSTHOG_PERSONAL_API_KEY") and os.environ.get("POSTHOG_PROJECT_ID"))
    try:
        if real:
            with Client() as client:
                console.print(
                    f"Reading project {client.project_id} at {client.host}; nothing is changed there.\n"
                )
                read(client, total=None, most=1_000)
        emulator = Emulator(persons=PERSONS, events=5_000, seed=7)
        with emulator.client() as client:
            if not real:
                console.print(
                    f"No key is set, so this talks to the emulator: {PERSONS:,} persons, no network, no account.\n"
                )
                read(client, total=PERSONS, most=None)
            write(client)
    except PostHogError as error:
        console.print(f"[red]Failed:[/red] {error}", highlight=False, markup=True)
        return 1
    return every_operation()


def read(client: Client, total: int | None, most: int | None) -> None:
    """Persons over many pages, filtered events, a query: nothing here changes anything."""
    console.print("[bold]1. Every person, page by page, in constant memory")
    count = 0
    columns = (TextColumn("   persons"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("persons", total=total or most)
        last = "nobody"
        for person in client.persons.list(limit=200, max_items=most):
            count += 1
            last = person.name or "without a name"
            progress.update(task, completed=count)
        progress.update(task, total=count)
    console.print(f"   {count:,} persons read, the last one is {last}\n", highlight=False)

    console.print("[bold]2. Events with a filter")
    filters = [{"key": "$browser", "value": "Firefox", "operator": "exact", "type": "event"}]
    events = list(client.events.list(event="$pageview", properties=filters, limit=50, max_items=50))
    console.print(f"   the latest {len(events)} page views in Firefox", highlight=False)
    for event in events[:3]:
        console.print(f"   {event.timestamp}  {event.distinct_id}", highlight=False)

    console.print("\n[bold]3. A HogQL query")
    answer = client.query.create(
        query={
            "kind": "HogQLQuery",
            "query": "select event, count() from events group by event order by count() desc limit 5",
        },
        name="posthog-environments quickstart",
    )
    for name, number in answer.results or []:
        console.print(f"   {number:>6,}  {name}", highlight=False)


def write(client: Client) -> None:
    """A subscription, a file, an export: always against the emulator."""
    console.print("\n[bold]4. A weekly subscription and a file")
    subscription = client.subscriptions.create(
        insight=1,
        target_type="email",
        target_value="ada@example.com",
        frequency="weekly",
        byweekday=["monday"],
        start_date="2025-07-01T09:00:00Z",
        title="Weekly numbers",
    )
    console.print(
        f"   subscription {subscription.id}: next delivery {subscription.next_delivery_date}", highlight=False
    )
    entry = client.file_system.create(path="Reports/Weekly numbers", type="insight", ref="abc123")
    console.print(f"   file {entry.path} at depth {entry.depth}", highlight=False)

    console.print("\n[bold]5. An export, rendered and downloaded")
    export = client.exports.create(export_format="image/png", insight=1)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "insight.png"
        target.write_bytes(client.exports.content(export.id))
        console.print(f"   {target.name}: {target.stat().st_size:,} bytes\n", highlight=False)


def every_operation() -> int:
    """All operations of the contract, each called once with either client."""
    console.print("[bold]6. Every operation of the contract, called once, sync and async")
    rows = table(call_all())
    shown = Table(box=SIMPLE_HEAD)
    shown.add_column("", min_width=6)
    for column, width in (("method", 27), ("request", 38), ("sync", 26), ("async", 26)):
        shown.add_column(column, no_wrap=True, max_width=width)
    for name, request, sync, other, passed in rows:
        shown.add_row("[green]ok" if passed else "[red]FAILED", name, request, sync, other)
    console.print(shown)
    failed = [name for name, *_, passed in rows if not passed]
    console.print(
        f"[bold]{len(rows) - len(failed)} of {len(rows)} operations did what the contract promises.",
        highlight=False,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
