"""The command line against an emulator, in process."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from attrs import define, field

from posthog_environments.cli.app import run
from posthog_environments.cli.session import Session
from posthog_environments.emulator import Emulator

from ..client.conftest import FakeClock


@define
class Ran:
    """What came of one command."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """The lines as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Terminal(io.StringIO):
    """Where a person reads and types."""

    def isatty(self) -> bool:
        return True


@define
class Cli:
    """Runs commands."""

    emulator: Emulator
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    options: dict[str, Any] = field(factory=dict[str, Any])

    def __call__(self, *arguments: str, typed: str | None = None, terminal: bool = False, key: str | None = None) -> Ran:
        """Run a command; `typed` is what a person answers, `terminal` whether one reads the output."""
        options: dict[str, Any] = {
            **self.emulator._arguments({}),  # pyright: ignore[reportPrivateUsage]
            "clock": FakeClock(),
            **self.options,
        }
        if key is not None:
            options["api_key"] = key
        with self.monkeypatch.context() as patch:
            stdin = io.StringIO() if typed is None else Terminal(typed)
            patch.setattr(sys, "stdin", stdin)
            if terminal:
                patch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
            status = run(arguments, Session(client_options=options))
        out, err = self.capsys.readouterr()
        return Ran(status, out, err)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(Emulator(persons=30, events=300), monkeypatch, capsys)
