"""Examples of the documentation are programs, and they run.

The info string of a fenced block says how, after the language:

    ```python runnable          a program of its own
    ```python pytest            a test module; all those of a page are run together
    ```python file=conftest.py  a file that lies next to the page's programs and test modules
    ```python snippet           lines that use `client`; those of a page run one after another and share their names.
                                `client` and `emulator` are of an emulated project 12345, which the environment
                                variables name too; `await` is allowed
    ```python not-run: reason   shown only
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from posthog_environments import Client
from posthog_environments.emulator import Emulator
from public_modules import EXPORTING, HELD, MODELS

DOCS = Path(__file__).resolve().parent.parent / "docs"
_BLOCK = re.compile(r"^```(?:python|py)[ \t]*([^\n]*?)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_KINDS = re.compile(r"runnable|pytest|snippet|file=[a-z_]+\.py|not-run: \S.*")


@define(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: Name of the file inside `docs/`.
        line: Line of its first line of code.
        kind: `runnable`, `pytest`, `snippet`, `file=…`, or `not-run: …`.
        code: What it says.
    """

    page: str
    line: int
    kind: str
    code: str

    @property
    def padded(self) -> str:
        """The code on the lines where the page has it, so that tracebacks point there."""
        return "\n" * (self.line - 1) + self.code


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.relative_to(DOCS).as_posix(), text.count("\n", 0, match.start(2)) + 1, match[1], match[2])
        for match in _BLOCK.finditer(text)
    ]


BLOCKS = [block for page in sorted(DOCS.rglob("*.md")) for block in blocks_of(page)]
PROGRAMS = [block for block in BLOCKS if block.kind == "runnable"]
PAGES_WITH_TESTS = sorted({block.page for block in BLOCKS if block.kind == "pytest"})
PAGES_WITH_SNIPPETS = sorted({block.page for block in BLOCKS if block.kind == "snippet"})


def put_files(page: str, pytester: pytest.Pytester) -> None:
    for block in BLOCKS:
        if block.page == page and block.kind.startswith("file="):
            (pytester.path / block.kind.removeprefix("file=")).write_text(block.padded, encoding="utf-8")


def test_every_block_runs_or_says_why_not() -> None:
    for block in BLOCKS:
        assert _KINDS.fullmatch(block.kind), (
            f"docs/{block.page}:{block.line} says {block.kind!r}; see tests/test_docs.py"
        )
    assert PAGES_WITH_TESTS, "the pages were found"
    assert PAGES_WITH_SNIPPETS, "the pages were found"


def test_no_python_hides_from_the_rule_above() -> None:
    fences = re.compile(
        r"^[ 	>]*(?:```+|~~~+)[ 	]*\{?[ 	]*\.?(?:python|py|python3|pycon)\b",
        re.MULTILINE | re.IGNORECASE,
    )
    for page in DOCS.rglob("*.md"):
        assert len(fences.findall(page.read_text(encoding="utf-8"))) == len(blocks_of(page)), page.name


def imports_of(block: Block) -> Iterator[tuple[str, str]]:
    """Module and name of everything that a block takes from the facade."""
    code = compile(block.padded, block.page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def test_the_documentation_uses_only_names_that_are_promised() -> None:
    """What `release/public-api.txt` does not list may change in any release."""
    taken = [
        (block, module, name)
        for block in BLOCKS
        for module, name in imports_of(block)
        if module.partition(".")[0] == "posthog_environments"
    ]
    assert len(taken) > 20, "the imports were found"
    for block, module, name in taken:
        promised = module in (*EXPORTING, MODELS) or name in HELD.get(module, ())
        assert promised, f"docs/{block.page}:{block.line}: {name} of {module}; see scripts/public_modules.py"


@pytest.mark.parametrize("page", PAGES_WITH_SNIPPETS)
def test_the_snippets_of_a_page_run(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    opened: list[Client] = []
    construct = Client.__init__

    def remember(client: Client, *args: Any, **kwargs: Any) -> None:
        construct(client, *args, **kwargs)
        opened.append(client)

    monkeypatch.setattr(Client, "__init__", remember)  # a page need not close what it shows
    emulator = Emulator(project_id=12345)
    with emulator.serve() as server, emulator.client(clock=emulator.client_clock()) as client:
        monkeypatch.setenv("POSTHOG_HOST", server.url)
        monkeypatch.setenv("POSTHOG_PERSONAL_API_KEY", emulator.api_key)
        monkeypatch.setenv("POSTHOG_PROJECT_ID", "12345")
        names: dict[str, Any] = {"__name__": "__main__", "client": client, "emulator": emulator}
        try:
            for block in BLOCKS:
                if block.page == page and block.kind == "snippet":
                    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                    code = compile(block.padded, str(DOCS / block.page), "exec", flags=flags)
                    result = eval(code, names)
                    if inspect.iscoroutine(result):
                        asyncio.run(result)
        finally:
            for other in opened:
                other.close()


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: f"{block.page}:{block.line}")
def test_a_program_of_the_documentation_runs(block: Block, pytester: pytest.Pytester) -> None:
    put_files(block.page, pytester)
    pytester.syspathinsert()
    code = compile(block.padded, str(DOCS / block.page), "exec")
    exec(code, {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES_WITH_TESTS)
def test_the_tests_of_a_page_pass(
    page: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins are not what the page is about
    put_files(page, pytester)
    names: list[str] = []
    for block in BLOCKS:
        if block.page == page and block.kind == "pytest":
            names.append(f"test_line_{block.line}.py")
            (pytester.path / names[-1]).write_text(block.padded, encoding="utf-8")
    done = pytester.runpytest_subprocess(
        "-q", "-rA", "-W", "error", "--strict-markers", "-p", "posthog_environments.pytest_plugin", *names
    )
    outcomes = done.parseoutcomes()
    assert done.ret == 0, "\n".join(done.outlines + done.errlines)
    assert set(outcomes) <= {"passed"}, outcomes
    for name in names:
        assert f"PASSED {name}::" in done.stdout.str(), f"docs/{page} has no test in {name}"
