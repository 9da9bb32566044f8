"""The command line, `posthog-environments`. Needs the extra `cli`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of this process; the result is the exit status."""
    try:
        import click
        import rich
    except ImportError:
        sys.stderr.write('The command line needs more packages: pip install "posthog-environments[cli]"\n')
        return 2
    del click, rich
    from posthog_environments.cli.app import run
    from posthog_environments.cli.streams import prepare

    prepare()
    return run()


__all__ = ["main"]
