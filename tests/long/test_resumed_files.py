"""A pull that is cut short at any moment, and gone on with, has every row once."""

from __future__ import annotations

import csv
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from posthog_environments import InvalidRequestError, WriteError, files
from posthog_environments.emulator import Emulator, Faults
from posthog_environments.files import resume as resume_module

from ..client.conftest import FakeClock, Side, side

__all__ = ["side"]
AFTER, BEFORE = "2020-01-01", "2030-01-01"


class Numbers:
    """Numbers that can be taken up again, and that fail before the one at `fails_at`."""

    def __init__(self, count: int, token: str | None = None, fails_at: int | None = None) -> None:
        self.at, self.count, self.fails_at = int(token or 0), count, fails_at

    @property
    def token(self) -> str:
        return str(self.at)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self

    def __next__(self) -> dict[str, Any]:
        if self.at == self.fails_at:
            raise KeyboardInterrupt
        if self.at == self.count:
            raise StopIteration
        self.at += 1
        return {"number": self.at, "text": "é" * (self.at % 7)}

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        try:
            return next(self)
        except StopIteration:
            raise StopAsyncIteration from None


def write(side: Side, items: Any, path: Path, **options: Any) -> files.WrittenFile:
    if side.kind == "sync":
        return files.write(items, path, resume=True, **options)
    result: files.WrittenFile = side.run(files.write_async(items, path, resume=True, **options))
    return result


def names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def numbers_in(path: Path) -> list[int]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [int(row["number"]) for row in csv.DictReader(file)]
    return [json.loads(line)["number"] for line in path.read_bytes().splitlines()]


