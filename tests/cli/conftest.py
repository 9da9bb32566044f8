"""The command line against an emulator: in this process, or as a process of its own."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
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
    content: bytes
    err: str

    @property
    def out(self) -> str:
        return self.content.decode()

    @property
    def rows(self) -> list[Any]:
        """The lines as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Stream(io.TextIOWrapper):
    """A stream that may be a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(text.encode()), encoding="utf-8", newline="\n", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def content(self) -> bytes:
        self.flush()
        found = self.buffer
        assert isinstance(found, io.BytesIO)
        return found.getvalue()


@define
class Cli:
    """Runs commands in this process."""

    emulator: Emulator
    monkeypatch: pytest.MonkeyPatch
    options: dict[str, Any] = field(factory=dict[str, Any])

    def __call__(
        self,
        *arguments: str,
        typed: str | None = None,
        stdin: str = "",
        terminal: bool = False,
        watched: bool = False,
        width: int = 100,
        key: str | None = None,
        **environment: str,
    ) -> Ran:
        """Run a command.

        Args:
            arguments: Its arguments.
            typed: What a person types, or None when there is none.
            stdin: What standard input holds otherwise.
            terminal: Whether a person reads the output.
            watched: Whether a person reads standard error.
            width: Of the terminal.
            key: Another key than the emulator's.
            environment: More environment variables.
        """
        options: dict[str, Any] = {
            **self.emulator._arguments({}),  # pyright: ignore[reportPrivateUsage]
            "clock": FakeClock(),
            **self.options,
        }
        if key is not None:
            options["api_key"] = key
        out, err = Stream(terminal=terminal), Stream(terminal=watched)
        with self.monkeypatch.context() as patch:
            for name, value in {"COLUMNS": str(width), "TERM": "xterm", **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", Stream(stdin if typed is None else typed, terminal=typed is not None))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            status = run(arguments, Session(client_options=options))
        return Ran(status, out.content, err.content.decode())


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    return Cli(Emulator(persons=30, events=300), monkeypatch)


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a process, with nothing of the developer's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POSTHOG_")}


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[tuple[Emulator, dict[str, str]]]:
    """An emulator on loopback, and the environment of a process that is to use it."""
    emulator = Emulator(persons=1_500, events=3_000)
    with emulator.serve() as server:
        yield (
            emulator,
            {
                **environment,
                "POSTHOG_HOST": server.url,
                "POSTHOG_PROJECT_ID": str(emulator.project_id),
                "POSTHOG_PERSONAL_API_KEY": emulator.api_key,
            },
        )
