"""Schemathesis, which knows the contract and not us, finds nothing wrong with the emulator. `make conformance` is the
long run; this is the short one, and it is the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from conformance import PROFILES, Outcome, run
from conformance_exclusions import EXCLUSIONS
from posthog_environments.emulator import handlers
from posthog_environments.emulator.messages import Response
from posthog_environments_api.operations import OPERATIONS
from tests.wire import Watch

_ALWAYS_REFUSED = {"evaluations_delete", "subscriptions_delete"}
# Profile, phase and number of examples. The coverage phase is long; `make conformance` runs it in both profiles.
_RUNS = (
    ("observed", "examples", 1),
    ("observed", "coverage", 1),
    ("observed", "fuzzing", 3),
    ("observed", "stateful", 3),
    ("documented", "examples", 1),
    ("documented", "fuzzing", 3),
    ("documented", "stateful", 3),
)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    outcome = Outcome()
    for profile, phase, examples in _RUNS:
        run(outcome, profile, phase, examples=examples)
    return outcome


def test_schemathesis_finds_nothing_wrong(outcome: Outcome) -> None:
    assert not outcome.errors, "\n".join(outcome.errors)
    assert not outcome.findings, "\n".join(["", *map(str, outcome.findings)])


@pytest.mark.parametrize("profile", PROFILES)
def test_every_operation_is_driven_and_answers(outcome: Outcome, profile: str) -> None:
    assert outcome.reached(profile) == set(OPERATIONS)
    answered = {operation for found, operation in outcome.accepted if found == profile}
    assert answered == set(OPERATIONS) - _ALWAYS_REFUSED


def test_every_check_is_made(outcome: Outcome) -> None:
    assert min(outcome.checks.values()) > 1_000


def test_no_exclusion_is_kept_that_nothing_needs(outcome: Outcome) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    idle = [entry for entry in EXCLUSIONS if entry not in outcome.excused]
    idle = [entry for entry in idle if not entry.shown_by or f"def {entry.shown_by}(" not in tests]
    assert not idle, "\n".join(["", *map(str, idle)])


@pytest.mark.parametrize(
    ("response", "check"),
    [
        (Response(500, {}), "not_a_server_error"),
        (Response(418, {}), "status_code_conformance"),
        (Response(200, {"results": 7}), "response_schema_conformance"),
        (Response(200, None, b"<html>", {"Content-Type": "text/html"}), "content_type_conformance"),
    ],
)
def test_a_wrong_answer_is_found(
    monkeypatch: pytest.MonkeyPatch, wire: Watch, response: Response, check: str
) -> None:
    name = "persisted_folder_retrieve" if response.body != {"results": 7} else "persons_list"
    broken = evolve(handlers.handlers()[name], function=lambda call: response)
    monkeypatch.setitem(handlers._HANDLERS, name, broken)
    outcome = Outcome()
    run(outcome, "observed", "examples", only=name)
    assert check in {finding.check for finding in outcome.findings}
    assert wire.take(), "and so does what watches the wire"


def test_the_same_seed_finds_the_same() -> None:
    first, second = Outcome(), Outcome()
    for outcome in (first, second):
        run(outcome, "observed", "fuzzing", seed=3, examples=5, deterministic=False, only="sessions_values")
    assert first == second
    assert first.requests