def source(count: int, fails_at: int | None = None) -> Callable[[str | None], Numbers]:
    return lambda token: Numbers(count, token, fails_at)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_an_interrupted_pull_goes_on_where_it_was(side: Side, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    begun: list[str | None] = []

    def source_of(token: str | None) -> Numbers:
        begun.append(token)
        return Numbers(100, token, fails_at=55 if token is None else None)

    with pytest.raises(KeyboardInterrupt):
        write(side, source_of, path, batch_size=10)
    assert names(tmp_path) == [name, name + ".part", name + ".resume"]
    assert path.read_bytes() == b"old"
    done = write(side, source_of, path, batch_size=10)
    assert begun == [None, "50"]
    assert numbers_in(path) == list(range(1, 101))
    assert (done.rows, done.bytes) == (100, path.stat().st_size)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_the_result_is_the_same_bytes_as_without_interruption(side: Side, tmp_path: Path, name: str) -> None:
    files.write(Numbers(137), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    chance = random.Random(7)
    for _ in range(25):
        failures = sorted(chance.sample(range(137), 4))
        for fails_at in failures:
            with pytest.raises(KeyboardInterrupt):
                write(side, source(137, fails_at), tmp_path / name, batch_size=chance.randint(1, 40))
        write(side, source(137), tmp_path / name, batch_size=chance.randint(1, 40))
        assert (tmp_path / name).read_bytes() == whole
        assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(
    side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The folder as it is before and after every system call that changes it, also with half of the last write."""
    folder, seen = tmp_path / "work", tmp_path / "seen"
    folder.mkdir()
    seen.mkdir()
    states = 0

    def keep() -> None:
        nonlocal states
        shutil.copytree(folder, seen / str(states))
        part, sidecar = (seen / str(states) / (name + end) for end in (".part", ".resume"))
        if states % 2 and sidecar.exists() and '"done": true' not in sidecar.read_text():
            part.write_bytes(part.read_bytes() + b'{"number": 1')
        states += 1

    for function in ("fsync", "replace", "unlink"):
        real = getattr(os, function)

        def watched(*arguments: Any, real: Any = real) -> None:
            keep()
            real(*arguments)
            keep()

        monkeypatch.setattr(resume_module.os, function, watched)
    write(side, source(40), folder / name, batch_size=7)
    monkeypatch.undo()
    assert states > 40
    for state in range(states):
        write(side, source(40), seen / str(state) / name, batch_size=7)
        assert numbers_in(seen / str(state) / name) == list(range(1, 41))
        assert names(seen / str(state)) == [name]


def test_a_full_disk_keeps_what_counts(side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    real = os.fsync

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(resume_module.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write(side, source(100), tmp_path / "a.jsonl", batch_size=10)
    assert "after row" in caught.value.__notes__[0]
    assert "a.jsonl.part" in names(tmp_path)
    write(side, source(100), tmp_path / "a.jsonl", batch_size=10)
    assert numbers_in(tmp_path / "a.jsonl") == list(range(1, 101))
    assert names(tmp_path) == ["a.jsonl"]


def test_a_pull_that_was_complete_is_not_asked_for_again(side: Side, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write(side, source(10), path)
    text = path.read_bytes()
    state = {"v": 1, "format": "jsonl", "rows": 10, "bytes": len(text), "token": "10", "columns": ["number"]}
    for has_name in (False, True):
        (tmp_path / "a.jsonl.resume").write_text(json.dumps({**state, "done": True}))
        if not has_name:
            path.rename(tmp_path / "a.jsonl.part")
        done = write(side, lambda token: pytest.fail("asked"), path)
        assert (done.rows, done.bytes, path.read_bytes()) == (10, len(text), text)
        assert names(tmp_path) == ["a.jsonl"]
    (tmp_path / "a.jsonl.resume").write_text(json.dumps({**state, "done": True}))
    path.unlink()
    with pytest.raises(InvalidRequestError, match="but it is gone"):
        write(side, source(10), path)


def interrupted(side: Side, path: Path, **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(side, source(100, 50), path, batch_size=10, **options)


def test_going_on_otherwise_than_it_was_begun_is_refused(side: Side, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    interrupted(side, path)
    kept = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    with pytest.raises(InvalidRequestError, match="begun as csv"):
        write(side, source(100), path, format="jsonl")
    with pytest.raises(InvalidRequestError, match="begun with the columns number, text"):
        write(side, source(100), path, columns=["text"])
    with pytest.raises(WriteError, match="row 51 has a column 'other'"):
        write(side, lambda token: Other(token), path)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == kept
    write(side, source(100), path)
    assert numbers_in(path) == list(range(1, 101))


class Other(Numbers):
    def __init__(self, token: str | None) -> None:
        super().__init__(100, token)

    def __next__(self) -> dict[str, Any]:
        return {**super().__next__(), "other": 1}


def test_files_that_are_not_as_they_were_left_are_refused(side: Side, tmp_path: Path) -> None:
    path, part, sidecar = (tmp_path / f"a.jsonl{end}" for end in ("", ".part", ".resume"))
    part.write_bytes(b"somebody's own")
    with pytest.raises(InvalidRequestError, match=r"no a\.jsonl\.resume that says how far it is"):
        write(side, source(100), path)
    assert part.read_bytes() == b"somebody's own"
    part.unlink()
    interrupted(side, path)
    for spoiled in (part.read_bytes()[:-5], None):
        part.unlink() if spoiled is None else part.write_bytes(spoiled)
        with pytest.raises(InvalidRequestError, match="is shorter than"):
            write(side, source(100), path)
    for text in ("no json", "[]", "{}", '{"v": 2}', '{"v": 1, "columns": null, "x": 1}'):
        sidecar.write_text(text)
        with pytest.raises(InvalidRequestError, match="delete both to begin again"):
            write(side, source(100), path)
    sidecar.unlink()
    write(side, source(100), path)
    assert numbers_in(path) == list(range(1, 101))


def test_two_processes_do_not_write_one_file(side: Side, tmp_path: Path) -> None:
    def twice(_: Any) -> None:
        with pytest.raises(InvalidRequestError, match="another process is writing"):
            files.write(source(100), tmp_path / "a.jsonl", resume=True)

    write(side, source(100), tmp_path / "a.jsonl", batch_size=30, on_progress=twice)
    assert numbers_in(tmp_path / "a.jsonl") == list(range(1, 101))


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_events_cut_anywhere_under_faults_come_exactly_once(side: Side, tmp_path: Path, profile: Any) -> None:
    """20,000 events, up to 1,300 of them at one moment: more than a page holds."""
    emulator = Emulator(events=20_000, ties=1_300, profile=profile, faults=Faults(seed=3, rate=0.1))
    make = emulator.client if side.kind == "sync" else emulator.async_client
    chance, path, runs = random.Random(5), tmp_path / "events.jsonl", 0

    def stop(progress: files.WriteProgress) -> None:
        if chance.random() < 0.15:
            raise KeyboardInterrupt

    while not path.exists():
        runs += 1
        assert runs < 50
        events = make(clock=FakeClock(), max_retries=8).events.iterate(after=AFTER, before=BEFORE)
        try:
            side.run(events.to_file(path, resume=True, batch_size=700, on_progress=stop))
        except KeyboardInterrupt:
            continue
    found = [json.loads(line)["id"] for line in path.read_bytes().splitlines()]
    assert len(found) == len(set(found)) == 20_000
    assert runs > 2
    assert names(tmp_path) == ["events.jsonl"]


PULL = """
import sys
from posthog_environments import Client
url, path = sys.argv[1:]
with Client(1, api_key="phx_emulator_key_for_tests_only", host=url) as client:
    client.events.iterate(after="2020-01-01", page_size=200).to_file(
        path, resume=True, batch_size=100, on_progress=lambda progress: print(progress.rows, flush=True)
    )
"""


def test_kill_9_at_several_points_loses_and_doubles_nothing(tmp_path: Path) -> None:
    emulator = Emulator(events=3_000, ties=30)
    path, chance, kills = tmp_path / "events.csv", random.Random(1), 0
    with emulator.serve() as server:
        while not path.exists():
            command = [sys.executable, "-W", "error", "-c", PULL, server.url, str(path)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                for _ in range(chance.randint(1, 12)):
                    process.stdout.readline()
                process.send_signal(signal.SIGKILL)
                process.stdout.read()
            assert process.returncode in (0, -signal.SIGKILL)
            kills += process.returncode != 0
    with path.open(newline="") as file:
        found = [row["id"] for row in csv.DictReader(file)]
    assert len(found) == len(set(found)) == 3_000
    assert kills >= 3
    assert names(tmp_path) == ["events.csv"]
