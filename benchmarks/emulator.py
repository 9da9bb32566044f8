"""The emulator as a stand-in for a large project: start, a page, and reading every person, each in its own process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PERSONS, EVENTS = 1_000_000, 10_000_000


def start() -> list[float]:
    """Seconds from a bare interpreter to an emulator of 1,000,000 persons and 10,000,000 events, imports included."""
    before = time.perf_counter()
    from posthog_environments.emulator import Emulator

    Emulator(PERSONS, EVENTS)
    return [time.perf_counter() - before]


def page() -> list[float]:
    """CPU milliseconds of the emulator for a page of 100 persons; and with a client that reads it into typed objects."""
    from posthog_environments.emulator import Emulator

    emulator = Emulator(PERSONS, EVENTS)
    headers = [("Authorization", f"Bearer {emulator.api_key}")]

    def ask(number: int) -> None:
        url = f"/api/environments/1/persons/?limit=100&offset={number * 100}"
        assert emulator.handle("GET", url, headers, b"")[0] == 200

    with emulator.client() as client:
        pages = client.persons.list(limit=100).pages()
        alone, together = [], []
        for _ in range(20):
            before = time.process_time_ns()
            for number in range(20):
                ask(number)
            middle = time.process_time_ns()
            for _ in range(20):
                next(pages)
            alone.append((middle - before) / 20e6)
            together.append((time.process_time_ns() - middle) / 20e6)
    return [statistics.median(alone), statistics.median(together)]


def read() -> list[float]:
    """Peak MiB of resident memory of a process that reads every person, 10,000 a page; and CPU seconds."""
    import resource

    from posthog_environments.emulator import Emulator

    emulator = Emulator(PERSONS, EVENTS)
    with emulator.client() as client:
        count = sum(1 for _ in client.persons.list(limit=10_000))
    assert count == PERSONS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return [peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), time.process_time()]


def in_its_own_process(what: str) -> list[float]:
    command = [sys.executable, str(HERE / "emulator.py"), what]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE)
    return [float(word) for word in done.stdout.split()]


def run() -> dict[str, float]:
    """Every figure by its name."""
    alone, together = in_its_own_process("page")
    peak, seconds = in_its_own_process("read")
    return {
        "start, seconds": min(in_its_own_process("start")[0] for _ in range(3)),
        "page of 100, CPU ms": alone,
        "page of 100 with its client, CPU ms": together,
        "read every person, peak MiB": peak,
        "read every person, CPU seconds": seconds,
    }


if __name__ == "__main__":
    measure = {"start": start, "page": page, "read": read}[sys.argv[1]]
    sys.stdout.write(" ".join(str(value) for value in measure()))
