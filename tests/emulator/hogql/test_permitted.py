"""What a query may call, and how, is PostHog's decision: a test that passes here must not fail there."""

from __future__ import annotations

import pytest

from posthog_environments.emulator.hogql.calls import SPECIAL
from posthog_environments.emulator.hogql.functions import FUNCTIONS, canonical
from posthog_environments.emulator.hogql.functions.permitted import PERMITTED, permitted, proposed

from .cases import ask, refusal

REFUSED = [
    ("uniqCombined(event)", "Unsupported function call 'uniqCombined(...)'"),
    ("noway()", "Unsupported function call 'noway(...)'. Perhaps you meant 'now(...)'?"),
    ("tostring(event)", "Unsupported function call 'tostring(...)'. Perhaps you meant 'toString(...)'?"),
    ("toHour(timestamp, 'Europe/Berlin')", "Function 'toHour' expects 1 argument, found 2"),
    ("substring(event, 2)", "Function 'substring' expects 3 arguments, found 2"),
    ("greatest(1, 2, 3)", "Function 'greatest' expects 2 arguments, found 3"),
    ("concat(event)", "Function 'concat' expects at least 2 arguments, found 1"),
    ("count(distinct event, distinct_id)", "Aggregation 'count' expects at most 1 argument, found 2"),
    ("countIf(2, 3, 4)", "Aggregation 'countIf' expects at most 2 arguments, found 3"),
    ("uniq()", "Aggregation 'uniq' expects at least 1 argument, found 0"),
    ("quantile(1)", "Aggregation 'quantile' requires parameters in addition to arguments"),
    ("quantile()(1)", "Aggregation 'quantile' requires parameters in addition to arguments"),
    ("quantile(0.5, 2)(1)", "Aggregation 'quantile' expects 1 parameter, found 2"),
    ("topK(event)", "Aggregation 'topK' requires parameters in addition to arguments"),
    ("sparkline()", "Function 'sparkline' expects 1 argument, found 0"),
    ("equals(1)", "Comparison 'equals' requires exactly two arguments"),
    ("corrIf(1, 2, true)", "Unsupported function call 'corrIf(...)'"),
    ("exists(select 1)", "Unsupported function call 'exists(...)'"),
    ("generateUUIDv4()", "Unsupported function call 'generateUUIDv4(...)'"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[call for call, _ in REFUSED])
def test_what_posthog_refuses_is_refused_in_its_words(call: str, message: str) -> None:
    error = refusal(f"select {call} from events")
    assert (str(error).partition(". Perhaps")[0], error.code) == (
        message.partition(". Perhaps")[0],
        "query_error",
    )
    if "Perhaps" in message:
        assert str(error) == message


def test_a_call_that_posthog_takes_and_the_emulator_does_not_is_a_gap() -> None:
    gaps = {name for name in PERMITTED if canonical(name) not in FUNCTIONS and canonical(name) not in SPECIAL}
    assert {"sparkline", "convertCurrency"} <= gaps
    for call in ("sparkline([1])", "rowNumberInBlock()", "uniqUpToMerge(3)(1)"):
        error = refusal(f"select {call} from events")
        assert error.code == "emulator_unsupported"


def test_names_of_sql_are_read_in_any_case_and_others_are_not() -> None:
    assert ask("select ROUND(2.5), Coalesce(null, 1), COUNT() from numbers(1)").rows == [[2.0, 1, 1]]
    assert refusal("select DOMAIN('x')").code == "query_error"
    assert refusal("select TOSTRING(1)").code == "query_error"


def test_every_function_here_may_be_called_in_posthog() -> None:
    """Else a test that passes here fails there. Over windows PostHog looks at no name."""
    here = {name for name, function in FUNCTIONS.items() if function.kind != "window"}
    here -= {canonical(name) for name in PERMITTED}
    assert here == set()
    assert {canonical(name) for name in PERMITTED} >= SPECIAL


def test_no_function_here_takes_a_number_of_arguments_that_posthog_refuses_always() -> None:
    for name, function in FUNCTIONS.items():
        for listed, limits in PERMITTED.items():
            if canonical(listed) == name:
                assert limits.most is None or function.least <= limits.most, name
                assert function.most is None or function.most >= limits.least, name


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("sumOrNullIf", 2, 2), ("avgArgMaxIf", 3, 3), ("countArray", 0, 1), ("minForEachOrDefaultIf", 2, 2)],
)
def test_endings_of_aggregates_follow_one_another(name: str, least: int, most: int) -> None:
    found = permitted(name)
    assert found is not None
    assert (found[1].least, found[1].most, found[1].aggregate) == (least, most, True)
    assert permitted("sumIfOrNull") is None


def test_nothing_is_proposed_for_a_name_like_no_other() -> None:
    assert proposed("hamburger") is None
    assert proposed("_toInt6") != "_toInt64"


def test_names_that_posthog_gives_another_meaning_have_it_here() -> None:
    """It sends `arrayReverseSort` to ClickHouse's `arraySort`, and `left` and `right` count characters."""
    assert ask("select arrayReverseSort([3, 1, 2]), left('äöü', 2), right('äöü', 2)").rows == [
        [[1, 2, 3], "äö", "öü"]
    ]
