"""`query`: HogQL, to the screen or to a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import click

from posthog_environments.cli.output import show_rows
from posthog_environments.cli.progress import bar, counted
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.errors import QueryError
from posthog_environments.queries.polling import QueryProgress


@click.command("query")
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
@click.option("--to", "path", type=click.Path(dir_okay=False), help="File: .jsonl, .csv or .parquet.")
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

    Without a LIMIT the server gives 100 rows; a word on standard error says when there were more.
    """
    text = _sql(sql)
    values = dict(map(_value, given)) or None
    if every != (key is not None):
        raise click.UsageError("--all and --key go together")
    if resume and not (every and path):
        raise click.UsageError("--resume goes together with --all and --to")
    refresh: Any = "async" if background else None
    try:
        if every:
            assert key is not None
            _all(
                session, text, values, [part.strip() for part in key.split(",")], refresh, name, path, resume
            )
        else:
            _once(session, text, values, refresh, name, path)
    except QueryError as error:
        with suppress(AttributeError):
            session.say(error.explain())
        raise


def _once(
    session: Session,
    sql: str,
    values: dict[str, Any] | None,
    refresh: Any,
    name: str | None,
    path: str | None,
) -> None:
    with bar(session, "query") as update:

        def show(progress: QueryProgress) -> None:
            update(completed=progress.rows_read or 0, total=progress.estimated_rows_total or None)

        result = session.client.query.hogql(
            sql,
            values=values,
            name=name,
            refresh=refresh,
            truncated="ignore",
            on_progress=show,
        )
    if path is not None:
        _write(session, result, path)
    else:
        show_rows(session, result.dicts(), result.column_names)
    if result.has_more:
        session.say("there are more rows: add a LIMIT (50,000 at most), or use --all with --key")


def _all(
    session: Session,
    sql: str,
    values: dict[str, Any] | None,
    key: list[str],
    refresh: Any,
    name: str | None,
    path: str | None,
    resume: bool,
) -> None:
    def rows(token: str | None = None) -> Any:
        return session.client.query.iterate(
            sql, key=key, values=values, name=name, refresh=refresh, resume_from=token, as_dicts=True
        )

    if path is not None:
        _write(session, rows if resume else rows(), path, resume=resume)
        return
    with rows() as found, counted(session, found, "rows") as taken:
        show_rows(session, _as_they_come(taken), None)


def _as_they_come(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from rows


def _write(session: Session, rows: Any, path: str, *, resume: bool = False) -> None:
    from posthog_environments import files

    with bar(session, "rows") as update:
        written = files.write(
            rows, path, resume=resume, on_progress=lambda progress: update(completed=progress.rows)
        )
    session.say(f"{written.rows:,} rows in {path}")


def _sql(text: str) -> str:
    if text == "-" or text.startswith("@"):
        try:
            with click.open_file("-" if text == "-" else text[1:], encoding="utf-8") as file:
                text = file.read()
        except OSError as error:
            raise click.UsageError(f"{text[1:]} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise click.UsageError(f"{text[1:]} is no text") from None
    if not text.strip():
        raise click.UsageError("the query is empty")
    return text


def _value(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.UsageError(f"--value must look like NAME=VALUE, got {text!r}")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value
