"""The command line as a process of its own: signals, pipes, locales, missing packages."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from posthog_environments.cli import failures
from posthog_environments.emulator import Emulator

COMMAND = [sys.executable, "-W", "error", "-m", "posthog_environments.cli"]
PATIENCE = 60
Served = tuple[Emulator, dict[str, str]]


def start(arguments: Iterable[str], environment: dict[str, str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["persons", "list"],
        ["-o", "csv", "persons", "list"],
        ["-o", "json", "persons", "list"],
        ["events", "export", "--after", "2020-01-01", "--before", "2026-01-01"],
        ["call", "persons", "list"],
    ],
)
def test_a_reader_that_goes_early_ends_it_without_a_word(served: Served, arguments: list[str]) -> None:
    process = start(arguments, served[1])
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stderr as err:
        assert process.stdout.readline()
        process.stdout.close()
        process.wait(PATIENCE)
        assert (process.returncode, err.read()) == (failures.NO_READER, b"")


class Watched(Emulator):
    """Says when it was asked how far a query is; no query ever ends."""

    def __init__(self) -> None:
        super().__init__(persons=1, events=1)
        self.behaviour.job_polls = 1_000_000
        self.behaviour.job_seconds = 1e9
        self.polled = threading.Event()

    def handle(self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Any:
        answer = super().handle(method, url, headers, body)
        if method == "GET" and "/query/" in url:
            self.polled.set()
        return answer


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, failures.INTERRUPTED), (signal.SIGTERM, failures.TERMINATED)]
)
def test_a_signal_cancels_the_running_query(environment: dict[str, str], number: int, status: int) -> None:
    emulator = Watched()
    with emulator.serve() as server:
        settings = {
            "POSTHOG_HOST": server.url,
            "POSTHOG_PROJECT_ID": "1",
            "POSTHOG_PERSONAL_API_KEY": emulator.api_key,
        }
        process = start(["query", "select 1", "--background"], {**environment, **settings})
        assert emulator.polled.wait(PATIENCE)
        process.send_signal(number)
        ended, out, err = finish(process)
    assert (ended, out, err) == (status, "", "interrupted\n")
    last = emulator.requests[-1]
    assert (last.method, last.operation_id) == ("DELETE", "query_delete")


@pytest.mark.parametrize(
    "locale",
    [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}],
)
def test_output_is_utf_8_whatever_the_locale_says(served: Served, locale: dict[str, str]) -> None:
    emulator, environment = served
    emulator.add_person("zoë", properties={"email": "zoë@例え.jp"})
    for arguments in (["persons", "list", "-n", "1"], ["persons", "list", "-n", "1", "-o", "table"]):
        status, out, err = finish(start(arguments, {**environment, **locale}))
        assert (status, err) == (0, "")
        assert "zoë@例え.jp" in out


def test_lines_end_with_a_line_feed_alone(served: Served) -> None:
    for form in ("jsonl", "json", "csv"):
        assert "\r" not in finish(start(["persons", "list", "-n", "3", "-o", form], served[1]))[1]


def test_the_key_and_the_query_can_both_come_from_standard_input(served: Served) -> None:
    emulator, environment = served
    del environment["POSTHOG_PERSONAL_API_KEY"]
    process = start(["--key-file", "-", "query", "-"], environment, stdin=subprocess.PIPE)
    out, err = process.communicate(f"{emulator.api_key}\nselect 1 as one".encode(), PATIENCE)
    assert (process.returncode, out, err) == (0, b'{"one":1}\n', b"")


def test_a_server_that_is_not_there_has_its_own_status(served: Served) -> None:
    with Emulator(persons=1, events=1).serve() as server:
        url = server.url
    status, out, err = finish(
        start(["--timeout", "2", "persons", "list"], {**served[1], "POSTHOG_HOST": url})
    )
    assert (status, out) == (failures.NO_ANSWER, "")
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_a_missing_extra_is_named(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from posthog_environments.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'pip install "posthog-environments[cli]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_emulator_is_served_until_it_is_interrupted(environment: dict[str, str]) -> None:
    process = start(["emulator", "--port", "0", "--persons", "4", "--events", "9"], environment)
    assert process.stdout is not None
    with process:
        told = io.TextIOWrapper(process.stdout, encoding="utf-8")
        url, key = told.readline().strip(), told.readline().split()[1]
        settings = {"POSTHOG_HOST": url, "POSTHOG_PROJECT_ID": "1", "POSTHOG_PERSONAL_API_KEY": key}
        status, out, _ = finish(start(["persons", "list"], {**environment, **settings}))
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        told.close()
        if process.stderr:
            process.stderr.close()
    assert (status, len(out.splitlines()), process.returncode) == (0, 4, 0)


def test_the_emulator_explains_itself_under_its_name_here(environment: dict[str, str]) -> None:
    status, out, _ = finish(start(["emulator", "--help"], environment))
    assert status == 0
    assert out.startswith("usage: posthog-environments emulator ")
    assert finish(start(["emulator", "--port", "many"], environment))[0] == failures.USAGE


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(environment: dict[str, str], shell: str, tmp_path: Path) -> None:
    status, out, err = finish(start(["completion", shell], environment))
    assert (status, err) == (0, "")
    assert f"_POSTHOG_ENVIRONMENTS_COMPLETE={shell}_complete" in out
    if shell == "bash":
        script = tmp_path / "script"
        script.write_text(out)
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("posthog-environments per", "persons"),
        ("posthog-environments persons li", "list"),
        ("posthog-environments call subscriptions up", "update"),
        ("posthog-environments -o js", "jsonl"),
        ("posthog-environments call persons list --ema", "--email"),
    ],
)
def test_commands_and_options_are_completed(environment: dict[str, str], words: str, completed: str) -> None:
    settings = {
        "_POSTHOG_ENVIRONMENTS_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    status, out, err = finish(start([], {**environment, **settings}))
    assert (status, err) == (0, "")
    assert f"plain,{completed}" in out.split()


def test_memory_stays_flat_however_much_comes(served: Served) -> None:
    """What a second thousand of persons needs beyond the first is next to nothing."""
    code = (
        "import sys, resource; from posthog_environments.cli import main; status = main();"
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)); sys.exit(status)"
    )

    def peak(count: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", code, "call", "persons", "list", "--limit", "100", "-n", count],
            env=served[1],
            capture_output=True,
            check=True,
        )
        assert len(done.stdout.splitlines()) == int(count)
        assert json.loads(done.stdout.splitlines()[-1])
        return int(done.stderr)

    assert peak("1500") - peak("300") < 4_000
