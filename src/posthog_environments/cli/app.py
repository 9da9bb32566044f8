"""The command `posthog-environments` and what its parts share."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Final

import click
from click.shell_completion import shell_complete

from posthog_environments._version import __version__
from posthog_environments.cli import failures
from posthog_environments.cli.options import shared
from posthog_environments.cli.session import Session
from posthog_environments.cli.streams import Terminated, discard_output

NAME: Final = "posthog-environments"
COMPLETION_VARIABLE: Final = "_POSTHOG_ENVIRONMENTS_COMPLETE"
COMMANDS: Final = {
    "call": "Call any operation of the API.",
    "completion": "Show the completion script of a shell.",
    "doctor": "Check key, host, project, clock and scopes, and say what to fix.",
    "emulator": "Serve a PostHog stand-in on this machine.",
    "events": "Read events.",
    "export": "Render an insight, a dashboard or a recording to a file.",
    "persons": "Read and delete persons.",
    "query": "Run HogQL.",
    "subscriptions": "See and end scheduled deliveries.",
}


class _Commands(click.Group):
    """Each command is imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"posthog_environments.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit status"):
            formatter.write_dl([(str(status), meaning) for status, meaning in failures.MEANINGS.items()])
        super().format_epilog(ctx, formatter)


@click.command(
    NAME,
    cls=_Commands,
    params=shared(hidden=False),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="The key is read from $POSTHOG_PERSONAL_API_KEY, or from --key-file; it is never an argument, since "
    "everybody on the machine may see those.",
)
@click.version_option(__version__, prog_name=NAME)
@click.pass_context
def command(ctx: click.Context, /) -> None:
    """PostHog's environments API on the command line. Unofficial."""
    ctx.call_on_close(ctx.ensure_object(Session).close)


def run(arguments: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments; those of the process by default.
        session: What commands share, for tests.

    Returns:
        The exit status, see `failures`.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(given, session or Session())
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        return failures.NO_READER
    except Exception as error:
        with suppress(BrokenPipeError):
            sys.stdout.flush()  # rows that came before the error
        return _failed(error)
    except KeyboardInterrupt as error:
        with suppress(OSError):
            click.echo("interrupted", err=True)
        discard_output()
        return failures.TERMINATED if isinstance(error, Terminated) else failures.INTERRUPTED
    return status


def _run(arguments: list[str], session: Session) -> int:
    # Not click's own `main`, which would make status 1 of a reader who has gone and of Ctrl-C.
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        return shell_complete(command, {}, NAME, COMPLETION_VARIABLE, instruction)
    try:
        with command.make_context(NAME, arguments, obj=session) as ctx:
            command.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code
    return 0


def _failed(error: Exception) -> int:
    """Say in one line what went wrong."""
    with suppress(BrokenPipeError):
        if isinstance(error, click.Abort):
            click.echo("interrupted", err=True)
            return failures.INTERRUPTED
        if isinstance(error, click.ClickException):
            error.show()
            return error.exit_code
        if isinstance(error, failures.CAUGHT):
            click.echo(f"error: {failures.described(error)}", err=True)
            return failures.status_of(error)
        raise error
    discard_output()
    return failures.NO_READER
