"""What every command shares: how to reach the server, and how to show what comes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from attrs import define, field

from posthog_environments.client import Client
from posthog_environments.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

OUTPUTS = ("table", "json", "jsonl", "csv")


@define
class Session:
    """One run of the command line.

    Attributes:
        project: Project, or None for `POSTHOG_PROJECT_ID`.
        host: Host, or None for `POSTHOG_HOST`.
        api_root: `environments` or `projects`.
        key_file: File that holds the key, or None for `POSTHOG_PERSONAL_API_KEY`.
        timeout: Seconds for each call, or None.
        output: One of `OUTPUTS`, or None to choose by where it goes.
        progress: Whether to show progress, or None to do so on a terminal.
        client_options: Further arguments of `Client`, for tests.
    """

    project: str | None = None
    host: str | None = None
    api_root: str = "environments"
    key_file: str | None = None
    timeout: float | None = None
    output: str | None = None
    progress: bool | None = None
    client_options: dict[str, Any] = field(factory=dict[str, Any])
    _client: Client | None = field(default=None, init=False)

    @property
    def client(self) -> Client:
        """The client; made when it is first used, so that `--help` needs no key.

        Raises:
            ConfigurationError: No key or project was found, or one of the settings cannot work.
        """
        if self._client is None:
            options: dict[str, Any] = {
                "host": self.host,
                "api_root": self.api_root,
                "deadline": self.timeout,
                **self.client_options,
            }
            if self.key_file is not None:
                options["api_key"] = _key_in(self.key_file)
            self._client = Client(options.pop("project_id", self.project), **options)
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def stdout(self) -> TextIO:
        return sys.stdout

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads the output."""
        return self.stdout.isatty()

    @property
    def shows_progress(self) -> bool:
        return sys.stderr.isatty() if self.progress is None else self.progress

    def chosen(self, default: str) -> str:
        """The form of the output: as asked for, else a table for people and `default` for programs."""
        return self.output or ("table" if self.is_terminal else default)

    def console(self, *, stderr: bool = False) -> Console:
        from rich.console import Console

        return Console(stderr=stderr, highlight=False, soft_wrap=not self.is_terminal)

    def say(self, text: str) -> None:
        """A word to the person at the terminal, never part of the output."""
        click.echo(text, err=True)


def _key_in(path: str) -> Callable[[], str]:
    """Reads the key from a file when it is needed, `-` for standard input; it stays out of arguments and variables."""
    kept: list[str] = []

    def read() -> str:
        if not kept:
            try:
                text = sys.stdin.readline() if path == "-" else Path(path).read_text(encoding="utf-8")
            except OSError as error:
                raise ConfigurationError(f"the key file cannot be read: {error.strerror}: {path}") from None
            except UnicodeDecodeError:
                raise ConfigurationError(f"the key file is no text: {path}") from None
            if not text.strip():
                raise ConfigurationError(f"the key file is empty: {path}")
            kept.append(text.strip())
        return kept[0]

    return read


pass_session = click.make_pass_decorator(Session, ensure=True)
