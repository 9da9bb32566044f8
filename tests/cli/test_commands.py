"""Every command does what it says, for people and for programs, and fails with the status that is documented."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from posthog_environments.cli import failures
from posthog_environments.cli.app import COMMANDS
from posthog_environments.cli.call import destroys
from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS

from ..client.conftest import FakeClock
from ..long.sql_server import SqlServer
from .conftest import Cli


def test_help_needs_neither_key_nor_network(cli: Cli) -> None:
    cli.options["api_key"] = None
    for arguments in ([], *([name] for name in COMMANDS if name != "emulator")):
        assert cli(*arguments, "--help").status == 0


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_operation_of_the_contract_can_be_called(cli: Cli, operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    arguments: list[str] = []
    for parameter in operation.parameters:
        if parameter.location == "path" and parameter.name != "project_id":
            sample: Any = cli.emulator.sample_id(operation.tag)
            arguments.append(
                str(cli.emulator.sample_folder_id() if operation_id == "file_system_count" else sample)
            )
        elif parameter.location == "query" and parameter.example is not None and parameter.name != "limit":
            value = parameter.example
            for one in value if isinstance(value, list) and not parameter.json else [value]:
                shown = one if isinstance(one, str) else json.dumps(one)
                arguments += [f"--{parameter.keyword.rstrip('_').replace('_', '-')}", shown]
    if operation.body_example is not None:
        arguments += ["--body", json.dumps(operation.body_example)]
    if destroys(operation):
        arguments.append("--yes")
    ran = cli("call", operation.tag, operation.name.replace("_", "-"), *arguments)
    refused = operation_id in ("subscriptions_delete", "evaluations_delete")
    assert ran.status == (failures.OTHER if refused else 0), ran
    assert cli.emulator.requests[-1].operation_id == operation_id


def test_call_tells_what_is_missing(cli: Cli) -> None:
    ran = cli("call", "subscriptions", "create", "--frequency", "daily")
    assert ran.status == failures.USAGE
    assert "target_type" in ran.err
    assert cli.emulator.requests == []


@pytest.mark.parametrize(
    "arguments",
    [["call"], ["call", "nothing"], ["call", "persons", "nothing"], ["nothing"], ["persons", "list", "--no"]],
)
def test_a_command_that_is_none_is_a_usage_error(cli: Cli, arguments: list[str]) -> None:
    assert cli(*arguments).status == failures.USAGE


def test_persons_are_lines_for_programs_and_a_table_for_people(cli: Cli) -> None:
    ran = cli("persons", "list", "--max-items", "3")
    assert len(ran.rows) == 3
    shown = cli("persons", "list", "--max-items", "3", terminal=True)
    assert "distinct_ids" in shown.out.splitlines()[0]
    table = list(csv.DictReader(io.StringIO(cli("-o", "csv", "persons", "list").out)))
    assert len(table) == 30
    assert len(json.loads(cli("-o", "json", "persons", "list").out)) == 30


def test_a_person_is_shown_by_number_uuid_address_or_distinct_id(cli: Cli) -> None:
    found = cli("persons", "list", "--max-items", "1").rows[0]
    for name in (found["uuid"], found["properties"]["email"], found["distinct_ids"][0]):
        assert json.loads(cli("persons", "get", name).out)["uuid"] == found["uuid"]
    for unknown in ("nobody@example.com", "nobody", "999999"):
        assert cli("persons", "get", unknown).status == failures.NOT_FOUND


def test_deleting_asks_first_and_takes_no_for_an_answer(cli: Cli) -> None:
    email = cli("persons", "list", "--max-items", "1").rows[0]["properties"]["email"]
    ran = cli("persons", "delete", "--email", email, typed="n\n")
    assert ran.status == failures.INTERRUPTED
    assert "Delete 1 person" in ran.err
    assert len(cli("persons", "list").rows) == 30
    assert cli("persons", "delete", "--email", email, typed="y\n").status == 0
    assert len(cli("persons", "list").rows) == 29


def test_deleting_without_a_person_to_ask_needs_yes(cli: Cli) -> None:
    uuid = cli("persons", "list", "--max-items", "1").rows[0]["uuid"]
    ran = cli("persons", "delete", uuid)
    assert ran.status == failures.USAGE
    assert "--yes" in ran.err
    assert cli("persons", "delete", uuid, "--dry-run").status == 0
    assert len(cli("persons", "list").rows) == 30
    ran = cli("persons", "delete", uuid, "--yes", "--delete-events")
    assert (ran.status, ran.out.strip()) == (0, uuid)
    assert dict(cli.emulator.requests[-1].query) == {"delete_events": "true"}


@pytest.mark.parametrize("arguments", [[], ["1", "--email", "a@b.c"], ["ada@example.com"]])
def test_whom_to_delete_must_be_clear(cli: Cli, arguments: list[str]) -> None:
    assert cli("persons", "delete", "--yes", *arguments).status == failures.USAGE
    assert cli.emulator.requests == []


def test_nobody_to_delete_is_not_a_success(cli: Cli) -> None:
    assert cli("persons", "delete", "--email", "nobody@example.com", "--yes").status == failures.NOT_FOUND


def test_subscriptions_are_listed_foreseen_and_archived(cli: Cli) -> None:
    assert [row["id"] for row in cli("subscriptions", "list").rows] == [1, 2, 3]
    moments = [
        row["delivery"] for row in cli("subscriptions", "upcoming", "-n", "4", "--tz", "Europe/Berlin").rows
    ]
    assert moments == sorted(moments)
    assert len(moments) == 4
    assert all(re.search(r"\+0[12]:00$", moment) for moment in moments)
    assert cli("subscriptions", "archive", "1").status == failures.USAGE
    assert cli("subscriptions", "archive", "1", "--yes").status == 0
    assert [row["id"] for row in cli("subscriptions", "list").rows] == [2, 3]
    assert [row["id"] for row in cli("subscriptions", "list", "--deleted").rows] == [1]
    assert cli("subscriptions", "upcoming", "99").status == failures.NOT_FOUND
    assert cli("subscriptions", "upcoming", "--tz", "Nowhere/City").status == failures.USAGE


def test_an_export_lands_in_its_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    assert cli("export", str(path), "--insight", "1").status == 0
    assert path.read_bytes()
    for arguments in (
        ["x.docx", "--insight", "1"],
        ["x.png"],
        ["x.png", "--insight", "1", "--dashboard", "1"],
    ):
        assert cli("export", *arguments).status == failures.USAGE
    assert cli("export", str(tmp_path / "no" / "x.png"), "--insight", "1").status == failures.USAGE
    assert [found.name for found in tmp_path.iterdir()] == ["numbers.csv"]


def test_a_query_is_a_table_lines_or_csv(cli: Cli) -> None:
    sql = "select event, count() as n from events group by event order by event"
    rows = cli("query", sql).rows
    assert [sorted(row) for row in rows][:1] == [["event", "n"]]
    assert cli("-o", "csv", "query", sql).out.splitlines()[0] == "event,n"
    assert "event" in cli("query", sql, terminal=True).out.splitlines()[0]


def test_a_query_that_was_cut_says_so_on_standard_error(cli: Cli) -> None:
    ran = cli("query", "select uuid from events")
    assert len(ran.rows) == 100
    assert "there are more rows" in ran.err


def test_values_are_bound_and_not_pasted(cli: Cli) -> None:
    ran = cli("query", "select {text} as t, {number} as n", "--value", "text=it's", "--value", "number=5")
    assert ran.rows == [{"t": "it's", "n": 5}]
    assert cli("query", "select 1", "--value", "nothing").status == failures.USAGE


def test_a_wrong_query_shows_the_servers_words(cli: Cli) -> None:
    ran = cli("query", "select nope from events")
    assert ran.status == 7
    assert "nope" in ran.err
    assert ran.out == ""
    assert cli("query", " ").status == failures.USAGE
    assert cli("query", "@/nowhere.sql").status == failures.USAGE
    assert cli("query", "select 1", "--all").status == failures.USAGE


def test_all_rows_of_a_query_beyond_the_limit(cli: Cli, tmp_path: Path) -> None:
    cli.options["transport"] = SqlServer(
        "create table t as select range as n, 'row ' || range as name from range(60000)"
    )
    ran = cli("query", "select n, name from t", "--all", "--key", "n")
    assert [row["n"] for row in ran.rows] == list(range(60_000))
    for name in ("rows.parquet", "rows.csv.gz"):
        path = tmp_path / name
        assert cli("query", "select n, name from t", "--all", "--key", "n", "--to", str(path)).status == 0
        assert path.stat().st_size > 1_000
    resumed = (
        "query",
        "select n, name from t",
        "--all",
        "--key",
        "n",
        "--to",
        str(tmp_path / "r.csv"),
        "--resume",
    )
    assert cli(*resumed).err == f"60,000 rows in {tmp_path / 'r.csv'}\n"


def test_a_file_that_cannot_be_written_is_refused_before_the_query_runs(cli: Cli, tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "x.csv", tmp_path / "x.docx"):
        assert cli("query", "select 1", "--to", str(path)).status == failures.USAGE
    assert cli("events", "export", "--after", "1d", "--resume").status == failures.USAGE
    assert cli.emulator.requests == []


def test_a_query_is_written_to_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    ran = cli("query", "select uuid, event from events limit 7", "--to", str(path))
    assert (ran.status, ran.out, ran.err) == (0, "", f"7 rows in {path}\n")
    assert len(path.read_text().splitlines()) == 7


def test_events_are_shown_and_exported_once_each(cli: Cli, tmp_path: Path) -> None:
    cli.options["clock"] = None
    ran = cli("events", "export", "--after", "2020-01-01", "--before", "2026-01-01")
    assert len({row["id"] for row in ran.rows}) == 300
    path = tmp_path / "events.jsonl"
    assert (
        cli(
            "events",
            "export",
            "--after",
            "2020-01-01",
            "--before",
            "2026-01-01",
            "--to",
            str(path),
            "--resume",
        ).status
        == 0
    )
    assert len(path.read_text().splitlines()) == 300
    assert cli("events", "tail", "--since", "2025-06-30").status == 0
    assert cli("events", "tail", "--since", "soon").status == failures.USAGE


def test_a_key_that_is_wrong_missing_or_too_weak_has_its_own_status(cli: Cli) -> None:
    ran = cli("persons", "list", key="phx_wrong")
    assert ran.status == 3
    assert "phx_wrong" not in ran.err + ran.out
    weak = cli.emulator.add_key(["query:read"])
    ran = cli("persons", "list", key=weak)
    assert ran.status == 3
    assert "person:read" in ran.err
    cli.options["api_key"] = None
    assert cli("persons", "list").status == failures.USAGE


def test_the_key_can_come_from_a_file_and_never_shows(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{cli.emulator.api_key}\n")
    cli.options["api_key"] = None
    assert cli("--key-file", str(path), "persons", "list", "--max-items", "1").status == 0
    path.write_text("")
    assert cli("--key-file", str(path), "persons", "list").status == failures.USAGE
    assert cli("--key-file", str(tmp_path / "none"), "persons", "list").status == failures.USAGE
    options = [name for parameter in _parameters() for name in parameter]
    assert not any("api-key" in name for name in options)


def _parameters() -> list[list[str]]:
    from posthog_environments.cli.app import command

    return [list(parameter.opts) for parameter in command.params]


def test_no_network_has_its_own_status(cli: Cli) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    cli.options["transport"] = httpx.MockTransport(refuse)
    for arguments in (
        ["persons", "list"],
        ["query", "select 1"],
        ["subscriptions", "list"],
        ["call", "exports", "list"],
    ):
        ran = cli(*arguments)
        assert (ran.status, ran.out) == (6, "")
        assert "connect" in ran.err


def test_doctor_is_content_with_a_good_key(cli: Cli) -> None:
    ran = cli("doctor")
    assert ran.status == 0
    assert all(row["state"] != "fix" for row in ran.rows)
    assert len(ran.rows) < 24


def test_doctor_names_the_missing_scope_and_what_needs_it(cli: Cli) -> None:
    key = cli.emulator.add_key(["person:read", "query:read"])
    ran = cli("doctor", key=key)
    assert ran.status == failures.SOMETHING_TO_FIX
    by_check = {row["check"]: row for row in ran.rows}
    assert by_check["person"]["state"] == "ok"
    assert by_check["subscription"]["state"] == "fix"
    assert "subscriptions.list" in by_check["subscription"]["detail"]
    assert "subscription:read" in by_check["subscription"]["detail"]


def test_doctor_tells_a_wrong_key_host_and_project_apart(cli: Cli) -> None:
    def states(**options: Any) -> dict[str, str]:
        kept = dict(cli.options)
        cli.options.update(options)
        ran = cli("doctor")
        cli.options = kept
        assert ran.status == failures.SOMETHING_TO_FIX
        return {row["check"]: row["state"] for row in ran.rows}

    assert states(api_key="phx_wrong")["key"] == "fix"
    assert states(project_id=99)["project"] == "fix"
    assert states(api_key=None)["settings"] == "fix"

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    assert states(transport=httpx.MockTransport(refuse))["host"] == "fix"


@pytest.mark.parametrize("writes", [False, True])
def test_doctor_changes_nothing(cli: Cli, writes: bool) -> None:
    def contents(emulator: Emulator) -> list[Any]:
        client = emulator.client()
        return [
            [one.to_dict() for one in getattr(client, tag).list()]
            for tag in (
                "persons",
                "subscriptions",
                "exports",
                "file_system",
                "hog_functions",
                "session_recordings",
            )
        ]

    before = contents(cli.emulator)
    count = len(cli.emulator.requests)
    cli("doctor", *(["--writes"] if writes else []))
    sent = cli.emulator.requests[count:]
    assert writes or {request.method for request in sent} == {"GET"}
    assert contents(cli.emulator) == before


def test_a_plan_without_subscriptions_is_a_note_not_a_fault(cli: Cli) -> None:
    cli.emulator.behaviour.entitlements.clear()
    rows = {row["check"]: row for row in cli("doctor").rows}
    assert rows["subscription"]["state"] == "note"
    assert cli("subscriptions", "list").status == 3


def test_doctor_says_what_is_wrong_with_the_key_file(cli: Cli, tmp_path: Path) -> None:
    cli.options["api_key"] = None
    rows = {row["check"]: row for row in cli("--key-file", str(tmp_path / "none"), "doctor").rows}
    assert rows["key"]["state"] == "fix"
    assert "cannot be read" in rows["key"]["detail"]
    path = tmp_path / "key"
    path.write_text(cli.emulator.api_key)
    path.chmod(0o644)
    ran = cli("doctor", "--key-file", str(path))
    assert ran.status == 0
    assert "chmod 600" in {row["check"]: row for row in ran.rows}["key file"]["detail"]
    path.chmod(0o600)
    assert "key file" not in {row["check"] for row in cli("doctor", "--key-file", str(path)).rows}


def test_doctor_fits_on_one_screen(cli: Cli) -> None:
    ran = cli("doctor", terminal=True, width=80)
    assert len(ran.out.splitlines()) <= 40
    assert "cut" not in ran.err


class Interrupting(httpx.BaseTransport):
    """Answers like the emulator, but Ctrl-C is pressed while a request waits for its answer."""

    def __init__(self, cli: Cli, method: str) -> None:
        self.inner: httpx.BaseTransport = cli.emulator._arguments({})["transport"]  # pyright: ignore[reportPrivateUsage]
        self.method: str | None = method

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if request.method == self.method and "/query/" in request.url.path:
            self.method = None
            raise KeyboardInterrupt
        return answer


@pytest.mark.parametrize(("method", "arguments"), [("POST", []), ("GET", ["--background"])])
def test_ctrl_c_cancels_the_query_on_the_server(cli: Cli, method: str, arguments: list[str]) -> None:
    cli.options["transport"] = Interrupting(cli, method)
    ran = cli("query", "select 1", *arguments)
    assert (ran.status, ran.out, ran.err) == (failures.INTERRUPTED, "", "interrupted\n")
    sent = [request.operation_id for request in cli.emulator.requests]
    assert sent[0] == "query_create"
    assert sent[-1] == "query_delete"


def test_following_events_goes_on_where_it_was_until_ctrl_c(cli: Cli) -> None:
    class Clock(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 3:
                raise KeyboardInterrupt
            moment = datetime.datetime.fromtimestamp(self.time - 1, datetime.UTC)
            cli.emulator.add_event("new", "somebody", timestamp=moment)

    cli.options["clock"] = Clock()
    for arguments in ([], ["-o", "table"]):
        cli.options["clock"] = Clock()
        ran = cli("events", "tail", "--since", "30s", "--follow", *arguments)
        assert ran.status == failures.INTERRUPTED
        assert ran.out.count("new") >= 2
