"""Functions of texts and addresses that ClickHouse alone can do."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, HogQLUnsupported, Result, execute

EMULATOR = Emulator(persons=0, events=0)


def ask(expression: str, engine: Any = "chdb") -> Result:
    return execute(f"select {expression} as x", None, EMULATOR.data, EMULATOR.clock.now(), engine=engine)


CALLS = [
    ("netloc('http://u:p@a.com:80/x')", "u:p@a.com:80", "String"),
    ("netloc('')", "", "String"),
    ("firstSignificantSubdomain('https://news.example.co.uk/x')", "example", "String"),
    ("cutToFirstSignificantSubdomain('https://news.example.co.uk/x')", "example.co.uk", "String"),
    ("cutToFirstSignificantSubdomainWithWWW('https://www.tr')", "www.tr", "String"),
    ("firstSignificantSubdomain(null)", None, "Nullable(Nothing)"),
    ("decodeXMLComponent('&lt;&#228;&amp;lt;')", "<ä&lt;", "String"),
    ("extractTextFromHTML('<p>a <b>b</b></p><script>x</script> c')", "a b c", "String"),
    ("base58Encode('abc')", "ZiCa", "String"),
    ("base58Decode('ZiCa')", "abc", "String"),
    ("tryBase58Decode('0')", "", "String"),
    ("multiMatchAnyIndex('abc', ['x', '^a'])", 2, "UInt64"),
    ("multiMatchAllIndices('abc', ['^a'])", [1], "Array(UInt64)"),
    ("multiFuzzyMatchAny('abc', 1, ['abd'])", 1, "UInt8"),
    ("multiFuzzyMatchAnyIndex('abc', 1, ['abd'])", 1, "UInt64"),
    ("multiFuzzyMatchAllIndices('abc', 1, ['abd'])", [1], "Array(UInt64)"),
    *((f"ngramDistance{ending}('abcdef', 'abcdef')", 0.0, "Float32") for ending in ("", "UTF8")),
    *(
        (f"ngramDistanceCaseInsensitive{ending}('abcdef', 'ABCDEF')", 0.0, "Float32")
        for ending in ("", "UTF8")
    ),
    *((f"ngramSearch{ending}('abcdef', 'abcd')", 1.0, "Float32") for ending in ("", "UTF8")),
    *((f"ngramSearchCaseInsensitive{ending}('abcdef', 'ABCD')", 1.0, "Float32") for ending in ("", "UTF8")),
    ("ngramDistance(null, 'a')", None, "Nullable(Nothing)"),
    # Here DuckDB knows the function, but not with such arguments.
    ("hex(2.5)", "0000000000000440", "String"),
    ("extractAllGroups('ab', '(x?)')", [[""], [""]], "Array(Array(String))"),
    ("JSONExtract('{\"a\": 1}', 'Map(String, Int64)')", {"a": 1}, "Map(String, Int64)"),
    ("JSON_VALUE('[1, 2]', '$[*]')", "1", "String"),
    ("JSON_VALUE('[100000.0]', '$[0]')", "1e+05", "String"),
    ("split_part('abc', '', 2)", "b", "String"),
    ("arraySort([JSONType('{}'), JSONType('\"a\"')])", ["String", "Object"], ""),
]


@pytest.mark.parametrize(("expression", "value", "kind"), CALLS)
def test_functions_of_texts_that_only_clickhouse_has(expression: str, value: Any, kind: str) -> None:
    result = ask(expression)
    assert result.rows == [[value]]
    if kind:
        assert result.types == [["x", kind]]


@pytest.mark.parametrize(
    "expression", [call for call, value, kind in CALLS if value is not None and "arraySort" not in call]
)
def test_duckdb_says_that_it_cannot(expression: str) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(HogQLUnsupported):
        ask(expression, "duckdb")


@pytest.mark.parametrize("sql", ["max(JSONType(event))", "JSONType('{}') < 'a'"])
def test_duckdb_does_not_order_kinds_of_json(sql: str) -> None:
    pytest.importorskip("duckdb")
    with pytest.raises(HogQLUnsupported, match="JSONType"):
        execute(f"select {sql} from events", None, EMULATOR.data, EMULATOR.clock.now(), engine="duckdb")


def test_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(HogQLError, match="Unknown data type"):
        ask("JSONExtract('{}', 'a', 'Foo')")
