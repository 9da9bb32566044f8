"""Every figure of docs/performance.md in one run: `make bench`. `--json FILE` writes them for machines.

Exit status 1 when a figure misses what must hold. Ratios come from one interleaved run each; absolute times belong to
the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import decode
import emulator
import files as files_written
import httpx
import imports
import long
import paging
import transport

from posthog_environments import AsyncClient, Client

OURS = decode.OURS


def concurrent_pages() -> tuple[float, float]:
    """How much faster 120 pages come with 8 under way, at 50 ms latency: threads, and tasks."""
    pages = 120

    def body(request: httpx.Request) -> bytes:
        offset = int(request.url.params.get("offset", 0))
        following = f"?limit=100&offset={offset + 100}" if offset + 100 < pages * 100 else None
        rows = [{"id": number} for number in range(offset, offset + 100)]
        return json.dumps({"results": rows, "next": following, "count": pages * 100}).encode()

    def slow(request: httpx.Request) -> httpx.Response:
        time.sleep(0.05)
        return httpx.Response(200, content=body(request))

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0.05)
            return httpx.Response(200, content=body(request))

    def seconds(requests: int) -> float:
        with Client(7, api_key="phx_benchmark", host="us", transport=httpx.MockTransport(slow)) as client:
            before = time.perf_counter()
            count = sum(1 for _ in client.subscriptions.list(limit=100).concurrent(requests))
            assert count == pages * 100
            return time.perf_counter() - before

    async def seconds_async(requests: int) -> float:
        async with AsyncClient(7, api_key="phx_benchmark", host="us", transport=Slow()) as client:
            before = time.perf_counter()
            found = [item async for item in client.subscriptions.list(limit=100).concurrent(requests)]
            assert len(found) == pages * 100
            return time.perf_counter() - before

    return seconds(1) / seconds(8), asyncio.run(seconds_async(1)) / asyncio.run(seconds_async(8))


def figures() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of the table (name, value, must, aim, whether it must be at most or at least), and the tables behind."""
    tables = decode.run()

    def mean(table: str, variant: str) -> float:
        return decode.geometric_mean([ratio for _, ratio in tables[table][variant].values()])

    page, drift, large = list(tables)
    importing = imports.run()
    requests = transport.run()
    pages = paging.end_to_end()
    held = paging.in_its_own_process("models")[0] / paging.in_its_own_process("dicts")[0]
    growth, speed = paging.in_its_own_process("growth")
    threads, tasks = concurrent_pages()
    standing_in = emulator.run()
    per_second, grown = long.in_its_own_process()
    pulled, pull_grown, asked = files_written.in_its_own_process()
    written = files_written.writing()
    typed = long.conversion()["QueryResult.rows"][1]
    small, big = (importing[f"first resource call, {n} operations"][1] for n in (52, 312))
    rows = [
        ("decode, pages of 100, geometric mean, x msgspec Struct", mean(page, OURS), 1.35, 1.15, "<="),
        ("the same, an unknown key in every row, nothing lost", mean(drift, OURS), 2.0, 1.25, "<="),
        ("the same, pages of 1,000", mean(large, OURS), 1.5, 1.25, "<="),
        (
            "decode, x json.loads to dicts",
            mean(page, OURS) / mean(page, "json.loads to dicts"),
            0.75,
            0.6,
            "<=",
        ),
        (
            "import posthog_environments, x import httpx",
            importing["import posthog_environments"][1],
            0.25,
            0.15,
            "<=",
        ),
        ("first resource call's imports, x import httpx", small, 1.0, 0.8, "<="),
        ("the same at 312 operations, x at 52", big / small, 1.1, 1.1, "<="),
        ("CPU of a request with typed result, x bare httpx", requests["Client, typed"][1], 1.15, 1.08, "<="),
        ("the same, asynchronous", requests["AsyncClient, typed"][1], 1.15, 1.08, "<="),
        ("page of 100 persons, x httpx + msgspec by hand", pages["posthog_environments"][1], 1.3, 1.05, "<="),
        ("hold 100,000 persons, memory x dicts", held, 1.0, 0.5, "<="),
        ("iterate 1,000,000 persons, growth in MiB", growth / 1024, 5.0, 0.0, "<="),
        ("120 pages at 50 ms, 8 threads, x faster", threads, 5.0, 7.0, ">="),
        ("120 pages at 50 ms, 8 tasks, x faster", tasks, 5.0, 7.0, ">="),
        ("10,000 query rows to Python values, x by hand", typed, 1.5, 1.0, "<="),
        ("iterate 1,000,000 query rows, rows per CPU second", per_second, 100_000.0, 200_000.0, ">="),
        ("the same, growth in MiB", grown, 40.0, 10.0, "<="),
        ("pull 200,000 events with ties, events per CPU second", pulled, 50_000.0, 100_000.0, ">="),
        ("the same, growth in MiB", pull_grown, 20.0, 1.0, "<="),
        ("the same, requests x the fewest possible", asked, 1.25, 1.1, "<="),
        ("write 10,000 events as .jsonl, x json.dumps in a loop", written["jsonl"][1], 1.5, 1.0, "<="),
        ("the same as .csv", written["csv"][1], 3.0, 2.0, "<="),
        ("the same as .parquet", written["parquet"][1], 3.0, 2.0, "<="),
        (
            "regenerate 52 operations, x the generator's start",
            paging.regeneration()["regenerate 52 operations"][1],
            4.0,
            4.0,
            "<=",
        ),
        ("emulator, 10,000,000 events: start, seconds", standing_in["start, seconds"], 1.0, 0.5, "<="),
        ("emulator, page of 100 persons, CPU ms", standing_in["page of 100, CPU ms"], 3.0, 2.5, "<="),
        (
            "emulator, every one of 1,000,000 persons, peak MiB",
            standing_in["read every person, peak MiB"],
            200.0,
            150.0,
            "<=",
        ),
    ]
    names = ("name", "value", "must", "aim", "direction")
    behind = {
        "decode": {
            title: {
                name: {
                    kind: {"microseconds per object": micros, "x msgspec": ratio}
                    for kind, (micros, ratio) in kinds.items()
                }
                for name, kinds in table.items()
            }
            for title, table in tables.items()
        },
        "imports": importing,
        "requests": requests,
        "page end to end": pages,
        "persons per CPU second while iterating": speed,
        "emulator": standing_in,
        "machine": f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()} {platform.system()}",
    }
    return [dict(zip(names, row, strict=True)) for row in rows], behind


