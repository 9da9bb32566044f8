"""Pages end to end, memory held, growth while iterating: part of `make bench`."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
from harness import compare
from pages import KINDS, page, struct

from posthog_environments import Client

HERE = Path(__file__).resolve().parent
URL = "https://us.posthog.com/api/environments/7/persons/"
HELD = 100_000
ITERATED = 1_000_000


def end_to_end() -> dict[str, tuple[float, float]]:
    """One page of 100 persons, from the call to typed objects, over a mock transport."""
    data = page("persons", 100).replace(b'"next":"https://x/?offset=1"', b'"next":null')
    headers = {
        "Authorization": "Bearer phx_benchmark",
        "Accept": "application/json",
        "User-Agent": "benchmark",
    }
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=data))
    bare = httpx.Client(transport=transport)
    client = Client(7, api_key="phx_benchmark", host="us", transport=transport)
    decode = msgspec.json.Decoder(struct(KINDS["persons"])).decode
    return compare(
        {
            "httpx and msgspec by hand": lambda: decode(bare.get(URL, headers=headers).content),
            "httpx and json by hand": lambda: bare.get(URL, headers=headers).json(),
            "posthog_environments": lambda: list(client.persons.list()),
        },
        base="httpx and msgspec by hand",
        calls=40,
    )


def resident() -> int:
    """Resident memory of this process, in KiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise SystemExit("this needs Linux: /proc/self/status")


def _pages(rows: int) -> Any:
    text = page("persons", 100).decode()
    for number in range(rows // 100):
        yield text.replace("person", f"p{number:05d}").encode()


def hold(what: str) -> int:
    """KiB that 100,000 persons take, as dicts or as models. Run in a process of its own."""
    from posthog_environments_api.models import PersonPage

    PersonPage.from_json(page("persons", 1))
    kept: list[Any] = []
    gc.collect()
    before = resident()
    for data in _pages(HELD):
        kept += json.loads(data)["results"] if what == "dicts" else PersonPage.from_json(data).results
    gc.collect()
    assert len(kept) == HELD
    return resident() - before


def growth() -> tuple[int, float]:
    """KiB that iterating 1,000,000 persons adds after the first 2 %, and persons per CPU second."""
    import time

    number = 0
    bodies = [page("persons", 100).replace(b"https://x/?offset=1", b"?offset=%d") for _ in range(4)]

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal number
        number += 1
        last = number * 100 >= ITERATED
        body = bodies[number % 4] % number
        return httpx.Response(200, content=body.replace(b'"?offset=%d"' % number, b"null") if last else body)

    client = Client(7, api_key="phx_benchmark", host="us", transport=httpx.MockTransport(answer))
    count, before = 0, 0
    started = time.process_time()
    for _ in client.persons.list():
        count += 1
        if count == ITERATED // 50:
            gc.collect()
            before = resident()
    gc.collect()
    assert count == ITERATED
    return resident() - before, ITERATED / (time.process_time() - started)


def in_its_own_process(what: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, str(HERE / "paging.py"), what], check=True, capture_output=True, text=True, cwd=HERE
    )
    return [float(word) for word in done.stdout.split()]


def regeneration() -> dict[str, tuple[float, float]]:
    """The whole package, against what the generator takes to say its version."""
    import statistics
    import tempfile
    import time

    root = HERE.parent
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as folder:
        commands = {
            "the generator's bare start": [sys.executable, "-m", "openapi_python_client", "--version"],
            "regenerate 52 operations": [
                sys.executable,
                str(root / "scripts" / "generate.py"),
                "--output",
                folder,
            ],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(5):
            for name, command in commands.items():
                before = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                times[name].append(time.perf_counter() - before)
    base = times["the generator's bare start"]
    return {
        name: (
            statistics.median(found),
            statistics.median(mine / other for mine, other in zip(found, base, strict=True)),
        )
        for name, found in times.items()
    }


if __name__ == "__main__":
    if sys.argv[1] == "growth":
        sys.stdout.write(" ".join(str(value) for value in growth()))
    else:
        sys.stdout.write(str(hold(sys.argv[1])))
