"""What comes out, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import httpx
import pytest

from posthog_environments import OPERATIONS
from posthog_environments.cli import failures
from posthog_environments.cli.call import destroys

from .conftest import Cli

ESCAPES = "a\x1b[31mred\x9b2J\x07\rb"


def answering(cli: Cli, rows: list[Any], columns: list[str] | None = None) -> None:
    """Let every query have this result, and every list these items."""

    def answer(request: httpx.Request) -> httpx.Response:
        if columns is None:
            return httpx.Response(200, json={"results": rows, "next": None, "count": len(rows)})
        return httpx.Response(
            200, json={"results": rows, "columns": columns, "types": [[name, "String"] for name in columns]}
        )

    cli.options["transport"] = httpx.MockTransport(answer)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_no_value_commands_the_terminal(cli: Cli, form: str) -> None:
    answering(cli, [[ESCAPES, 1]], ["text", "n"])
    ran = cli("-o", form, "query", "select 1", terminal=True, NO_COLOR="1")
    body = ran.out.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "red" in body
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(body)


def test_an_error_in_the_servers_words_does_not_command_the_terminal(cli: Cli) -> None:
    cli.options["transport"] = httpx.MockTransport(
        lambda _: httpx.Response(
            400, json={"type": "validation_error", "code": "x", "detail": ESCAPES, "attr": None}
        )
    )
    ran = cli("persons", "list")
    assert ran.status == failures.OTHER
    assert not {"\x1b", "\x9b", "\x07"} & set(ran.err)


def test_programs_get_the_values_as_they_are(cli: Cli) -> None:
    answering(cli, [[ESCAPES, 1]], ["text", "n"])
    assert cli("query", "select 1").rows == [{"text": ESCAPES, "n": 1}]
    rows = list(csv.DictReader(io.StringIO(cli("query", "select 1", "-o", "csv").out, newline="")))
    assert rows == [{"text": ESCAPES, "n": "1"}]


def test_a_table_is_never_wider_than_the_terminal_and_says_what_it_cut(cli: Cli) -> None:
    answering(cli, [["x" * 300, "short", "y" * 300]], ["a", "b", "c"])
    for width in (40, 60, 100, 200):
        ran = cli("query", "select 1", terminal=True, width=width, NO_COLOR="1")
        assert max(map(len, plain(ran.out).splitlines())) <= width
        assert "short" in ran.out
        assert "-o jsonl shows them whole" in ran.err
    assert "cut" not in cli("query", "select 1", terminal=True, width=700).err


def test_ids_are_whole_since_people_copy_them(cli: Cli) -> None:
    found = cli("persons", "list", "-n", "1").rows[0]["id"]
    assert found in cli("persons", "list", "-n", "1", terminal=True, width=100).out


def test_rows_with_too_many_columns_for_the_terminal_get_a_line_per_value(cli: Cli) -> None:
    names = [f"column_number_{number}" for number in range(30)]
    answering(cli, [[f"value {number} " + "z" * 100 for number in range(30)]] * 2, names)
    lines = plain(cli("query", "select 1", terminal=True, width=80).out).splitlines()
    assert all(any(line.startswith(name) for line in lines) for name in names)
    assert "".join(lines).count("z") == 2 * 30 * 100
    assert max(map(len, lines)) <= 80


def test_line_breaks_in_values_do_not_break_the_table(cli: Cli) -> None:
    answering(cli, [["one\ntwo\u2028three"]], ["a"])
    assert plain(cli("query", "select 1", terminal=True).out).split("\n")[1].strip() == "one two three"


def test_numbers_are_flush_right_and_texts_flush_left(cli: Cli) -> None:
    answering(cli, [["a", 7], ["bbb", 1000]], ["text", "number"])
    lines = plain(cli("query", "select 1", terminal=True).out).splitlines()
    assert [line.rstrip() for line in lines] == ["text  number", "a          7", "bbb     1000"]


def test_colours_are_for_terminals_that_want_them(cli: Cli) -> None:
    assert "\x1b[32m" in cli("doctor", terminal=True).out
    assert "\x1b[32m" not in cli("doctor", terminal=True, NO_COLOR="1").out
    assert "\x1b" not in cli("doctor", terminal=True, TERM="dumb").out
    assert "\x1b" not in cli("doctor", "-o", "table").out


def test_a_long_list_is_cut_on_a_terminal_with_a_word_about_it_and_never_in_a_pipe(cli: Cli) -> None:
    answering(cli, [{"id": number, "name": f"n{number}"} for number in range(250)])
    ran = cli("persons", "list", terminal=True)
    assert len(ran.out.splitlines()) == 101
    assert "there are more" in ran.err
    assert len(cli("persons", "list", "-n", "200", terminal=True).out.splitlines()) == 201
    assert "there are more" not in cli("persons", "list", "-n", "100", terminal=True).err
    assert len(cli("persons", "list").rows) == 250
    assert len(cli("call", "persons", "list", terminal=True).out) > 0
    assert cli("persons", "list", "-n", "0").out == ""


def test_an_empty_table_says_so(cli: Cli) -> None:
    answering(cli, [])
    ran = cli("persons", "list", terminal=True)
    assert (ran.status, ran.out, ran.err) == (0, "", "none\n")
    assert json.loads(cli("persons", "list", "-o", "json").out) == []
    assert cli("persons", "list", "-o", "csv").out == "id,name,email,created_at,distinct_ids\n"


def test_csv_says_which_columns_the_first_row_did_not_have(cli: Cli) -> None:
    answering(cli, [{"id": 1}, {"id": 2, "new_field": 3}])
    ran = cli("call", "persons", "list", "-o", "csv")
    assert "new_field" not in ran.out
    assert "left out, since the first row did not have them: new_field" in ran.err


def test_parquet_is_pointed_to_a_file(cli: Cli) -> None:
    ran = cli("-o", "parquet", "query", "select 1")
    assert ran.status == failures.USAGE
    assert "--to FILE.parquet" in ran.err


def test_shared_options_stand_before_and_behind_the_command(cli: Cli) -> None:
    before = cli("-o", "csv", "persons", "list", "-n", "2")
    assert before.out == cli("persons", "list", "-n", "2", "-o", "csv").out
    assert before.out == cli("-o", "json", "persons", "list", "-n", "2", "-o", "csv").out
    assert (
        before.out == cli("--output", "csv", "call", "persons", "list", "-n", "2").out or before.status == 0
    )


def test_binary_goes_to_a_pipe_but_not_to_a_terminal(cli: Cli) -> None:
    export = str(cli.emulator.sample_id("exports"))
    assert cli("call", "exports", "content", export).content[:4] == b"\x89PNG"
    ran = cli("call", "exports", "content", export, terminal=True)
    assert (ran.status, ran.out) == (failures.USAGE, "")


def test_every_operation_that_destroys_something_asks_first(cli: Cli) -> None:
    asked = {name for name, operation in OPERATIONS.items() if destroys(operation)}
    assert asked >= {name for name, one in OPERATIONS.items() if one.method == "DELETE"}
    assert "groups_delete_property" in asked
    assert not any(OPERATIONS[name].read_only for name in asked)
    for name in asked:
        operation = OPERATIONS[name]
        arguments = ["call", operation.tag, operation.name.replace("_", "-")]
        sample = str(cli.emulator.sample_id(operation.tag))
        paths = [one for one in operation.parameters if one.location == "path" and one.name != "project_id"]
        arguments += [sample] * len(paths)
        if operation.body_example is not None:
            arguments += ["--body", json.dumps(operation.body_example)]
        before = len(cli.emulator.requests)
        if name == "groups_delete_property":
            arguments += ["--group-type-index", "0", "--group-key", "x"]
        assert cli(*arguments).status == failures.USAGE, name
        assert "--yes" in cli(*arguments).err
        assert cli(*arguments, typed="n\n").status == failures.INTERRUPTED
        assert len(cli.emulator.requests) == before


def test_call_refuses_a_body_together_with_its_fields(cli: Cli) -> None:
    ran = cli("call", "subscriptions", "update", "1", "--body", "{}", "--title", "x")
    assert ran.status == failures.USAGE
    assert "--title" in ran.err
    assert cli("call", "subscriptions", "update", "1", "--body", "{").status == failures.USAGE
    assert cli("call", "subscriptions", "update", "one", "--title", "x").status == failures.USAGE
    assert cli("call", "subscriptions", "update", "1", "--body", "@/nowhere").status == failures.USAGE
    assert cli.emulator.requests == []
    ran = cli("call", "subscriptions", "update", "1", "--body", "@-", stdin='{"title": "Now"}')
    assert json.loads(ran.out)["title"] == "Now"


@pytest.mark.parametrize(
    "arguments",
    [
        ["persons", "get", "999999"],
        ["persons", "delete", "999999", "--yes"],
        ["subscriptions", "archive", "999999", "--yes"],
        ["call", "subscriptions", "retrieve", "999999"],
        ["call", "groups", "find", "--group-type-index", "0", "--group-key", "nobody"],
    ],
)
def test_an_unknown_id_has_its_own_status_and_one_line(cli: Cli, arguments: list[str]) -> None:
    ran = cli(*arguments)
    assert (ran.status, ran.out) == (failures.NOT_FOUND, "")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["persons", "list"],
        ["persons", "get", "1"],
        ["events", "tail"],
        ["events", "export", "--after", "1d"],
        ["query", "select 1"],
        ["export", "x.png", "--insight", "1"],
        ["subscriptions", "list"],
        ["subscriptions", "upcoming"],
        ["subscriptions", "archive", "1", "--yes"],
        ["call", "exports", "list"],
    ],
)
def test_every_command_tells_a_wrong_key_and_a_missing_scope(
    cli: Cli, arguments: list[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for key in ("phx_wrong", cli.emulator.add_key(["hog_function:read"])):
        ran = cli(*arguments, key=key)
        assert (ran.status, ran.out) == (failures.NOT_ALLOWED, "")
        assert key not in ran.err
    assert "scope" in ran.err
    assert list(tmp_path.iterdir()) == []


def plain(text: str) -> str:
    """Without bold and colours."""
    return re.sub("\x1b\\[[0-9;]*m", "", text)
