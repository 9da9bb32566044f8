"""Schemathesis drives the emulator by the contract: `python scripts/conformance.py --minutes 10` (`make conformance`).

Schemathesis reads `openapi/openapi.yaml`, makes requests of it (right ones and wrong ones), sends them to the emulator
in this process and judges the answers. What it finds is a mistake in the emulator or in the contract, or one of the
exclusions of `conformance_exclusions.py`, each with its reason.

Outside the stateful phase every request meets a fresh emulator, and there every scenario does, so that what was found
once is found again. Runs differ by their seed only; it is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast
from urllib.parse import unquote_plus

from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckNode, ScenarioRecorder
from schemathesis.generation.case import Case
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.wsgi import WSGI_TRANSPORT, WSGITransport

from conformance_exclusions import EXCLUSIONS, Exclusion, excuses
from contract_document import MERGED, load_yaml
from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS

PROFILES = ("observed", "documented")
PHASES = ("examples", "coverage", "fuzzing", "stateful")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)
_SOCKET_SETTINGS = ("max_redirects", "verify", "cert", "proxies")


# --- the emulator as an application ----------------------------------------------------------------------------


class Application:
    """The emulator as a WSGI application; `fresh` makes a new one for the next request."""

    def __init__(self, profile: str, *, keep: bool) -> None:
        self._profile = profile
        self._keep = keep
        self.emulator = self._new()

    def _new(self) -> Emulator:
        return Emulator(persons=30, events=200, profile=self._profile)  # type: ignore[arg-type]

    def fresh(self) -> None:
        self.emulator = self._new()

    def __call__(
        self, environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        if not self._keep:
            self.fresh()
        headers = [
            (name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")
        ]
        if environ.get("CONTENT_TYPE"):
            headers.append(("Content-Type", environ["CONTENT_TYPE"]))
        url, query = environ["RAW_URI"].partition("?")[0], environ.get("QUERY_STRING")
        status, sent, content = self.emulator.handle(
            environ["REQUEST_METHOD"],
            f"{url}?{query}" if query else url,
            headers,
            environ["wsgi.input"].read(),
        )
        start(f"{status} -", list(sent.items()))
        return [content]


class _InProcess(WSGITransport):
    """Without the settings of sockets: some checks of Schemathesis pass them on, and then cannot ask again."""

    def send(self, case: Case[Any], *, session: Any = None, **kwargs: Any) -> Response:
        for name in _SOCKET_SETTINGS:
            kwargs.pop(name, None)
        return super().send(case, session=session, **kwargs)


_IN_PROCESS = _InProcess()
_IN_PROCESS._copy_serializers_from(WSGI_TRANSPORT)


class _EmulatedSchema(OpenApiSchema):
    """A schema whose requests go to the emulator, and whose stateful scenarios each begin with a fresh one."""

    @property
    def transport(self) -> WSGITransport:
        return _IN_PROCESS

    def build_state_machine(self, **arguments: Any) -> Any:
        base = super().build_state_machine(**arguments)
        application = self.app

        class FreshStateMachine(base):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                application.fresh()
                super().__init__()

        return FreshStateMachine


# --- the contract as Schemathesis reads it ---------------------------------------------------------------------


@cache
def document(profile: str) -> dict[str, Any]:
    """The contract, with two things said as OpenAPI itself says them.

    JSON in a query parameter: the contract has `contentSchema`, because the generator drops `content` parameters;
    Schemathesis knows only `content`. An answer that is documented as "no response body" and has one in truth: the
    contract has the body and `x-empty-body`; for the documented profile only the former is left.
    """
    contract = load_yaml(MERGED)
    parameters = [
        parameter
        for item in contract["paths"].values()
        for place in (item, *item.values())
        for parameter in (place.get("parameters", ()) if isinstance(place, dict) else ())
    ]
    for parameter in parameters:
        schema = parameter.get("schema", {})
        if "contentSchema" in schema:
            del parameter["schema"]
            parameter["content"] = {schema["contentMediaType"]: {"schema": schema["contentSchema"]}}
    for operation in OPERATIONS.values():
        if profile == "documented" and operation.documented is None:
            responses = contract["paths"][operation.path][operation.method.lower()]["responses"]
            responses.get("200", {}).pop("content", None)
    return contract


def schema(
    profile: str, phase: str, seed: int, examples: int, *, deterministic: bool, only: str | None = None
) -> OpenApiSchema:
    """The contract, or one operation of it, ready to be run against a profile of the emulator in one phase."""
    application = Application(profile, keep=phase == "stateful")
    dictionaries, operations = _paths(application.emulator)
    loaded: Any = from_dict(
        deepcopy(document(profile)),
        config=SchemathesisConfig.from_dict(
            {
                "seed": seed,
                "base-url": "http://localhost",
                "headers": {"Authorization": f"Bearer {application.emulator.api_key}"},
                "continue-on-failure": True,
                "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
                "generation": {
                    "deterministic": deterministic,
                    "max-examples": examples,
                    "database": "none",
                    # Schemathesis does not know what is excused, and would look for the smallest request of it.
                    "no-shrink": True,
                    # Django refuses null characters in every text, which no schema of the contract repeats.
                    "allow-x00": False,
                },
                "phases": {name: {"enabled": name == phase} for name in PHASES},
                # Texts taken out of the modules that happen to be loaded would make every run another one.
                "analysis": {"constants": {"enabled": False}},
                "dictionaries": dictionaries,
                "operations": operations,
            }
        ),
    )
    if only is not None:
        loaded = loaded.include(operation_id=only)
    loaded.__class__ = _EmulatedSchema
    loaded.app = application
    return cast(OpenApiSchema, loaded)


def _paths(emulator: Emulator) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Ids for the paths: mostly of things that exist, or every answer would be 404."""
    dictionaries: dict[str, Any] = {}
    operations: list[dict[str, Any]] = []
    for operation in OPERATIONS.values():
        parameters: dict[str, Any] = {"path.project_id": str(emulator.project_id)}
        for parameter in operation.parameters:
            if parameter.location == "path" and parameter.name != "project_id":
                counts = operation.operation_id == "file_system_count"
                sample = emulator.sample_folder_id() if counts else emulator.sample_id(operation.tag)
                name = f"{operation.operation_id}_{parameter.name}"
                dictionaries[name] = {"values": [sample]}
                parameters[f"path.{parameter.name}"] = {"dictionary": name, "probability": 0.8}
        operations.append({"include-operation-id": operation.operation_id, "parameters": parameters})
    return dictionaries, operations


