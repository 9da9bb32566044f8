"""Everything that must hold before a change lands, one after another, with a summary: `make test`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from contract_document import ROOT

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("drift", ("python", "scripts/check.py")),
    ("behaviours", ("python", "scripts/behaviours.py", "--check")),
    ("style", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types (mypy --strict)", ("mypy",)),
    ("types (pyright strict)", ("pyright",)),
    ("tests", ("pytest", "-q")),
    ("public API and contents", ("python", "scripts/accept.py", "--check")),
    ("version and changelog", ("python", "scripts/release_check.py")),
    ("wheel alone", ("python", "scripts/check_wheel.py")),
)


def main() -> int:
    folder = Path(sys.executable).parent
    results: list[tuple[str, bool, float]] = []
    for name, (program, *arguments) in CHECKS:
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        done = subprocess.run([str(folder / program), *arguments], cwd=ROOT, check=False)
        results.append((name, done.returncode == 0, time.monotonic() - started))
    print("\n=== summary")
    for name, passed, seconds in results:
        print(f"{'ok    ' if passed else 'FAILED'}  {seconds:6.1f} s  {name}")
    failed = [name for name, passed, _ in results if not passed]
    print("\nAll checks passed." if not failed else f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
