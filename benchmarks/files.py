"""Long pulls and files: how fast, in how much memory. Part of `make bench`; `python files.py` shows its own part.

The pages come from memory, so that only the client is measured.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from pathlib import Path

import httpx
from harness import compare
from paging import resident

from posthog_environments import Client, files
from posthog_environments.models import Event, EventPage

HERE = Path(__file__).resolve().parent
EVENTS = 200_000
TIES = 40
ROWS = 10_000
FORMATS = ("jsonl", "csv", "parquet")


def row(number: int) -> str:
    """JSON of one event; up to TIES of them share a moment."""
    moment = number // TIES
    day, second = moment // 86_400 + 1, moment % 86_400
    at = f"2025-06-{day:02}T{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}.000000+00:00"
    return (
        f'{{"id":"01972b5e-445e-7dbb-b732-{number:012x}","distinct_id":"user_{number % 5_000}","properties":{{'
        f'"$browser":"Safari","$browser_version":18,"$current_url":"https://app.example.com/{number % 99}",'
        f'"$lib":"web","$os":"Mac OS X","$screen_height":900,"$session_id":"01972b5e-{number:012x}"}},'
        f'"event":"$pageview","timestamp":"{at}","person":null,"elements":[],"elements_chain":""}}'
    )


class Endpoint:
    """Events in order of time, as the server sends them: 1,000 at most, between strict bounds."""

    def __init__(self) -> None:
        self.rows = [row(number) for number in range(EVENTS)]
        self.times = [json.loads(text)["timestamp"] for text in self.rows]
        self.spent = 0.0
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        before = time.process_time()
        self.requests += 1
        query = request.url.params
        # `2025-06-01T00:00:00+00:00` sorts before `….000000+00:00` only when both have the fraction.
        after, until = (query[n].replace("+00:00", "") for n in ("after", "before"))
        low = bisect_right(self.times, after + ("" if "." in after else ".000000") + "+00:00")
        high = bisect_left(self.times, until + ("" if "." in until else ".000000") + "+00:00")
        low += int(query.get("offset", 0))
        found = self.rows[low : min(low + int(query["limit"]), high)]
        body = f'{{"next":null,"results":[{",".join(found)}]}}'.encode()
        self.spent += time.process_time() - before
        return httpx.Response(200, content=body)


def pull() -> tuple[float, float, float]:
    """Events per CPU second of the client, MiB that memory grows after the first tenth, requests beyond the least."""
    endpoint = Endpoint()
    client = Client(7, api_key="phx_benchmark", host="us", transport=httpx.MockTransport(endpoint))
    seen, before = set[str](), 0
    ids = [json.loads(text)["id"] for text in endpoint.rows]
    seen.update(ids)  # so that remembering them is not counted
    count = 0
    started = time.process_time()
    for event in client.events.iterate(after="2025-06-01", before="2025-07-01"):
        seen.discard(event.id)
        count += 1
        if count == EVENTS // 10:
            gc.collect()
            before = resident()
    spent = time.process_time() - started - endpoint.spent
    gc.collect()
    assert (count, len(seen)) == (EVENTS, 0), "every event exactly once"
    return EVENTS / spent, (resident() - before) / 1024, endpoint.requests / (EVENTS / 1_000)


def writing() -> dict[str, tuple[float, float]]:
    """10,000 events in memory into a file of each format, against a loop with json.dumps."""
    page = EventPage.from_json(
        f'{{"next":null,"results":[{",".join(row(number) for number in range(ROWS))}]}}'.encode()
    )
    items: list[Event] = page.results

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def by_hand() -> None:
            with (folder / "hand.jsonl").open("w", encoding="utf-8") as file:
                for item in items:
                    file.write(json.dumps(item.to_dict(), ensure_ascii=False) + "\n")

        variants = {
            "json.dumps in a loop": by_hand,
            **{kind: lambda kind=kind: files.write(items, folder / f"a.{kind}") for kind in FORMATS},
        }
        return compare(variants, base="json.dumps in a loop", rounds=9, calls=2)


def in_its_own_process() -> tuple[float, float, float]:
    done = subprocess.run(
        [sys.executable, str(HERE / "files.py"), "pull"], check=True, capture_output=True, text=True, cwd=HERE
    )
    speed, growth, requests = done.stdout.split()
    return float(speed), float(growth), float(requests)


if __name__ == "__main__":
    if sys.argv[1:] == ["pull"]:
        sys.stdout.write(" ".join(str(value) for value in pull()))
    else:
        print("pull", in_its_own_process())
        for kind, (micros, ratio) in writing().items():
            print(f"{kind:22} {micros / ROWS:6.1f} µs per row  {ratio:5.2f} x json.dumps")
