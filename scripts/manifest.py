"""What the generated files were made from, and what they are: `generated/manifest.json`.

Written by `make generate`, verified by `make check`. Besides every input and output it holds the hashes of the
generator's own templates that ours replace: when a release of the generator changes one of them, ours may lack a
correction, and the check says which.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from contract_document import ROOT

MANIFEST = Path("generated/manifest.json")
_ABOUT = "Written by `make generate`, verified by `make check`. SHA-256 of every input and output."


def manifest(output: Path, outputs: tuple[Path, ...], root: Path = ROOT) -> dict[str, Any]:
    """The manifest of what was generated under `output` from the sources under `root`."""
    templates = sorted((root / "generator-templates").glob("*.jinja"))
    sources = [
        root / "openapi" / "root.yaml",
        *sorted((root / "openapi" / "resources").glob("*.yaml")),
        root / "generator-config.yaml",
        *templates,
    ]
    return {
        "about": _ABOUT,
        "generator": {"openapi-python-client": version("openapi-python-client")},
        "formatter": {"ruff": version("ruff")},
        "replaced_templates": dict(replaced_templates([path.name for path in templates])),
        "inputs": {path.relative_to(root).as_posix(): _hash(path.read_bytes()) for path in sources},
        "outputs": {
            path.relative_to(output).as_posix(): _hash(path.read_bytes())
            for path in sorted(_members(output, outputs))
        },
    }


def replaced_templates(ours: list[str]) -> Iterator[tuple[str, str]]:
    """The generator's own templates that ours replace, by name, with the hash of their text."""
    for name, text in upstream_templates().items():
        if name in ours:
            yield name, _hash(text.encode())


def upstream_templates() -> dict[str, str]:
    """The templates of the installed generator."""
    folder = files("openapi_python_client") / "templates"
    return {
        item.name: item.read_text(encoding="utf-8")
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".jinja")
    }


def as_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def explained(committed: Mapping[str, Any], fresh: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two manifests, in words; outputs are left to a diff of the files themselves."""
    for kind in ("generator", "formatter"):
        for name, now in fresh[kind].items():
            before = committed.get(kind, {}).get(name)
            if before != now:
                yield f"{kind}: generated with {name} {before}, {now} is installed"
    before, now = committed.get("replaced_templates", {}), fresh["replaced_templates"]
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"upstream template {name}: the generator no longer has it, so nothing renders ours"
        elif name not in before:
            yield f"upstream template {name}: ours replaces it now"
        elif before[name] != now[name]:
            yield f"upstream template {name}: changed; read what, ours may need the same (make upgrade-generator)"
    before, now = committed.get("inputs", {}), fresh["inputs"]
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            what = "removed" if name not in now else "new" if name not in before else "changed"
            yield f"input {name}: {what} since the last `make generate`"


def _members(base: Path, outputs: tuple[Path, ...]) -> Iterator[Path]:
    for output in outputs:
        path = base / output
        if path.is_dir():
            yield from (p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        else:
            yield path


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
