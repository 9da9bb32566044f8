"""Serve the emulator: `python -m posthog_environments.emulator --port 8010`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.query_engine import ENGINES


def main(
    arguments: Sequence[str] | None = None, *, program: str = "python -m posthog_environments.emulator"
) -> int:
    """Serve until interrupted; the result is the exit status."""
    parser = _parser(program)
    options = parser.parse_args(arguments)
    try:
        emulator = Emulator(
            options.persons,
            options.events,
            options.seed,
            profile=options.profile,
            ties=options.ties,
            api_key=options.api_key,
            throttle=options.throttle,
            query_engine=options.query_engine,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        server = emulator.serve(options.port)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        sys.stderr.write(f"cannot serve on port {options.port}: {reason}\n")
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        # SIGINT too: a shell that starts us in the background has it ignored.
        signal.signal(number, _interrupt)
    try:
        with server:
            _tell(emulator, server.url)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A PostHog stand-in on loopback, for tests and for trying things out.",
    )
    parser.add_argument("--port", type=int, default=8010, help="port; 0 for any free one (default 8010)")
    parser.add_argument("--persons", type=int, default=250, help="how many persons there are (default 250)")
    parser.add_argument("--events", type=int, default=2_000, help="how many events there are (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="what the data is made of (default 0)")
    parser.add_argument(
        "--ties", type=int, default=1, help="up to so many events share one timestamp (default 1: none)"
    )
    parser.add_argument(
        "--throttle", action="store_true", help="refuse requests beyond PostHog's rate limits"
    )
    parser.add_argument(
        "--profile", choices=("observed", "documented"), default="observed", help="how to behave"
    )
    parser.add_argument(
        "--query-engine",
        choices=ENGINES,
        help="what runs HogQL (default duckdb, or chdb where only that is installed)",
    )
    parser.add_argument(
        "--api-key", default="phx_emulator_key_for_tests_only", help="the personal API key that is accepted"
    )
    return parser


def _tell(emulator: Emulator, url: str) -> None:
    sys.stdout.write(
        f"{url}\n"
        f"  key      {emulator.api_key}\n"
        f"  project  {emulator.project_id}\n"
        f'  try      curl -H "Authorization: Bearer {emulator.api_key}" '
        f'"{url}/api/environments/{emulator.project_id}/persons/?limit=1"\n'
        "Ctrl-C ends it.\n"
    )
    sys.stdout.flush()


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
