"""Functions of texts, addresses and JSON, worked out by hand."""

from __future__ import annotations

import pytest

from .cases import Case, refusal

A, U8, U64 = "Array(String)", "UInt8", "UInt64"
KIND = (
    "Enum8('Null' = 0, 'String' = 34, 'Array' = 91, 'Bool' = 98, 'Double' = 100, 'Int64' = 105, "
    "'UInt64' = 117, 'Object' = 123)"
)


def types(*kinds: str) -> str:
    return "; ".join(kinds)


J = '\'{"a": 5, "b": ["x", null, 2.0, 300], "c": {"d": true}, "e": "12", "f": null}\' as j'
JSON = [
    Case(
        f"select JSONExtract(j, 'a', 'Int64'), JSONExtract(j, 'a', 'String'), JSONExtract(j, 'e', 'UInt8'), "
        f"JSONExtract(j, 'c', 'd', 'Bool'), JSONExtract(j, 'b', 3, 'Float64'), JSONExtract(j, 'b', -1, 'UInt8') from (select {J})",
        [[5, "5", 12, True, 2.0, 0]],
        types("Int64", "String", U8, "Bool", "Float64", U8),
    ),
    Case(
        f"select JSONExtract(j, 'z', 'Nullable(Int64)'), JSONExtract(j, 'f', 'Nullable(String)'), JSONExtract(j, 'f', 'String'), "
        f"JSONExtract(j, 'b', 'Nullable(Float64)'), JSONExtract('no json', 'a', 'Int8'), JSONExtract(j, 'c', 'String') from (select {J})",
        [[None, None, "", None, 0, '{"d":true}']],
        types("Nullable(Int64)", "Nullable(String)", "String", "Nullable(Float64)", "Int8", "String"),
    ),
    Case(
        f"select JSONExtract(j, 'b', 'Array(String)'), JSONExtract(j, 'b', 'Array(Nullable(Int64))'), JSONExtract(j, 'a', 'Array(Int64)'), "
        f"JSONExtract('[[1], [\"x\", 2]]', 'Array(Array(Int64))'), JSONExtract('[\"x\"]', 'Array(Int64)') from (select {J})",
        [[["x", "", "2", "300"], [None, None, 2, 300], [], [[1], [0, 2]], []]],
        types(A, "Array(Nullable(Int64))", "Array(Int64)", "Array(Array(Int64))", "Array(Int64)"),
    ),
    Case(
        "select JSONExtract(properties.$browser, 'String'), JSONExtract(properties, 'amount', 'Int64') from events "
        "where event != '$pageview' order by timestamp",
        [["", 10], ["", 30], [None, 20], ["", 0]],
        types("Nullable(String)", "Int64"),
    ),
    Case(
        "select JSONExtractUInt('[7, \"8\", -1, 2.9, true]', 1), JSONExtractUInt('[7, \"8\", -1, 2.9, true]', 2), "
        "JSONExtractUInt('[7, \"8\", -1, 2.9, true]', 3), JSONExtractUInt('[7, \"8\", -1, 2.9, true]', 4), "
        "JSONExtractUInt('[7, \"8\", -1, 2.9, true]', 5), JSONExtractUInt(''), JSONExtractUInt(null)",
        [[7, 8, 0, 2, 0, 0, None]],
        types(*[U64] * 6, "Nullable(Nothing)"),
    ),
    Case(
        f"select JSONType(j), JSONType(j, 'a'), JSONType(j, 'b', 1), JSONType(j, 'b', 3), JSONType(j, 'c', 'd'), JSONType(j, 'f'), "
        f"JSONType(''), JSONType(j, 'b') = 'Array' from (select {J})",
        [["Object", "Int64", "String", "Double", "Bool", "Null", "Null", 1]],
        types(*[KIND] * 7, U8),
    ),
    Case(
        "select JSONArrayLength('[1, [2]]'), JSONArrayLength('[]'), JSONArrayLength('{}'), JSONArrayLength(''), JSONArrayLength(null)",
        [[2, 0, None, None, None]],
        types(*["Nullable(UInt64)"] * 4, "Nullable(Nothing)"),
    ),
    Case(
        'select JSONExtractKeysAndValues(\'{"a": 1, "b": "x", "c": "2"}\', \'Int64\'), '
        "JSONExtractKeysAndValues('{\"a\": {\"b\": null}}', 'a', 'Nullable(String)'), JSONExtractKeysAndValues('', 'String')",
        [[[["a", 1], ["c", 2]], [["b", None]], []]],
        "Array(Tuple(String, Int64)); Array(Tuple(String, Nullable(String))); Array(Tuple(String, String))",
    ),
    Case(
        'select JSONExtractKeysAndValuesRaw(\'{"a": [1.0, "1.0"], "b": null}\'), JSONExtractKeysAndValuesRaw(\'[1]\'), '
        'JSONExtractKeysAndValuesRaw(\'{"a": {"b": "x"}}\', \'a\')',
        [[[["a", '[1,"1.0"]'], ["b", "null"]], [], [["b", '"x"']]]],
        types(*["Array(Tuple(String, String))"] * 3),
    ),
    Case(
        f"select JSON_VALUE(j, '$.a'), JSON_VALUE(j, '$.b[0]'), JSON_VALUE(j, '$[\"c\"].d'), JSON_VALUE(j, '$.c'), "
        f"JSON_VALUE(j, '$.f'), JSON_VALUE(j, '$.z'), JSON_VALUE('', '$.a'), JSON_VALUE(null, '$.a') from (select {J})",
        [["5", "x", "true", "", "null", "", "", None]],
        types(*["String"] * 7, "Nullable(Nothing)"),
    ),
    Case(
        "select toJSONString('a\"/\\n'), toJSONString(2.0), toJSONString([1, null]), toJSONString(('x', true)), "
        "toJSONString(toDate('2025-06-01')), toJSONString(''), toJSONString([]), toJSONString(null)",
        [['"a\\"\\/\\n"', "2", "[1,null]", '["x",true]', '"2025-06-01"', '""', "[]", None]],
        types(*["String"] * 4, "Nullable(String)", "String", "String", "Nullable(Nothing)"),
    ),
    Case("select toJSONString(properties.amount) from events order by timestamp limit 2", [None, "10"]),
    # ClickHouse writes numbers anew, counts members of objects too, and never takes a text for a number of a place.
    Case(
        "select JSONExtractRaw('[1.50, 1e3, 2.0]'), JSONExtractRaw('{\"a\": \"1.0\"}', 1), JSONExtractRaw('[1]', '0'), "
        "JSONExtractString('[1.0, {\"a\": 2.0}]', -1), JSONExtractArrayRaw('[ 1.0 ]')",
        [["[1.5,1000,2]", '"1.0"', "", '{"a":2}', ["1"]]],
    ),
]
PARTS = [
    Case(
        "select splitByChar(',', 'a,b,c', 2), splitByString(', ', 'a, b, c', 1), splitByRegexp('[0-9]', 'a1b2c', 0), "
        "splitByChar(',', '', 1), splitByChar(',', 'a,b', -1), splitByChar(',', 'a', null)",
        [[["a", "b"], ["a"], ["a", "b", "c"], [""], ["a", "b"], None]],
        types(*[A] * 5, "Nullable(Nothing)"),
    ),
    Case(
        "select splitByWhitespace(' a  b\\tc\\nd '), splitByWhitespace('a b c', 2), splitByWhitespace(''), "
        "splitByNonAlpha(' 1! a,b_c ä'), splitByNonAlpha('a.b.c', 2), alphaTokens('abc1de2ä'), alphaTokens('a1b', 1), "
        "tokens('a-b ä_c'), tokens('')",
        [
            [
                ["a", "b", "c", "d"],
                ["a", "b"],
                [],
                ["1", "a", "b", "c", "ä"],
                ["a", "b"],
                ["abc", "de"],
                ["a"],
                ["a", "b", "ä", "c"],
                [],
            ]
        ],
        types(*[A] * 9),
    ),
    Case(
        "select tokens(properties.$browser), splitByWhitespace(properties.$browser), alphaTokens(properties.$browser), "
        "splitByNonAlpha(properties.$browser), ngrams(properties.$browser, 4) from events order by timestamp, uuid limit 2 offset 4",
        [[[], [], [], [], []], [[], [], [], [], []]],
    ),
    Case(
        "select split_part('a--b--c', '--', 2), split_part('a--b', '--', 3), split_part('', ',', 1), split_part('äöü', 'ö', 2), "
        "split_part(null, ',', 1)",
        [["b", "", "", "ü", None]],
        types(*["String"] * 4, "Nullable(Nothing)"),
    ),
    Case(
        "select ngrams('äbcd', 3), ngrams('ab', 3), ngrams('', 1)", [[["äbc", "bcd"], [], []]], types(A, A, A)
    ),
    Case(
        "select extractGroups('a=1,b=2', '(\\\\w)=(\\\\d)'), extractGroups('x', '(a)'), extractGroups('b', '(a)|(b)'), "
        "extractAllGroups('a=1,b=2', '(\\\\w)=(\\\\d)'), extractAllGroupsVertical('ab', '(a)|(b)'), "
        "extractAllGroupsHorizontal('a=1,b=2', '(\\\\w)=(\\\\d)'), extractAllGroupsHorizontal('', '(a)(b)'), extractAllGroups('', '(a)')",
        [
            [
                ["a", "1"],
                [],
                ["", "b"],
                [["a", "1"], ["b", "2"]],
                [["a", ""], ["", "b"]],
                [["a", "b"], ["1", "2"]],
                [[], []],
                [],
            ]
        ],
        types(A, A, A, *["Array(Array(String))"] * 5),
    ),
    Case(
        "select regexpExtract('10-20', '(\\\\d+)-(\\\\d+)'), regexpExtract('10-20', '(\\\\d+)-(\\\\d+)', 2), regexpExtract('10-20', '\\\\d+'), "
        "regexpExtract('a\\nb', 'a(.)b'), regexpExtract('', 'a'), regexpExtract(null, 'a')",
        [["10", "20", "10", "\n", "", None]],
        types(*["String"] * 5, "Nullable(Nothing)"),
    ),
    Case(
        "select countMatches('foobarbar', 'bar'), countMatches('abc', 'b*'), countMatches('', 'a'), countMatches('a\\nb', '.'), "
        "countMatchesCaseInsensitive('aAb', 'a'), countMatchesCaseInsensitive(null, 'a')",
        [[2, 1, 0, 3, 2, None]],
        types(*[U64] * 5, "Nullable(Nothing)"),
    ),
]
SEARCHES = [
    Case(
        "select position('abcabc', 'b', 3), position('äbcb', 'b', 4), position('abc', '', 4), position('abc', 'a', 9), "
        "positionCaseInsensitive('ABCB', 'b', 3), positionUTF8('äbcb', 'b', 3), positionUTF8('', 'a'), "
        "positionCaseInsensitiveUTF8('xÄ', 'ä'), positionCaseInsensitiveUTF8('ÄbÄ', 'ä', 2), position('a', 'b', null)",
        [[5, 5, 4, 0, 4, 4, 0, 2, 3, None]],
        types(*[U64] * 9, "Nullable(Nothing)"),
    ),
    Case(
        "select locate('b', 'abc'), locate('abc', 'b'), locate('b', 'abcb', 3), locate('', ''), locate(null, 'a')",
        [[2, 0, 4, 1, None]],
        types(*[U64] * 4, "Nullable(Nothing)"),
    ),
    Case(
        "select countSubstrings('aaa', 'aa'), countSubstrings('abcabc', 'b', 3), countSubstrings('äbäb', 'b', 4), countSubstrings('a', ''), "
        "countSubstringsCaseInsensitive('aAÄ', 'A'), countSubstringsCaseInsensitive('aAa', 'A', 2), "
        "countSubstringsCaseInsensitiveUTF8('äÄ', 'Ä'), countSubstringsCaseInsensitiveUTF8('äÄ', 'Ä', 2), countSubstringsCaseInsensitiveUTF8('', null)",
        [[1, 1, 1, 0, 2, 2, 2, 1, None]],
        types(*[U64] * 8, "Nullable(Nothing)"),
    ),
    Case(
        "select hasToken('one two_three', 'two'), hasToken('one two', 'tw'), hasToken('', ''), hasTokenCaseInsensitive('One', 'ONE'), "
        "hasTokenOrNull('a b', 'a b'), hasTokenOrNull('a b', 'b'), hasTokenCaseInsensitiveOrNull('A', 'a'), hasToken(null, 'a')",
        [[1, 0, 0, 1, None, 1, 1, None]],
        types(*[U8] * 4, *["Nullable(UInt8)"] * 3, "Nullable(Nothing)"),
    ),
    Case(
        "select hasAnyTokens('one two', 'two three'), hasAnyTokens('one two', ['tw']), hasAllTokens('one two', 'two one'), "
        "hasAllTokens('one two', ['one', 'six']), hasAllTokens('one', ''), hasAnyTokens('one', []), hasAnyTokens(null, 'a')",
        [[1, 0, 1, 0, 0, 0, None]],
        types(*[U8] * 6, "Nullable(Nothing)"),
    ),
    Case(
        "select hasSubsequence('garbage', 'arg'), hasSubsequence('abc', 'ca'), hasSubsequence('a', ''), "
        "hasSubsequenceCaseInsensitive('Garbage', 'ARG'), hasSubsequenceUTF8('äöü', 'äü'), hasSubsequenceUTF8('ö', 'ä'), "
        "hasSubsequenceCaseInsensitiveUTF8('ÄÖ', 'äö'), hasSubsequence(null, 'a')",
        [[1, 0, 1, 1, 1, 0, 1, None]],
        types(*[U8] * 7, "Nullable(Nothing)"),
    ),
    Case(
        "select multiSearchAny('abc', ['x', 'c']), multiSearchAny('', ['']), multiSearchAnyCaseInsensitive('abc', ['C']), "
        "multiSearchAnyUTF8('ä', ['a']), multiSearchAnyCaseInsensitiveUTF8('ä', ['Ä']), multiSearchAny(null, ['a'])",
        [[1, 0, 1, 0, 1, None]],
        types(*[U8] * 5, "Nullable(Nothing)"),
    ),
    Case(
        "select multiSearchFirstIndex('abc', ['x', 'c', 'a']), multiSearchFirstIndexCaseInsensitive('abc', ['C']), "
        "multiSearchFirstIndexUTF8('', ['a']), multiSearchFirstIndexCaseInsensitiveUTF8('ä', ['b', 'Ä']), "
        "multiSearchFirstPosition('äbc', ['x', 'c', 'b']), multiSearchFirstPositionCaseInsensitive('abc', ['C']), "
        "multiSearchFirstPositionUTF8('äbc', ['c', 'b']), multiSearchFirstPositionCaseInsensitiveUTF8('', ['a'])",
        [[2, 1, 0, 2, 3, 3, 2, 0]],
        types(*[U64] * 8),
    ),
    Case(
        "select multiSearchAllPositions('äbc', ['b', 'x', '']), multiSearchAllPositionsCaseInsensitive('ABC', ['c']), "
        "multiSearchAllPositionsUTF8('äbc', ['b']), multiSearchAllPositionsCaseInsensitiveUTF8('', ['a', ''])",
        [[[3, 0, 1], [3], [2], [0, 0]]],
        types(*["Array(UInt64)"] * 4),
    ),
    Case(
        "select multiMatchAny('abc', ['x', '^a']), multiMatchAny('abc', ['^b', 'd']), multiMatchAny('a\\n', ['a$']), multiMatchAny(null, ['a'])",
        [[1, 0, 1, None]],
        types(U8, U8, U8, "Nullable(Nothing)"),
    ),
    Case(
        "select multiSearchAny(properties.$browser, ['fari']), hasToken(properties.$browser, 'Safari'), position(properties.$browser, 'a', 3), "
        "multiSearchAllPositions(properties.$browser, ['S']) from events order by timestamp limit 2 offset 3",
        [[1, 1, 4, [1]], [None, None, None, [0]]],
        types("Nullable(UInt8)", "Nullable(UInt8)", "Nullable(UInt64)", "Array(UInt64)"),
    ),
]
SHAPES = [
    Case(
        "select initcap('the QUICK o\\'reilly x-y_z 1st'), initcap('äb'), initcap(''), initcap(null), reverseUTF8('äb'), reverseUTF8('')",
        [["The Quick O'Reilly X-Y_Z 1st", "äB", "", None, "bä", ""]],
        types("String", "String", "String", "Nullable(Nothing)", "String", "String"),
    ),
    Case(
        "select lpad('abc', 5, 'xy'), lpad('abc', 2, 'x'), rpad('abc', 5, 'xy'), rpad('', 2, ''), lpad(null, 2, 'x'), "
        "leftPadUTF8('ä', 3, 'ö'), leftPadUTF8('äbc', 2), rightPadUTF8('ä', 3), rightPadUTF8(null, 1)",
        [["xyabc", "ab", "abcxy", "  ", None, "ööä", "äb", "ä  ", None]],
    ),
    # Bytes are counted where the name does not say UTF8.
    Case(
        "select substring('äbc', 3, 1), substring('äbc', -2, 2), substring('aä€', 2, 2), substring('äbc', 1, 2), substring('', 1, 2), "
        "leftPad('äb', 5, 'xy'), rightPad('äb', 4), lpad('äb', 2, 'x'), substringUTF8('äbc', 3, 1), substring('ab', length('a'), 9)",
        [["b", "bc", "ä", "ä", "", "xyäb", "äb ", "ä", "c", "ab"]],
        types(*["String"] * 10),
    ),
    Case(
        "select translateUTF8('äbc', 'äc', 'xü'), translateUTF8('abc', 'ab', 'ä'), translateUTF8('aab', 'aa', 'xy'), translateUTF8('', 'a', ''), "
        "translate('aab', 'aba', 'xy')",
        [["xbü", "äc", "yyb", "", "y"]],
        types(*["String"] * 5),
    ),
    Case(
        "select concatWithSeparator('-', 'a', 1, 2.5), concatWithSeparator('', '', 'b'), concatWithSeparator('-', 'a', null), "
        "format('{1} {0} {1}', 'a', 'b'), format('{}{{}}', 1.0), format('', 'a'), format('{}', null)",
        [["a-1-2.5", "b", None, "b a b", "1{}", "", None]],
        types("String", "String", "Nullable(Nothing)", "String", "String", "String", "Nullable(Nothing)"),
    ),
    Case(
        "select concatWithSeparator('-', event, properties.$browser), format('<{}>', properties.$browser) from events order by timestamp limit 2 offset 3",
        [["purchase-Safari", "<Safari>"], [None, None]],
        "Nullable(String); Nullable(String)",
    ),
    Case(
        "select appendTrailingCharIfAbsent('a', '/'), appendTrailingCharIfAbsent('a/', '/'), appendTrailingCharIfAbsent('', '/'), "
        "ascii('ab'), ascii('ä'), ascii(''), ascii(null), isValidUTF8('ä'), toValidUTF8('ä'), toValidUTF8(''), isValidUTF8(null)",
        [["a/", "a/", "", 97, 195, 0, None, 1, "ä", "", None]],
        types(
            "String",
            "String",
            "String",
            "Int32",
            "Int32",
            "Int32",
            "Nullable(Nothing)",
            U8,
            "String",
            "String",
            "Nullable(Nothing)",
        ),
    ),
    Case(
        "select hex('aä'), hex(255), hex(256), hex(0), hex(-1), hex(true), hex(''), hex(null), unhex('61C3a4'), unhex(''), unhex(null)",
        [["61C3A4", "FF", "0100", "00", "FF", "01", "", None, "aä", "", None]],
    ),
    Case(
        "select md5('abc'), md5(''), md5(null), md5(properties.$browser) from events order by timestamp limit 1 offset 4",
        [["900150983CD24FB0D6963F7D28E17F72", "D41D8CD98F00B204E9800998ECF8427E", None, None]],
        "String; String; Nullable(Nothing); Nullable(String)",
    ),
    Case(
        "select encodeXMLComponent('<a href=\"x\">&\\'</a>'), encodeXMLComponent(''), regexpQuoteMeta('a.b-[c]:\\\\'), regexpQuoteMeta(null)",
        [["&lt;a href=&quot;x&quot;&gt;&amp;&apos;&lt;/a&gt;", "", "a\\.b\\-\\[c\\]\\:\\\\", None]],
    ),
]
ADDRESSES = [
    # A host has a dot, and an address needs no protocol.
    Case(
        "select domain('http://localhost:3000/'), domain('www.a.com/x'), domain('http://u@a.com:80'), domain('http://u:p@a.com'), domain('a b.com'), "
        "domainWithoutWWW('//www.a.com'), topLevelDomain('a.co.uk/x'), topLevelDomain('http://1.2.3.4'), domain('')",
        [["", "www.a.com", "a.com", "", "", "a.com", "uk", "", ""]],
    ),
    Case(
        "select path('/a/b?c'), path('a.com/x'), path('http://a.com?x'), pathFull('a.com/x?y#z'), path(''), pathFull('http://a.com'), "
        "protocol('mailto:a@b'), protocol('a.com:8080/'), protocol('//a.com'), cutWWW('http://u@www.a.com/'), cutWWW('www.a.com')",
        [["/a/b", "/x", "", "/x?y#z", "", "", "mailto", "a.com", "", "http://u@a.com/", "www.a.com"]],
    ),
    Case(
        "select port('http://a.com:8080/x'), port('http://a.com/', 443), port('http://localhost:80'), port('', 300), port(null)",
        [[8080, 443, 0, 300, None]],
        types(*["UInt16"] * 4, "Nullable(Nothing)"),
    ),
    Case(
        "select queryStringAndFragment('http://a.com/?x=1#y'), queryStringAndFragment('a#y'), queryStringAndFragment(''), "
        "queryString('a#b?c'), cutQueryStringAndFragment('a?b#c'), extractURLParameter('a?x=1#y=2', 'y'), extractURLParameter('a&x=1', 'x')",
        [["x=1#y", "#y", "", "c", "a", "2", ""]],
    ),
    Case(
        "select extractURLParameters('http://a/?x=1&y=2;z#f=4&g'), extractURLParameters('a'), extractURLParameterNames('?a&b=1&&c='), "
        "extractURLParameterNames(''), extractURLParameters(properties.$current_url) from events order by timestamp limit 2",
        [
            [["x=1", "y=2;z", "f=4"], [], ["a", "b", "", "c"], [], ["a=1"]],
            [["x=1", "y=2;z", "f=4"], [], ["a", "b", "", "c"], [], []],
        ],
        types(*[A] * 5),
    ),
    Case(
        "select cutURLParameter('http://a/?x=1&y=2#x=3', 'x'), cutURLParameter('http://a/?x=1&y=2#x=3', 'y'), "
        "cutURLParameter('http://a/?x=1&y=2&z=3', ['x', 'z']), cutURLParameter('?z=1&x=2&y=3', ['x', 'y']), cutURLParameter('a', []), cutURLParameter('http://a/?xx=1', 'x'), cutURLParameter('', 'x'), cutURLParameter(null, 'x')",
        [
            [
                "http://a/?y=2#x=3",
                "http://a/?x=1#x=3",
                "http://a/?y=2",
                "?z=1&",
                "a",
                "http://a/?xx=1",
                "",
                None,
            ]
        ],
    ),
    Case(
        "select URLHierarchy('https://a.com/b/c?d#e'), URLHierarchy('a/b'), URLHierarchy(''), URLPathHierarchy('https://a.com/b/c?d'), URLPathHierarchy('/a/b'), URLHierarchy('a9://x/y'), URLPathHierarchy('A://x/y/z')",
        [
            [
                [
                    "https://a.com/",
                    "https://a.com/b/",
                    "https://a.com/b/c?",
                    "https://a.com/b/c?d#",
                    "https://a.com/b/c?d#e",
                ],
                ["a/b"],
                [],
                ["/b/", "/b/c?", "/b/c?d"],
                [],
                ["a9://x/", "a9://x/y"],
                [],
            ]
        ],
        types(*[A] * 7),
    ),
    Case(
        "select encodeURLFormComponent('a b+c/ä'), decodeURLFormComponent('a+b%2Bc%C3%A4'), encodeURLFormComponent(''), decodeURLFormComponent(null)",
        [["a+b%2Bc%2F%C3%A4", "a b+cä", "", None]],
    ),
]


