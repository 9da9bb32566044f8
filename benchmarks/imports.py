"""What importing costs, as ratios to `import httpx`, at 52 and at about 300 operations: part of `make bench`."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

ROUNDS = 15
_FIRST = """
from {package}.resources import SyncResources
from {package}.resources.persons import PersonsResource
from {package}.api.persons import persons_retrieve
persons_retrieve.request_kwargs("1", 42)
persons_retrieve.parse(200, b'{{"id": 42}}')
"""


def multiplied(document: dict[str, Any], times: int) -> dict[str, Any]:
    """The contract several times over: every copy has its own tags, paths, operations and schemas."""
    result = json.loads(json.dumps(document))
    for copy in range(1, times):
        text = json.dumps({"paths": document["paths"], "schemas": document["components"]["schemas"]})
        for name in document["components"]["schemas"]:
            text = text.replace(f'#/components/schemas/{name}"', f'#/components/schemas/{name}Copy{copy}"')
        part = json.loads(text)
        for path, item in part["paths"].items():
            for operation in item.values():
                if isinstance(operation, dict) and "operationId" in operation:
                    tag = operation["tags"][0]
                    operation["operationId"] = re.sub(f"^{tag}_", f"{tag}{copy}x_", operation["operationId"])
                    operation["tags"] = [f"{tag}{copy}x"]
            result["paths"][path.replace("/api/environments/", f"/api/copy{copy}/")] = item
        for name, schema in part["schemas"].items():
            result["components"]["schemas"][f"{name}Copy{copy}"] = schema
        result["tags"] += [{**tag, "name": f"{tag['name']}{copy}x"} for tag in document["tags"]]
    return result


def generated(folder: Path) -> None:
    """`small_api` and `large_api`: the contract once and six times over."""
    from contract_document import merge
    from generate import build_package

    document = merge()
    build_package(document, folder / "small_api")
    build_package(multiplied(document, 6), folder / "large_api")


def run() -> dict[str, tuple[float, float]]:
    """By case: milliseconds over a bare interpreter, ratio to `import httpx`."""
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as name:
        folder = Path(name)
        generated(folder)
        cases = {
            "bare": "pass",
            "import httpx": "import httpx",
            "import posthog_environments": "import posthog_environments",
            "first resource call, 52 operations": _FIRST.format(package="small_api"),
            "first resource call, 312 operations": _FIRST.format(package="large_api"),
            "import the generated package, 52 operations": "import small_api.resources",
            "import the generated package, 312 operations": "import large_api.resources",
        }
        times: dict[str, list[float]] = {case: [] for case in cases}
        for round_number in range(ROUNDS + 1):
            order = list(cases)
            start = round_number % len(order)
            for case in order[start:] + order[:start]:
                before = time.perf_counter()
                subprocess.run([sys.executable, "-c", cases[case]], check=True, cwd=folder)
                if round_number:  # the first round writes the bytecode
                    times[case].append(time.perf_counter() - before)
        result: dict[str, tuple[float, float]] = {}
        for case in list(cases)[1:]:
            over = [mine - bare for mine, bare in zip(times[case], times["bare"], strict=True)]
            httpx = [mine - bare for mine, bare in zip(times["import httpx"], times["bare"], strict=True)]
            result[case] = (
                statistics.median(over) * 1000,
                statistics.median(over) / statistics.median(httpx),
            )
        return result


if __name__ == "__main__":
    for case, (milliseconds, ratio) in run().items():
        sys.stdout.write(f"  {case:46} {milliseconds:7.1f} ms   x {ratio:.2f}\n")
