"""Move to another release of the generator: `python scripts/upgrade_generator.py 0.30.0` (`make upgrade-generator VERSION=…`).

Changes the pin, compiles and installs the requirements, generates, and prints what a person must read: the diff of
each upstream template that ours replace, new settings and templates, and the diff of the output in numbers.
`docs/generator-upgrade.md` says what to do with it.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from contract_document import ROOT
from manifest import upstream_templates

_PIN = re.compile(r"^(openapi-python-client==)(\S+)$", re.MULTILINE)
_CONSTANT = re.compile(r'^(GENERATOR = ")([^"]+)(")$', re.MULTILINE)
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_REVIEW = """
What to review now
  1. The diffs above: does a correction of theirs belong into ours (generator-templates/)?
  2. `git diff generated/`: it is what users will see. Nothing may change but what you can explain.
  3. generator-templates/README.md: which of our templates can go, because upstream has it now?
  4. Texts that name the version{mentions}
  5. `make test` and `make contract BASE=HEAD`; a line in CHANGELOG.md if users see a difference.
To go back: git checkout requirements scripts/generate.py generated openapi docs && make setup
"""


class Refused(Exception):
    """The upgrade cannot be made; nothing is left half done where the text does not say so."""


def pinned(text: str, pattern: re.Pattern[str], version: str) -> str:
    """The text with another version at the one place that the pattern finds."""
    found = pattern.findall(text)
    if len(found) != 1:
        raise Refused(f"{pattern.pattern} stands {len(found)} times where it should stand once")
    return pattern.sub(lambda match: f"{match[1]}{version}{''.join(match.groups()[2:])}", text)


def template_changes(before: Mapping[str, str], after: Mapping[str, str], ours: set[str]) -> Iterator[str]:
    """What a release changed in the templates: diffs of those that ours replace, the others by name."""
    for name in sorted({*before, *after}):
        if before.get(name) == after.get(name):
            continue
        if name not in after:
            yield f"{name}: gone{', so nothing renders ours' if name in ours else ''}"
        elif name not in before:
            yield f"{name}: new{'; one of ours has this name and replaces it now' if name in ours else ''}"
        elif name in ours:
            yield f"{name}: changed, and ours replaces it:"
            yield from difflib.unified_diff(
                before[name].splitlines(), after[name].splitlines(), "before", "after", lineterm="", n=2
            )
        else:
            yield f"{name}: changed (not replaced by us; its effect is in the output)"


def mentions(version: str) -> list[str]:
    """Files under version control that name a version."""
    command = ["git", "grep", "-lF", version, "--", ":!generated", ":!requirements", ":!CHANGELOG.md"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split()


def run(what: str, *command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"{what} failed ({' '.join(command)}):\n{(done.stderr or done.stdout).strip()[-3000:]}")
    return done.stdout


def upgrade(version: str) -> None:
    if not _VERSION.fullmatch(version):
        raise Refused(f"VERSION must be a release such as 0.30.0, not {version!r}")
    if shutil.which("uv") is None:
        raise Refused("uv is needed to compile the requirements: https://docs.astral.sh/uv/")
    requirements, script = ROOT / "requirements" / "dev.in", ROOT / "scripts" / "generate.py"
    texts = {path: path.read_text(encoding="utf-8") for path in (requirements, script)}
    old = _CONSTANT.findall(texts[script])[0][1]
    changed = {
        requirements: pinned(texts[requirements], _PIN, version),
        script: pinned(texts[script], _CONSTANT, version),
    }
    before = upstream_templates()
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    try:
        print(f"Compiling and installing openapi-python-client {version} (was {old}) ...", flush=True)
        run("compiling the requirements", "make", "requirements")
        install = ["uv", "pip", "install", "--python", sys.executable, "--require-hashes"]
        run("installing", *install, "-r", "requirements/dev.txt")
    except Refused:
        for path, text in {**texts, ROOT / "requirements" / "dev.txt": locked}.items():
            path.write_text(text, encoding="utf-8")
        raise
    ours = {path.name for path in (ROOT / "generator-templates").glob("*.jinja")}
    listing = "import json, manifest; print(json.dumps(manifest.upstream_templates()))"
    after = _templates_of_installed(listing)
    print(f"\n=== Templates of the generator, {old} to {version}")
    lines = list(template_changes(before, after, ours))
    print("\n".join(lines) or "no template changed")
    print("\n=== Generated files")
    failed = ""
    try:
        run("generating", sys.executable, str(script))
    except Refused as error:  # where the template API changed, ours must follow first
        failed = f"{error}\n\nThe pins are changed; scripts/ and generator-templates/ must follow, then: make generate"
        print("not generated, see the end")
    else:
        print(run("git", "git", "diff", "--stat", "--", "generated", "openapi", "docs") or "nothing changed")
    named = mentions(old)
    print(_REVIEW.format(mentions=": " + ", ".join(named) if named else ": none left"))
    if failed:
        raise Refused(failed)


def _templates_of_installed(program: str) -> dict[str, str]:
    """From a new interpreter: this one has the old release in memory."""

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("version")
    try:
        upgrade(parser.parse_args().version)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
