"""Progress bars: drawn where somebody looks, never among the output, never in the way."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from posthog_environments import InvalidRequestError, MissingDependencyError, files, progress
from posthog_environments.emulator import Emulator

from .conftest import Cli

RANGE = {"after": "2020-01-01", "before": "2026-01-01"}


def terminal() -> tuple[Console, io.StringIO]:
    drawn = io.StringIO()
    return Console(file=drawn, force_terminal=True, width=100, color_system=None), drawn


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(persons=250, events=2_000)


def test_what_is_tracked_comes_unchanged_and_the_line_goes_in_the_end(emulator: Emulator) -> None:
    console, drawn = terminal()
    with emulator.client() as client:
        persons = list(progress.track(client.persons.list(), "persons", console=console))
        assert [one.uuid for one in persons] == [one.uuid for one in client.persons.list()]
    assert "persons" in drawn.getvalue()
    assert drawn.getvalue().endswith("\x1b[2K")


def test_asynchronous_items_are_tracked_alike(emulator: Emulator) -> None:
    async def count(console: Console) -> int:
        async with emulator.async_client() as client:
            return len(
                [one async for one in progress.track(client.persons.list(), "persons", console=console)]
            )

    console, drawn = terminal()
    assert asyncio.run(count(console)) == 250
    assert "persons" in drawn.getvalue()


def test_tracking_is_ended_early_and_ends_what_it_tracks() -> None:
    closed: list[bool] = []

    def items() -> Any:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    console, drawn = terminal()
    tracked = progress.track(items(), console=console)
    assert next(tracked) == 0
    tracked.close()  # type: ignore[attr-defined]
    assert closed == [True]
    assert drawn.getvalue().endswith("\x1b[2K")


def test_every_callback_of_the_package_takes_a_bar(emulator: Emulator, tmp_path: Path) -> None:
    console, _ = terminal()
    with emulator.client() as client:
        shown = progress.bar("events", console=console)
        assert len(list(client.events.iterate(**RANGE, on_progress=shown))) == 2_000  # type: ignore[arg-type]
        assert repr(shown).startswith("<ProgressBar events: 2,000 of ")
        client.query.hogql("select 1", refresh="async", on_progress=progress.bar("query", console=console))
        shown = progress.bar("rows", console=console)
        files.write(client.persons.list(), tmp_path / "x.csv", on_progress=shown)
        assert repr(shown) == "<ProgressBar rows: 250>"
        done = client.exports.create_and_wait(
            insight=1, export_format="image/png", on_progress=progress.bar(console=console)
        )
        shown = progress.bar("bytes", console=console)
        path = done.download(tmp_path / "x.png", on_progress=shown)
        assert repr(shown).startswith(f"<ProgressBar bytes: {path.stat().st_size:,}")


def test_a_bar_that_nobody_holds_any_more_is_gone() -> None:
    console, drawn = terminal()

    def work(on_progress: Any) -> None:
        on_progress(1, 2)

    work(progress.bar("work", console=console))
    gc.collect()
    assert drawn.getvalue().endswith("\x1b[2K")


def test_nothing_is_drawn_where_nobody_looks() -> None:
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=False)
    assert list(progress.track(range(1_000), console=console)) == list(range(1_000))
    assert drawn.getvalue() == ""


def test_without_rich_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    for make in (progress.bar, lambda: progress.track([])):
        with pytest.raises(MissingDependencyError, match=r'pip install "posthog-environments\[cli\]"'):
            make()


def test_what_is_no_progress_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="cannot show a str"):
        progress.bar(console=terminal()[0])("half")
    with pytest.raises(InvalidRequestError, match="cannot be iterated"):
        progress.track(5)  # type: ignore[call-overload]


def test_the_command_line_draws_on_standard_error_and_only_when_somebody_looks(cli: Cli) -> None:
    quiet = cli("persons", "list")
    watched = cli("persons", "list", watched=True)
    assert watched.content == quiet.content
    assert "persons" in watched.err
    assert quiet.err == ""
    assert cli("persons", "list", "--no-progress", watched=True).err == ""
    assert "query" in cli("query", "select 1", "--background", watched=True).err


def test_rows_that_stream_to_the_terminal_are_not_mixed_with_a_bar(cli: Cli) -> None:
    assert cli("-o", "jsonl", "persons", "list", terminal=True, watched=True).err == ""


def test_waiting_to_try_again_is_told_to_whoever_looks(cli: Cli) -> None:
    import httpx

    answers = [httpx.Response(429, headers={"Retry-After": "7"}, json={"detail": "slow down"})]
    cli.options["transport"] = httpx.MockTransport(
        lambda _: answers.pop() if answers else httpx.Response(200, json={"results": [], "next": None})
    )
    ran = cli("subscriptions", "list", "-o", "json", watched=True)
    assert ran.status == 0
    assert "trying again in 7 s: 429" in ran.err
