"""`doctor`: what is wrong with the set-up, in one screen."""

from __future__ import annotations

import datetime
import os
import stat
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import click
from attrs import define

from posthog_environments.callers import SyncCaller
from posthog_environments.cli import failures
from posthog_environments.cli.options import Command
from posthog_environments.cli.output import show_rows
from posthog_environments.cli.session import Session, pass_session
from posthog_environments.client import Client, ad_hoc
from posthog_environments.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    PostHogError,
)
from posthog_environments.http import Reply
from posthog_environments_api.operations import OPERATIONS, OperationInfo
from posthog_environments_api.types import UNSET

_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_SKEW: Final = 60
_PATIENCE: Final = 15.0
_ORDER: Final = ("ok", "note", "fix")
_STYLES: Final = {"ok": "green", "note": "yellow", "fix": "bold red"}


@define(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        check: What was looked at.
        state: `ok`, `note` or `fix`.
        detail: What was found, and what to do about it.
    """

    check: str
    state: str
    detail: str


@click.command("doctor", cls=Command, examples=("doctor", "doctor --writes -o json"))
@click.option(
    "--writes",
    is_flag=True,
    help="Also test write scopes, by changing and deleting things with an id that cannot exist.",
)
@click.pass_context
@pass_session
def command(session: Session, ctx: click.Context, /, writes: bool) -> None:
    """Check key, host, project, clock and scopes, and say what to fix.

    Reads one row at most of each resource, and changes nothing.
    """
    findings: list[Finding] = []

    def rows() -> Iterator[dict[str, Any]]:
        for finding in _findings(session, writes):
            findings.append(finding)
            yield {"state": finding.state, "check": finding.check, "detail": finding.detail}

    show_rows(
        session, rows(), ("state", "check", "detail"), counted="checks", folded=("detail",), styles=_STYLES
    )
    broken = sum(finding.state == "fix" for finding in findings)
    if broken:
        session.say(f"{broken} to fix")
        ctx.exit(failures.SOMETHING_TO_FIX)


def _findings(session: Session, writes: bool) -> Iterator[Finding]:
    try:
        client = session.client
    except ConfigurationError as error:
        yield Finding("settings", "fix", str(error))
        return
    yield Finding("settings", "ok", f"project {client.project_id} at {client.host}, root {session.api_root}")
    key = _key_form(client)
    yield key
    if key.state == "fix":
        return
    yield from _key_file(session)
    reached = _reached(client)
    yield from reached
    if not any(finding.state == "fix" for finding in reached):
        yield from _scopes(client, writes)


def _key_form(client: Client) -> Finding:
    try:
        header = _caller(client).settings.key.header()
    except ConfigurationError as error:
        return Finding("key", "fix", str(error))
    if header.startswith("Bearer phx_"):
        return Finding("key", "ok", "a personal API key (phx_…)")
    return Finding(
        "key",
        "note",
        "does not begin with phx_, as personal API keys do",
    )


def _key_file(session: Session) -> Iterator[Finding]:
    path = session.key_file
    if path is None or path == "-" or os.name == "nt":
        return
    if stat.S_IMODE(Path(path).expanduser().stat().st_mode) & 0o077:
        yield Finding("key file", "note", f"others on this machine may read it: chmod 600 {path}")


def _reached(client: Client) -> list[Finding]:
    """Whether the server answers, knows the key and the project, and agrees on the time."""
    probe = next(operation for operation in OPERATIONS.values() if _lists(operation))
    found: list[Finding] = []
    reply: Any = None
    try:
        reply = _reply(client, probe)
    except APIConnectionError as error:
        return [Finding("host", "fix", f"{error.reason}; check the host, the network and proxies")]
    except AuthenticationError as error:
        return [Finding("host", "ok", "answers"), Finding("key", "fix", str(error))]
    except NotFoundError as error:
        return [Finding("host", "ok", "answers"), Finding("project", "fix", str(error))]
    except APIStatusError as error:
        if error.status >= 500:
            return [Finding("host", "fix", str(error))]
        found = [Finding("host", "ok", "answers")]
        if (
            isinstance(error, PermissionDeniedError)
            and error.missing_scope is None
            and "project" in error.detail
        ):
            return [*found, Finding("project", "fix", str(error))]
    except PostHogError as error:
        return [Finding("host", "fix", str(error))]
    if reply is not None:
        found = [Finding("host", "ok", "answers"), _clock(client, reply.headers.get("date"))]
    found.append(Finding("project", "ok", f"{client.project_id} is there, and the key may see it"))
    return found


def _clock(client: Client, date: str | None) -> Finding:
    try:
        server = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return Finding("clock", "note", "the server does not say what time it is")
    here = _caller(client).settings.clock.now()
    skew = here - server.astimezone(datetime.UTC).timestamp()
    if abs(skew) <= _SKEW:
        return Finding("clock", "ok", f"within {_SKEW} seconds of the server's")
    word = "ahead of" if skew > 0 else "behind"
    return Finding(
        "clock", "note", f"{abs(skew):,.0f} seconds {word} the server's: relative times such as -1d are off"
    )


def _lists(operation: OperationInfo) -> bool:
    return operation.paginated and bool(operation.scopes) and operation.path.count("{") == 1


def _scopes(client: Client, writes: bool) -> Iterator[Finding]:
    """One line for each kind of thing that scopes speak of."""
    wanted: dict[str, list[str]] = {}
    for scope in sorted({scope for operation in OPERATIONS.values() for scope in operation.scopes}):
        name, _, access = scope.partition(":")
        wanted.setdefault(name, []).append(access)
    for name, kinds in wanted.items():
        tried = [_tried(client, f"{name}:{access}", writes) for access in kinds]
        worst = max((state for state, _ in tried), key=_ORDER.index)
        yield Finding(name, worst, "; ".join(text for _, text in tried))
    without = [f"{one.tag}.{one.name}" for one in OPERATIONS.values() if not one.scopes]
    if without:
        yield Finding("no scope", "ok", f"keys with scopes may be refused by {', '.join(without)}")


def _tried(client: Client, scope: str, writes: bool) -> tuple[str, str]:
    """State and words for one scope."""
    access = scope.partition(":")[2]
    probe = _probe_for(scope)
    if probe is None:
        return "ok", f"{access} not tested: that would change something"
    if not probe.read_only and not writes:
        return "ok", f"{access} not tested: add --writes"
    try:
        _reply(client, probe)
    except PermissionDeniedError as error:
        uses = ", ".join(f"{one.tag}.{one.name}" for one in OPERATIONS.values() if scope in one.scopes)
        return "fix", f"{access} missing for {uses}. {error.hint or error.detail}"
    except PaymentRequiredError as error:
        return "note", f"{access} not in the plan: {error.detail}"
    except APIStatusError as error:
        if error.status == 429 or error.status >= 500:
            return "note", f"{access} not tested: {error}"
    except PostHogError as error:
        return "note", f"{access} not tested: {error}"
    return "ok", f"{access} allowed"


def _probe_for(scope: str) -> OperationInfo | None:
    """The operation that shows most cheaply whether the key has a scope, and changes nothing."""
    having = [operation for operation in OPERATIONS.values() if operation.scopes == (scope,)]
    reads = [operation for operation in having if operation.method == "GET"]
    lists = [operation for operation in reads if _lists(operation)]
    harmless = [
        operation
        for operation in having
        if operation.method in ("PATCH", "DELETE") and operation.path.count("{") == 2
    ]
    return next(iter([*lists, *reads, *harmless]), None)


def _reply(client: Client, operation: OperationInfo) -> Reply:
    """Ask for as little as possible. Ids are such as cannot exist."""
    path = operation.path.replace("{project_id}", client.project_id)
    params: dict[str, str] = {}
    for parameter in operation.parameters:
        if parameter.location == "path" and parameter.name != "project_id":
            whole = parameter.schema.get("type") == "integer"
            path = path.replace(f"{{{parameter.name}}}", "0" if whole else _NOBODY)
        elif parameter.name == "limit":
            params["limit"] = "1"
        elif parameter.location == "query" and parameter.required:
            params[parameter.name] = str(parameter.example or 0)
    body: Any = {} if operation.method == "PATCH" else UNSET
    caller = _caller(client)
    asked, request = ad_hoc(caller.settings, operation.method, path, params, body)
    return caller.reply(asked, request, {"max_retries": 0, "timeout": _PATIENCE})


def _caller(client: Client) -> SyncCaller:
    return client._caller  # pyright: ignore[reportPrivateUsage]
