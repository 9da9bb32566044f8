"""The page about the command line tells the truth: its lines are run, its tables are compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from posthog_environments.cli import app, failures

from .conftest import Cli

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\$ posthog-environments (.+)$", PAGE, re.MULTILINE)


def test_every_line_of_the_page_does_what_it_says(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.sql").write_text("select event, count() as n from events group by event")
    cli.emulator.add_person("ada", properties={"email": "ada@example.com"})
    assert len(LINES) > 30
    for line in LINES:
        _, _, note = line.partition("# status ")
        ran = cli(*shlex.split(line, comments=True))
        assert ran.status == int(note or 0), f"{line}\n{ran.err}"
        assert "Traceback" not in ran.err
    assert (tmp_path / "june.csv").read_bytes()
    assert (tmp_path / "signups.png").read_bytes()


def test_every_command_has_a_section_and_a_line() -> None:
    for name in app.COMMANDS:
        assert f"\n## {name}\n" in PAGE
        assert any(line.startswith(name) for line in LINES)


def test_page_and_help_show_every_exit_status(cli: Cli) -> None:
    shown = dict(re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, re.MULTILINE))
    assert {int(status): meaning for status, meaning in shown.items()} == failures.MEANINGS
    words = cli("--help").out.split()
    assert {str(status) for status in failures.MEANINGS} <= set(words)


def test_the_page_names_every_shared_option() -> None:
    for parameter in app.command.params:
        if parameter.name in ("version", "help"):
            continue
        assert any(f"`{name}" in PAGE for name in (*parameter.opts, *parameter.secondary_opts)), parameter


def test_no_option_takes_a_key_itself() -> None:
    def names(command: click.Command, context: click.Context) -> set[str]:
        found = {name for parameter in command.params for name in parameter.opts}
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                inner = command.get_command(context, child)
                assert inner is not None
                if command is app.command and child == "call":
                    continue
                found |= names(inner, context)
        return found

    options = names(app.command, click.Context(app.command))
    assert {name for name in options if "key" in name} == {"--key-file", "--key"}  # --key: columns of a query


@pytest.mark.parametrize("name", app.COMMANDS)
def test_help_has_examples_and_fits(cli: Cli, name: str) -> None:
    commands = [[name]]
    command = app.command.get_command(click.Context(app.command), name)
    if isinstance(command, click.Group) and name != "call":
        commands = [[name, child] for child in command.list_commands(click.Context(command))]
    if name in ("call", "emulator"):
        return
    for words in commands:
        ran = cli(*words, "--help")
        assert ran.status == 0
        assert "Examples:\n  posthog-environments " in ran.out
        assert "--project" in ran.out
        assert max(map(len, ran.out.splitlines())) <= 130


def test_the_version_is_shown(cli: Cli) -> None:
    from posthog_environments import __version__

    assert __version__ in cli("--version").out
