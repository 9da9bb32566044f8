"""Comparing pieces of code on a noisy machine: interleaved rounds, CPU time, medians of ratios within a round."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping


def compare(
    variants: Mapping[str, Callable[[], object]], *, base: str, rounds: int = 15, calls: int = 200
) -> dict[str, tuple[float, float]]:
    """Run every variant in every round, in rotating order.

    Args:
        variants: What to run, by name.
        base: Name of the one that the others are compared with.
        rounds: How many rounds.
        calls: How many calls of each variant in a round.

    Returns:
        By name: median CPU microseconds per call, and median ratio to the base of the same round.
    """
    names = list(variants)
    for name in names:
        for _ in range(10):
            variants[name]()
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            variant = variants[name]
            gc.collect()
            before = time.process_time_ns()
            for _ in range(calls):
                variant()
            times[name].append((time.process_time_ns() - before) / calls / 1000)
    return {
        name: (
            statistics.median(times[name]),
            statistics.median(mine / other for mine, other in zip(times[name], times[base], strict=True)),
        )
        for name in names
    }
