"""Whatever is sent, the answer keeps the contract, and the emulator does not break."""

from __future__ import annotations

import random
from typing import Any

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS, OperationInfo

from .conftest import PROFILES, Answer, Api, example_request

TEXTS = (
    *("", " ", "0", "-1", "1", "17", "99999999999999999999", "1e999", "NaN", "null", "true", "false", "abc"),
    *(
        "2025-07-01",
        "2025-07-01T00:00:00+00:00",
        "0001-01-01",
        "9999-12-31T23:59:59-12:00",
        "-7d",
        "-999999y",
    ),
    *("{}", "[]", '[{"key": "email"}]', '{"type": "OR", "values": [{}]}', "[[]]", '{"a": 1e999}', "[" * 2000),
    *("\0", "\ud800", "ä🙂", "a/b", "..", "%", "a,b", "csv", "json", "-", '"', "path:", "type:hog_function/"),
    *("select 1", "select * from events", "user_1", "ada@example.com", "all", "ASC", "OR", "9" * 400),
    *('[{"key": "a", "operator": "regex", "value": "("}]', '[{"key": "a", "operator": "is_date_after"}]'),
    *('[{"key": "logins", "operator": "gt", "value": [1, null]}]', '[{"key": "a", "type": "recording"}]'),
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        1.5,
        1e300,
        1 << 31,
        1 << 70,
        {},
        [],
        [None],
        {"a": {"b": [1]}},
        ["monday"],
    ),
    *(
        {"kind": "HogQLQuery", "query": "select 1"},
        {"kind": "HogQLQuery", "query": "select now() - interval 9 week"},
    ),
    {"source": {"query": "select event from events limit 3"}, "session_recording_id": "x", "mode": "video"},
    *TEXTS,
)


def _is_known(operation: OperationInfo, answer: Answer) -> bool:
    """A failure that the contract tells of, in the words of the server, not one of the emulator."""
    return 500 in operation.statuses and answer.json["detail"] == "A server error occurred."


def nonsense(chance: random.Random, api: Api, operation: OperationInfo) -> None:
    method, path, query, body = example_request(api.emulator, operation.operation_id)
    if chance.random() < 0.3 and operation.path.count("{") > 1:
        head, _, tail = path.removesuffix("/").rpartition("/")
        path = f"{head}/{chance.choice(('x', '0', '%00', '%ff', '9' * 60, 'a%2Fb', '@current'))}/{tail}/"
    parameters = [parameter for parameter in operation.parameters if parameter.location == "query"]
    pairs = list(query.items())
    chosen = chance.sample(parameters, min(len(parameters), chance.randrange(4)))
    pairs += [(one.name, chance.choice(TEXTS).encode(errors="surrogatepass")) for one in chosen]
    if chance.random() < 0.1 and operation.operation_id != "session_recordings_list":
        pairs.append(("unheard_of", "1"))
    fields = [parameter.name for parameter in operation.parameters if parameter.location == "body"]
    if body is not None or fields:
        body = dict(body or {}) if chance.random() < 0.7 else {}
        for name in chance.sample(fields, min(len(fields), chance.randrange(4))):
            body[name] = chance.choice(VALUES)
        if chance.random() < 0.05:
            body = chance.choice(VALUES)
    answer = api.send(method, path, body, query=pairs)
    assert answer.status < 500 or (answer.status == 500 and _is_known(operation, answer))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_nonsense_is_answered_by_the_contract(operation_id: str, profile: str) -> None:
    chance = random.Random(operation_id)
    api = Api(Emulator(persons=30, events=120, profile=profile))
    for _ in range(25):
        nonsense(chance, api, OPERATIONS[operation_id])
        api.emulator.advance(chance.choice((0, 0, 1, 100)))
