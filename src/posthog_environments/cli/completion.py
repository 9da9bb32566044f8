"""`completion`: the script that a shell needs."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from posthog_environments.cli.app import COMPLETION_VARIABLE, NAME
from posthog_environments.cli.options import Command

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=Command,
    examples=(
        'completion bash     # in ~/.bashrc: eval "$(posthog-environments completion bash)"',
        'completion zsh      # in ~/.zshrc: eval "$(posthog-environments completion zsh)"',
        "completion fish     # > ~/.config/fish/completions/posthog-environments.fish",
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> None:
    """Show the completion script of SHELL."""
    from posthog_environments.cli.app import command as whole

    kind = get_completion_class(shell)
    assert kind is not None
    # Not the bash class's own `source`, which runs whatever `bash` is found to ask for its version.
    click.echo(ShellComplete.source(kind(whole, {}, NAME, COMPLETION_VARIABLE)))