def holds(row: dict[str, Any], bound: str) -> bool:
    value, limit = row["value"], row[bound]
    return bool(value <= limit) if row["direction"] == "<=" else bool(value >= limit)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure everything that docs/performance.md promises.")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    rows, behind = figures()
    for title, table in behind["decode"].items():
        print(f"\n{title}: microseconds per object (x msgspec Struct)")
        for name, kinds in table.items():
            cells = "  ".join(
                f"{kind} {cell['microseconds per object']:6.1f} ({cell['x msgspec']:5.2f})"
                for kind, cell in kinds.items()
            )
            print(f"  {name:38} {cells}")
    print(f"\n{behind['machine']}\n\n{'':54} {'value':>7}   {'must':>8}  {'aim':>8}")
    for row in rows:
        verdict = "MISSED" if not holds(row, "must") else "aim reached" if holds(row, "aim") else ""
        bounds = f"{row['direction']} {row['must']:<5}  {row['direction']} {row['aim']:<5}"
        print(f"{row['name']:54} {row['value']:7.2f}   {bounds}  {verdict}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"figures": rows, **behind}, indent=1), encoding="utf-8")
    missed = [row["name"] for row in rows if not holds(row, "must")]
    print("\nEvery figure holds." if not missed else f"\nMissed: {'; '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