@pytest.mark.parametrize("case", [*JSON, *PARTS, *SEARCHES, *SHAPES, *ADDRESSES], ids=lambda case: case.sql)
def test_functions(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("JSONExtract('{}', 'a', event)", "illegal_column"),
        ("JSONExtract('{}', 'a', 'Nullable(Array(Int64))')", "illegal_type_of_argument"),
        ("JSONExtract(properties.$browser, 'Array(String)')", "illegal_type_of_argument"),
        ("JSONExtractKeysAndValues(properties.$browser, 'String')", "illegal_type_of_argument"),
        ("lower(JSONType('{}'))", "illegal_type_of_argument"),
        ("JSON_VALUE('{}', 'a')", "bad_arguments"),
        ("position('a', 'b', -1)", "illegal_type_of_argument"),
        ("ngrams('abc', 0)", "bad_arguments"),
        ("extractAllGroups('a', 'a')", "bad_arguments"),
        ("extractGroups('a', 'a')", "bad_arguments"),
        ("regexpExtract('a', '(a)', 2)", "index_of_positional_argument_is_out_of_range"),
        ("countMatches('a', '(')", "cannot_compile_regexp"),
        ("hasToken('a b', 'a b')", "bad_arguments"),
        ("hasAnyTokens('a', [1])", "illegal_type_of_argument"),
        ("multiSearchAny('a', [])", "illegal_type_of_argument"),
        ("multiSearchAny('a', ['a', null])", "illegal_type_of_argument"),
        ("translateUTF8('a', 'a', 'xy')", "bad_arguments"),
        ("format('{', 'a')", "bad_arguments"),
        ("format('{} {1}', 'a', 'b')", "bad_arguments"),
        ("format('{2}', 'a')", "bad_arguments"),
        ("appendTrailingCharIfAbsent('a', 'ä')", "bad_arguments"),
        ("leftPadUTF8('a', -1)", "index_of_positional_argument_is_out_of_range"),
        ("hex([1])", "illegal_type_of_argument"),
        ("port('a.com', 80)", "illegal_type_of_argument"),
        ("cutURLParameter('a', [1])", "illegal_column"),
    ],
)
def test_what_clickhouse_refuses_is_refused(call: str, code: str) -> None:
    assert refusal(f"select {call} from events").code == code
