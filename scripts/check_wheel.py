"""Is the built wheel what it should be, and does it work alone? `python scripts/check_wheel.py`

Builds both distributions, compares what lies in them with git and with `release/contents.txt`, installs the wheel with
its declared dependencies into a new environment outside this repository, measures that, and calls resources there,
synchronously and asynchronously, with warnings as errors.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from contract_document import ROOT
from releasing import contents
from releasing.distributions import Distributions, build
from releasing.interpreters import ask, make_environment
from releasing.size import LIMIT, measure
from releasing.versions import package_version

_SMOKE = """
import asyncio, importlib.metadata, sys
import posthog_environments
assert "httpx" not in sys.modules, "importing the package must not import httpx"
from posthog_environments.emulator import Emulator
emulator = Emulator(persons=3, events=5)
with emulator.client() as client:
    assert len(list(client.persons.list())) == 3
async def main():
    async with emulator.async_client() as client:
        assert len([person async for person in client.persons.list()]) == 3
asyncio.run(main())
assert importlib.metadata.version("posthog-environments") == posthog_environments.__version__
print("the wheel of", posthog_environments.__version__, "works alone on Python", sys.version.split()[0])
"""


def check_contents(made: Distributions) -> list[str]:
    """What does not belong into the distributions, or is missing there."""
    version = package_version()
    wheel, sdist = contents.wheel_names(made.wheel), contents.sdist_names(made.sdist)
    found = list(contents.problems(wheel, sdist, version, contents.tracked(ROOT)))
    if contents.listing(wheel, sdist, version) != contents.PINNED.read_text(encoding="utf-8"):
        found.append(
            f"what is shipped is not what {contents.PINNED.relative_to(ROOT)} says: run `make accept`, read its diff"
        )
    return found


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        folder = Path(scratch)
        made = build(folder / "dist")
        if problems := check_contents(made):
            raise SystemExit("\n".join(problems))
        interpreter = ask(sys.executable)
        assert interpreter is not None
        python = make_environment(interpreter, folder / "venv", None, made.wheel)
        measured = measure(folder / "venv")
        print("\n".join(measured.lines()))
        if measured.total > LIMIT:
            raise SystemExit(f"installed with its dependencies it must not exceed {LIMIT / 1e6:.0f} MB")
        done = subprocess.run([str(python), "-I", "-W", "error", "-c", _SMOKE], cwd=folder, check=False)
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