# --- findings --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """What a check did not like.

    Attributes:
        profile: Profile of the emulator.
        phase: Phase of Schemathesis.
        operation_id: Operation that was called.
        check: Name of the check.
        subjects: What was wrong on purpose in the request (`query.limit`, `body.title`, `body`), or what the answer
            blames.
        values: The values of the subjects as they were sent.
        message: What the check says.
        request: Method and URL, and body if there is one.
        status: Status of the answer.
        content: The answer's body, not all of it.
    """

    profile: str
    phase: str
    operation_id: str
    check: str
    subjects: tuple[str, ...]
    values: tuple[Any, ...]
    message: str
    request: str
    status: int
    content: str

    def __str__(self) -> str:
        about = ", ".join(
            f"{subject}={value!r}"[:120] for subject, value in zip(self.subjects, self.values, strict=True)
        )
        return (
            f"{self.operation_id} ({self.profile}, {self.phase}): {self.check} {about}\n"
            f"    {self.message}\n    {self.request}\n    -> {self.status} {self.content}"
        )


@dataclass
class Outcome:
    """What runs have shown.

    Attributes:
        requests: Number of requests by profile and operation.
        accepted: Number of requests that were answered by 2xx, by profile and operation.
        checks: How many checks were made, by name.
        findings: What is wrong.
        excused: The exclusions that were needed, and how often.
        errors: What kept Schemathesis itself from working.
    """

    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    excused: Counter[Exclusion] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def reached(self, profile: str) -> set[str]:
        """Operations that were called."""
        return {operation for found, operation in self.requests if found == profile}

    def table(self) -> Iterator[str]:
        """A line per operation: requests and, of these, 2xx answers in each profile; and findings."""
        wrong = Counter((finding.profile, finding.operation_id) for finding in self.findings)
        yield f"{'operation':<34}" + "".join(f"{profile:>12}{'2xx':>8}{'wrong':>7}" for profile in PROFILES)
        for name in OPERATIONS:
            yield f"{name:<34}" + "".join(
                f"{self.requests[profile, name]:>12}{self.accepted[profile, name]:>8}{wrong[profile, name]:>7}"
                for profile in PROFILES
            )

    def summary(self) -> str:
        reached = " and ".join(f"{len(self.reached(profile))} ({profile})" for profile in PROFILES)
        total = len(OPERATIONS)
        if all(len(self.reached(profile)) == total for profile in PROFILES):
            reached = f"{total} of {total} operations in both profiles"
        return (
            f"{reached}: {sum(self.requests.values())} requests, {sum(self.checks.values())} checks, "
            f"{len(self.findings)} findings, {sum(self.excused.values())} excused by {len(self.excused)} of "
            f"{len(EXCLUSIONS)} exclusions"
        )


def run(
    outcome: Outcome,
    profile: str,
    phase: str,
    *,
    seed: int = 0,
    examples: int = 20,
    deterministic: bool = True,
    only: str | None = None,
) -> None:
    """Run one phase against one profile, and add what it shows to the outcome."""
    loaded = schema(profile, phase, seed, examples, deterministic=deterministic, only=only)
    for event in from_schema(loaded).execute():
        if isinstance(event, events.ScenarioFinished):
            _read(outcome, profile, phase, event.recorder)
        elif isinstance(event, events.NonFatalError):
            outcome.errors.append(f"{profile} {phase} {event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            outcome.errors.append(f"{profile} {phase}: {event.exception!r}")


def _read(outcome: Outcome, profile: str, phase: str, recorder: ScenarioRecorder) -> None:
    for case_id, node in recorder.cases.items():
        interaction = recorder.interactions.get(case_id)
        if interaction is None or interaction.response is None:
            continue
        name = node.value.operation.definition.raw["operationId"]
        outcome.requests[profile, name] += 1
        if 200 <= interaction.response.status_code < 300:
            outcome.accepted[profile, name] += 1
        for check in recorder.checks.get(case_id, ()):
            outcome.checks[check.name] += 1
            if check.failure_info is None:
                continue
            finding = _finding(profile, phase, node.value, check, interaction.response)
            excused = excuses(finding)
            outcome.excused.update(set(excused))
            if not excused:
                outcome.findings.append(finding)


def _finding(profile: str, phase: str, case: Case[Any], check: CheckNode, response: Response) -> Finding:
    assert check.failure_info is not None
    failure = check.failure_info.failure
    content = (response.content or b"").decode(errors="replace")
    blamed = _blamed(content) if check.name == "positive_data_acceptance" else _broken(case)
    subjects = tuple(dict.fromkeys(blamed))
    request = response.request
    body = request.body.decode(errors="replace") if isinstance(request.body, bytes) else request.body
    return Finding(
        profile,
        phase,
        case.operation.definition.raw["operationId"],
        check.name,
        subjects,
        tuple(_value(case, subject) for subject in subjects),
        " | ".join(line for line in failure.message.splitlines() if line)[:600],
        f"{request.method} {unquote_plus(str(request.url))} {body or ''}"[:600],
        response.status_code,
        content[:300],
    )


def _broken(case: Case[Any]) -> Iterator[str]:
    """What is wrong in a request that is wrong on purpose."""
    if case.meta is None:
        return
    data = case.meta.phase.data
    for mutation in data.mutations:
        place = mutation.parameter_location.value
        steps = _names(mutation.schema_pointer)
        inner = ".".join(steps) if place == "body" else mutation.parameter or (steps[0] if steps else "")
        yield f"{place}.{inner}" if inner else place
    if not data.mutations and data.parameter_location is not None:
        place = data.parameter_location.value
        if place != "body":
            yield f"{place}.{data.parameter}"
        else:
            steps = (data.description or "").split(": ")[0].split(" -> ")
            inner = ".".join(step for step in steps if step.replace("_", "").replace("$", "").isalnum())
            yield f"{place}.{inner}" if inner else place


def _names(schema_pointer: str) -> list[str]:
    """The steps of a pointer without the keyword `properties`; a property may have that name too."""
    steps = iter(step for step in schema_pointer.split("/") if step)
    return [next(steps, step) if step == "properties" else step for step in steps]


def _blamed(content: str) -> Iterator[str]:
    """What an answer says is wrong: the field and the code."""
    try:
        error = json.loads(content)
    except ValueError:
        return
    if not isinstance(error, dict):
        return
    attr = error.get("attr")
    if attr is None and str(error.get("detail")).startswith("["):  # the list of problems that pydantic makes
        attr = ".".join(map(str, json.loads(error["detail"])[0]["loc"]))
    yield f"{attr or ''}:{error.get('code') or ''}"


def _value(case: Case[Any], subject: str) -> Any:
    """What was sent there; for a field within JSON in the query, everything that was sent under its name."""
    place, _, name = subject.partition(".")
    if place == "query" and name and name not in case.query:
        return list(_inner(case.query, name))
    found: Any = {"query": case.query, "body": case.body, "path": case.path_parameters}.get(place)
    for step in name.split(".") if name else ():
        if not isinstance(found, dict) or step not in found:
            return None
        found = found[step]
    return found


def _inner(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        yield from (item for key, item in value.items() if key == name)
        for item in value.values():
            yield from _inner(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _inner(item, name)


# --- the long run ----------------------------------------------------------------------------------------------


def long_run(minutes: float, seed: int, examples: int, profiles: Sequence[str]) -> Outcome:
    """The deterministic phases once, then fuzzing and stateful runs with one seed after another until time is up."""
    outcome = Outcome()
    end = time.monotonic() + minutes * 60
    for profile in profiles:
        for phase in ("examples", "coverage"):
            run(outcome, profile, phase, seed=seed)
            print(f"{profile:<11} {phase:<9} seed {seed}: {outcome.summary()}", flush=True)
    while True:
        for profile in profiles:
            for phase in ("fuzzing", "stateful"):
                run(outcome, profile, phase, seed=seed, examples=examples, deterministic=False)
                print(f"{profile:<11} {phase:<9} seed {seed}: {outcome.summary()}", flush=True)
        seed += 1
        if time.monotonic() >= end:
            return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Hold the emulator against the contract with Schemathesis.")
    parser.add_argument("--minutes", type=float, default=10, help="start no further round after this time")
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the first round; the next one has the next"
    )
    parser.add_argument("--examples", type=int, default=30, help="examples per operation in one round")
    parser.add_argument("--profile", choices=PROFILES, action="append", help="only this profile")
    options = parser.parse_args(arguments)
    outcome = long_run(options.minutes, options.seed, options.examples, options.profile or PROFILES)
    print("\n".join(["", *outcome.table(), ""]))
    shown: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for finding in outcome.findings:
        kind = finding.operation_id, finding.check, finding.subjects
        shown[kind] += 1
        if shown[kind] <= 2:
            print(finding)
    for error in dict.fromkeys(outcome.errors):
        print(error)
    print("\nExclusions that were needed:")
    for exclusion, times in outcome.excused.most_common():
        print(f"{times:>7}  {exclusion}")
    print(f"\n{outcome.summary()}")
    return 1 if outcome.findings or outcome.errors else 0


if __name__ == "__main__":
    sys.exit(main())
