"""The typing tests of the base, checked against the code of today: what users of the old release wrote must still fit."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from contract_diffing.changes import TYPES, Change

_ERROR = re.compile(r"^(?P<file>.+?):(?P<line>\d+): error: (?P<text>.*)$")


def check_old_typing(folder: Path, root: Path) -> list[Change]:
    """One change for each error of `mypy --strict`; none where the base has no typing tests."""
    programs = sorted((folder / "typing_tests").glob("*.py"))
    if not programs:
        return []
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", *(str(path) for path in programs)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return errors(done.stdout, done.returncode, done.stderr)


def errors(out: str, status: int, stderr: str = "") -> list[Change]:
    found: list[Change] = []
    for line in out.splitlines():
        if error := _ERROR.match(line):
            place = f"typing_tests/{Path(error['file']).name}:{error['line']}"
            names = " ".join(re.findall(r"\"([^\"]+)\"", error["text"]))
            found.append(
                Change("breaking", "old-typing-test", place, TYPES, f"{place} {error['text']}", subject=names)
            )
    if status and not found:
        message = f"mypy could not check the old typing tests: {(stderr or out).strip()[-500:]}"
        found.append(
            Change("breaking", "old-typing-test", "typing_tests", TYPES, message, subject="typing_tests")
        )
    return found
