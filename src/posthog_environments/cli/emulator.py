"""`emulator`: a PostHog stand-in on this machine."""

from __future__ import annotations

import click


@click.command(
    "emulator",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve a PostHog stand-in on loopback, for tests and for trying things out."""
    from posthog_environments.emulator.__main__ import main

    try:
        status = main(ctx.args, program="posthog-environments emulator")
    except SystemExit as done:  # argparse, after --help or a mistake
        status = done.code if isinstance(done.code, int) else 2
    ctx.exit(status)
