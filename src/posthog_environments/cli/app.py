"""The command `posthog-environments` and what its parts share."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from posthog_environments._version import __version__
from posthog_environments.cli import failures
from posthog_environments.cli.session import OUTPUTS, Session

_COMMANDS: Final = {
    "call": "Call any operation of the API.",
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
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"posthog_environments.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The key is read from POSTHOG_PERSONAL_API_KEY, or from --key-file; it is never an argument.",
)
@click.version_option(__version__, prog_name="posthog-environments")
@click.option("--project", envvar="POSTHOG_PROJECT_ID", metavar="ID", help="Project (environment) number.")
@click.option("--host", envvar="POSTHOG_HOST", metavar="HOST", help="us, eu, or the URL of another PostHog.")
@click.option(
    "--api-root",
    type=click.Choice(["environments", "projects"]),
    default="environments",
    show_default=True,
    help="Root of the paths; PostHog is moving from environments to projects.",
)
@click.option(
    "--key-file", metavar="FILE", help="File with the personal API key; - reads it from standard input."
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds for each call.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(OUTPUTS),
    help="Form of the output; by default a table on a terminal, else JSON Lines or JSON.",
)
@click.option("--progress/--no-progress", default=None, help="Show progress; by default on a terminal.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """PostHog's environments API on the command line. Unofficial."""
    session = ctx.ensure_object(Session)
    for name, value in options.items():
        setattr(session, name, value)
    ctx.call_on_close(session.close)


def run(arguments: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Arguments; those of the process by default.
        session: What commands share, for tests.

    Returns:
        The exit status, see `failures`.
    """
    try:
        status = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="posthog-environments",
            obj=session or Session(),
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return failures.INTERRUPTED
    except BrokenPipeError:
        # What is still in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failures.NO_READER
    except failures.CAUGHT as error:
        click.echo(f"error: {failures.described(error)}", err=True)
        return failures.status_of(error)
    return status if isinstance(status, int) else 0
