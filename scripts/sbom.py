"""The software bill of materials of the wheel, CycloneDX 1.6 as JSON: `make sbom` writes it beside the wheel in dist/.

It says what a user gets today: the wheel of dist/ installed alone into a new environment, its dependencies in the
versions of `requirements/latest.txt`. Made by cyclonedx-py, which lives in an environment of its own
(`requirements/sbom.txt`, with hashes) so that it is no part of what it describes. The same wheel gives the same bytes:
no serial number, no time.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from contract_document import ROOT
from releasing.interpreters import ask, make_environment
from releasing.versions import package_version


def pins(requirements: Path) -> str:
    """Names and versions without hashes: a wheel that was built here has none to compare with."""
    found = re.findall(
        r"^([A-Za-z0-9][^\\\n]*?) *\\?$", requirements.read_text(encoding="utf-8"), re.MULTILINE
    )
    return "\n".join(found) + "\n"


def incomplete(bill: object) -> list[str]:
    """What a bill of ours must have and has not."""
    assert isinstance(bill, dict)
    components = {component["name"]: component for component in bill.get("components", [])}
    main = bill.get("metadata", {}).get("component", {})
    wanted = {"attrs", "httpx", "msgspec", "python-dateutil"}
    found = [f"{name} is not listed" for name in sorted(wanted - components.keys())]
    found += [f"{name} has no licence" for name, one in sorted(components.items()) if not one.get("licenses")]
    found += [f"{name} has no purl" for name, one in sorted(components.items()) if not one.get("purl")]
    if (main.get("name"), main.get("version")) != ("posthog-environments", package_version()):
        found.append(f"it describes {main.get('name')} {main.get('version')}")
    return found


def main() -> int:
    wheels = list((ROOT / "dist").glob("*.whl"))
    if len(wheels) != 1:
        raise SystemExit("dist/ must hold one wheel: run `make build` first")
    target = ROOT / "dist" / f"posthog-environments-{package_version()}.cdx.json"
    interpreter = ask(sys.executable)
    assert interpreter is not None
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        folder = Path(scratch)
        constraints = folder / "constraints.txt"
        constraints.write_text(pins(ROOT / "requirements" / "latest.txt"), encoding="utf-8")
        tool = make_environment(interpreter, folder / "tool", ROOT / "requirements" / "sbom.txt")
        described = make_environment(interpreter, folder / "described", None, "-c", constraints, wheels[0])
        options = [
            "--pyproject",
            str(ROOT / "pyproject.toml"),
            "--mc-type",
            "library",
            "--spec-version",
            "1.6",
        ]
        command = [str(tool.parent / "cyclonedx-py"), "environment", *options, "--output-reproducible"]
        subprocess.run([*command, "--output-file", str(target), str(described)], check=True)
    bill = json.loads(target.read_text(encoding="utf-8"))
    version = package_version()
    # The tool reads the version from pyproject.toml, where ours is not; and cannot know which file is meant.
    bill["metadata"]["component"] |= {
        "version": version,
        "purl": f"pkg:pypi/posthog-environments@{version}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheels[0].read_bytes()).hexdigest()}],
    }
    target.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    if found := incomplete(bill):
        raise SystemExit(f"{target.name}: {'; '.join(found)}")
    print(f"dist/{target.name}: {len(bill['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
