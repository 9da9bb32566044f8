"""Which Pythons this machine has, and environments made from them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import define

OLDEST = (3, 11)
_QUESTION = (
    "import json, sys; print(json.dumps([list(sys.version_info[:3]), sys.version_info.releaselevel,"
    " sys.implementation.name, sys.executable]))"
)


@define(frozen=True, order=True)
class Interpreter:
    """A Python that can be run."""

    version: tuple[int, ...]
    implementation: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.implementation} {'.'.join(map(str, self.version))}"


def candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Programs that may be a Python: on the PATH, and where pyenv and uv keep theirs."""
    names = ["python3", *(f"python3.{minor}" for minor in range(OLDEST[1], 30))]
    for folder in environment.get("PATH", "").split(os.pathsep):
        yield from (Path(folder) / name for name in names)
    home = Path(environment.get("HOME", "/"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    managed = Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python")
    for kept in (pyenv, managed):
        yield from sorted(kept.glob("*/bin/python3"))


def ask(path: Path | str) -> Interpreter | None:
    """What the program is; None where it is no Python that works, or an environment of another one."""
    try:
        done = subprocess.run(
            [str(path), "-I", "-c", _QUESTION], capture_output=True, text=True, check=True, timeout=30
        )
        version, level, implementation, program = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if level != "final" or not program:
        return None
    label = {"cpython": "CPython", "pypy": "PyPy"}.get(implementation, implementation)
    return Interpreter(tuple(version), label, program)


def found(environment: Mapping[str, str]) -> list[Interpreter]:
    """Every Python that is new enough, once; PYTHONS="python3.12 /opt/python3.14" chooses instead."""
    if chosen := environment.get("PYTHONS", "").split():
        asked = {name: ask(shutil.which(name) or name) for name in chosen}
        unusable = [name for name, one in asked.items() if one is None or one.version < OLDEST]
        if unusable:
            raise SystemExit(f"PYTHONS names what is no Python of 3.11 or newer: {', '.join(unusable)}")
        return [one for one in asked.values() if one is not None]
    unique: dict[tuple[str, tuple[int, ...]], Interpreter] = {}
    for path in candidates(environment):
        if path.is_file() and (one := ask(path)) and one.version >= OLDEST:
            unique.setdefault((one.implementation, one.version), one)
    return sorted(unique.values())


def make_environment(
    interpreter: Interpreter, folder: Path, requirements: Path | None, *packages: Path | str
) -> Path:
    """A new environment with exactly these requirements (by hash) and packages; its Python."""
    _run([interpreter.path, "-m", "venv", *(["--without-pip"] if shutil.which("uv") else []), str(folder)])
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    install = (
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
        if uv
        else [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    )
    if requirements:
        _run([*install, "--require-hashes", "-r", str(requirements)])
    if requirements and packages:
        _run([*install, "--no-deps", *map(str, packages)])
    elif packages:
        _run([*install, *map(str, packages)])
    _run([uv, "pip", "check", "--python", str(python)] if uv else [str(python), "-m", "pip", "check"])
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"failed: {' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}")
