"""Does the built wheel work alone? `python scripts/check_wheel.py`

Builds it, installs it with its declared dependencies into a new environment outside this repository, and calls
resources there, synchronously and asynchronously, with warnings as errors.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from contract_document import ROOT

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


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stdout[-3000:] + done.stderr[-3000:], file=sys.stderr)
        raise SystemExit(f"failed: {' '.join(str(part) for part in command)}")
    if command[-1] == _SMOKE:
        print(done.stdout.strip())


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        folder = Path(scratch)
        run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT, cwd=folder)
        (wheel,) = folder.glob("*.whl")
        names = zipfile.ZipFile(wheel).namelist()
        strays = [
            name
            for name in names
            if not name.startswith(
                ("posthog_environments/", "posthog_environments_api/", "posthog_environments-")
            )
        ]
        if strays or not {"posthog_environments/py.typed", "posthog_environments_api/py.typed"} <= set(names):
            raise SystemExit(f"the wheel holds what it should not, or lacks py.typed: {strays}")
        run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
        python = folder / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", wheel, cwd=folder)
        run(python, "-I", "-W", "error", "-c", _SMOKE, cwd=folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
