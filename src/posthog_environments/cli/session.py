"""What every command shares: how to reach the server, and where the output goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import define, field

from posthog_environments.cli.streams import visible
from posthog_environments.client import Client
from posthog_environments.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from posthog_environments.clock import Clock
    from posthog_environments.policy import RetryEvent

OUTPUTS = ("table", "json", "jsonl", "csv")
Shown = Callable[..., None]


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
    _key_from_stdin: str | None = field(default=None, init=False, repr=False)

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
                "on_retry": self._tell_retry,
                **self.client_options,
            }
            if self.key_file is not None:
                options["api_key"] = self._key
            self._client = Client(options.pop("project_id", self.project), **options)
        return self._client

    @property
    def clock(self) -> Clock:
        """The client's clock."""
        return self.client._caller.settings.clock  # pyright: ignore[reportPrivateUsage]

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    # --- where the output goes -----------------------------------------------------------------------------

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads the output."""
        return sys.stdout.isatty()

    def chosen(self, default: str) -> str:
        """The form of the output: as asked for, else a table for people and `default` for programs."""
        return self.output or ("table" if self.is_terminal else default)

    def write(self, text: str) -> None:
        """Write output; on a terminal nothing in it can move the cursor or change colours."""
        sys.stdout.write(visible(text) if self.is_terminal else text)

    def write_bytes(self, content: bytes) -> None:
        """Write output that may be no text.

        Raises:
            click.UsageError: It is none, and would go to a terminal.
        """
        if self.is_terminal:
            try:
                self.write(content.decode())
            except UnicodeDecodeError:
                raise click.UsageError(
                    "the answer is no text: send it to a file (> FILE), or use --output json"
                ) from None
            return
        sys.stdout.flush()
        sys.stdout.buffer.write(content)

    def flush(self) -> None:
        sys.stdout.flush()

    def console(self) -> Console:
        """Where tables go: as wide as the terminal (or `COLUMNS`), 100 characters elsewhere."""
        from rich.console import Console

        console = Console(highlight=False, markup=False, emoji=False)
        if not self.is_terminal and "COLUMNS" not in console._environ:  # pyright: ignore[reportPrivateUsage]
            console.width = 100
        return console

    def say(self, text: str) -> None:
        """A word to the person at the terminal, never part of the output."""
        click.echo(visible(text), err=True)

    # --- progress ------------------------------------------------------------------------------------------

    @contextmanager
    def bar(self, description: str) -> Generator[Shown, None, None]:
        """A progress bar on standard error; call what it gives with how far it is."""
        shows = sys.stderr.isatty() if self.progress is None else self.progress
        if not shows:
            yield _nothing
            return
        from posthog_environments.progress import bar

        with bar(description) as shown:
            yield shown

    def _tell_retry(self, event: RetryEvent) -> None:
        if sys.stderr.isatty() and event.delay >= 1:
            self.say(f"trying again in {event.delay:.0f} s: {event.error}")

    # --- standard input ------------------------------------------------------------------------------------

    def _key(self) -> str:
        """The key, read when it is needed; it stays out of arguments and variables."""
        path = self.key_file
        assert path is not None
        if path == "-":
            if self._key_from_stdin is None:
                self._key_from_stdin = sys.stdin.readline().strip()
            text = self._key_from_stdin
        else:
            try:
                text = Path(path).expanduser().read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigurationError(f"the key file cannot be read: {error.strerror}: {path}") from None
            except UnicodeDecodeError:
                raise ConfigurationError(f"the key file is no text: {path}") from None
        if not text:
            raise ConfigurationError(f"the key file is empty: {path}")
        return text

    def text_of(self, source: str) -> str:
        """The text of a file, or of standard input for `-`, behind the key where that comes from there too.

        Raises:
            click.UsageError: It cannot be read.
        """
        try:
            if source == "-":
                if self.key_file == "-":
                    self._key()
                return sys.stdin.read()
            return Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"{source} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise click.UsageError(f"{source} is no text") from None


def _nothing(*_: Any) -> None:
    pass


pass_session = click.make_pass_decorator(Session, ensure=True)
