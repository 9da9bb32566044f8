"""`query`: HogQL, to the screen or to a file."""

from __future__ import annotations

import json
from typing import Any

import click
from attrs import define

from posthog_environments.cli.options import Command
from posthog_environments.cli.output import show_rows
from posthog_environments.cli.session import Session, pass_session


@define(frozen=True)
class _Query:
    """What is to be run, and where its rows go."""

    sql: str
    values: dict[str, Any] | None
    name: str | None
    refresh: str | None
    path: str | None


@click.command(
    "query",
    cls=Command,
    examples=(
        'query "select event, count() as n from events group by event"',
        "query @report.sql -v since=2025-06-01 -o csv > report.csv",
        'query "select * from events limit 50000" --background --to events.parquet',
        'query "select uuid, timestamp, event from events" --all --key timestamp,uuid --to all.jsonl --resume',
    ),
)
@click.argument("sql")
@click.option(
    "-v",
    "--value",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a placeholder such as {since}; JSON where it is JSON, else text. Repeatable.",
)
@click.option("--all", "every", is_flag=True, help="Every row, beyond 50,000 too; needs --key.")
@click.option("--key", help="Columns that are unique and ordered, such as timestamp,uuid; for --all.")
@click.option(
    "--background", is_flag=True, help="Run it in the background: for queries that take over ten seconds."
)
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False),
    help="File: .jsonl, .csv or .parquet, .gz behind the first two.",
)
@click.option(
    "--resume", is_flag=True, help="Go on where an earlier run with the same file broke off; needs --all."
)
@click.option("--name", help="Name of the query in the project's query log.")
@pass_session
def command(
    session: Session,
    /,
    sql: str,
    given: tuple[str, ...],
    every: bool,
    key: str | None,
    background: bool,
    path: str | None,
    resume: bool,
    name: str | None,
) -> None:
    """Run HogQL. SQL is the query, @FILE to read it from a file, or - to read it from standard input.

    Without a LIMIT the server gives 100 rows; a word on standard error says when there were more. Ctrl-C cancels the
    query on the server.
    """
    if every != (key is not None):
        raise click.UsageError("--all and --key go together")
    if resume and not (every and path):
        raise click.UsageError("--resume goes together with --all and --to")
    if path is not None:
        check_name(path)
    query = _Query(_sql(session, sql), _values(given), name, "async" if background else None, path)
    if key is not None:
        _all(session, query, [part.strip() for part in key.split(",")], resume=resume)
    else:
        _once(session, query)


def _once(session: Session, query: _Query) -> None:
    with session.bar("query") as shown:
        result = session.client.query.hogql(
            query.sql,
            values=query.values,
            name=query.name,
            refresh=query.refresh,
            truncated="ignore",
            on_progress=shown,
        )
    if query.path is not None:
        _write(session, result, query.path)
    else:
        show_rows(session, result.dicts(), result.column_names)
    if result.has_more:
        session.say("there are more rows: add a LIMIT (50,000 at most), or use --all with --key")


def _all(session: Session, query: _Query, key: list[str], *, resume: bool) -> None:
    run: Any = session.client.query.iterate

    def rows(token: str | None = None, *, as_dicts: bool = False) -> Any:
        return run(
            query.sql,
            key=key,
            values=query.values,
            name=query.name,
            refresh=query.refresh,
            resume_from=token,
            as_dicts=as_dicts,
        )

    if query.path is not None:
        _write(session, rows if resume else rows(), query.path, resume=resume)
        return
    with rows(as_dicts=True) as found:
        show_rows(session, found, counted="rows")


def _write(session: Session, rows: Any, path: str, *, resume: bool = False) -> None:
    from posthog_environments import files

    with session.bar("rows") as shown:
        written = files.write(rows, path, resume=resume, on_progress=shown)
    session.say(f"{written.rows:,} row{'' if written.rows == 1 else 's'} in {path}")


def check_name(path: str) -> None:
    """Refuse a file that cannot be written, before anything is asked for.

    Raises:
        InvalidRequestError: Its format is not clear, or its folder does not exist.
    """
    from posthog_environments.files.plan import Plan

    Plan.of(path, None, None, "error", None, None)


def _sql(session: Session, text: str) -> str:
    if text == "-" or text.startswith("@"):
        text = session.text_of("-" if text == "-" else text[1:])
    if not text.strip():
        raise click.UsageError("the query is empty")
    return text


def _values(given: tuple[str, ...]) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise click.UsageError(f"--value must look like NAME=VALUE, got {text!r}")
        if name in values:
            raise click.UsageError(f"--value {name} was given twice")
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    return values or None
