"""Reading properties: casts by definition, and what a missing value means."""

from __future__ import annotations

import pytest

from .cases import ADA, BOB, CYD, NOBODY, Case

BY_TIME = " from events order by timestamp"


def count(condition: str, rows: int) -> Case:
    return Case(f"select count() from events where {condition}", [rows], "UInt64", ["count()"])


READS = [
    Case(
        "select properties.$browser" + BY_TIME,
        ["Chrome", "Chrome", "Safari", "Safari", None, "", None],
        "Nullable(String)",
        ["$browser"],
    ),
    Case(
        "select properties['currency'] from events where event = 'purchase' order by timestamp limit 1",
        ["EUR"],
        "Nullable(String)",
        ["properties.currency"],
    ),
    Case(
        "select properties.amount" + BY_TIME, [None, 10.0, None, 30.0, 20.0, None, None], "Nullable(Float64)"
    ),
    # What a join misses is the type's default, and no property is in it.
    Case(
        "select person.properties, person.properties.email, group_0.properties, group_0.key from events "
        "where distinct_id = 'ghost'",
        [["", None, "", ""]],
        "String; Nullable(String); String; String",
    ),
    Case("select properties.newsletter from events where event = 'signed_up'", [True], "Nullable(Bool)"),
    Case(
        "select properties.deep.a.b from events where distinct_id = 'ada' and event = 'purchase'",
        ["x"],
        "Nullable(String)",
        ["deep__a__b"],
    ),
    Case(
        "select properties.deep from events where properties.deep is not null", ['{"a":{"b":"x","n":null}}']
    ),
    Case("select properties.deep.a.n from events where properties.deep is not null", [None]),
    Case("select properties.tags[2] from events where properties.tags is not null", ["b"]),
    Case(
        "select properties.note from events where event = 'signed_up'", ['say \\"hi\\"'], "Nullable(String)"
    ),
    Case(
        "select person.properties.email" + BY_TIME,
        ["ada@x.example", "ada@x.example", "bob@y.example", "bob@y.example", "ada@x.example", None, None],
        "Nullable(String)",
        ["email"],
    ),
    Case(
        "select e.person.properties.logins, e.person.id from events as e order by e.timestamp limit 1",
        [[7.0, ADA]],
        "Nullable(Float64); UUID",
        ["logins", "id"],
    ),
    Case("select person_id from events where distinct_id = 'ghost'", [NOBODY], "UUID"),
    Case("select person.is_identified from events where distinct_id = 'ghost'", [False], "Bool"),
    # A group type has a name besides its number.
    Case(
        "select company.properties.name = group_0.properties.name, company.key, count() from events "
        "where company.key != '' group by 1, 2 order by 2 limit 1",
        [[1, "acme", 1]],
    ),
    Case(
        "select group_0.properties.name, $group_0 from events where $group_0 != ''",
        [["Acme", "acme"]],
    ),
    Case(
        "select session.$session_duration from events where event = 'purchase' and distinct_id = 'bob'",
        [1800],
        "Int64",
        ["$session_duration"],
    ),
    Case(
        "select id, properties.plan from persons order by created_at",
        [[ADA, "pro"], [BOB, "free"], [CYD, None]],
        "UUID; Nullable(String)",
    ),
    Case("select properties from persons where properties.name = 'Cyd'", ['{"name":"Cyd"}'], "String"),
    Case("select x.p.plan from (select properties as p from persons order by created_at limit 1) x", ["pro"]),
]
NULL_RULES = [
    count("properties.currency = 'EUR'", 2),
    count("properties.currency != 'EUR'", 5),
    count("not (properties.currency = 'EUR')", 5),
    count("properties.currency in ('EUR', 'GBP')", 2),
    count("properties.currency not in ('EUR', 'GBP')", 5),
    count("properties.currency like 'E%'", 2),
    count("properties.currency not like 'E%'", 5),
    count("properties.currency ilike 'e__'", 2),
    count("properties.currency not ilike 'e__'", 5),
    count("properties.currency =~ '^U'", 1),
    count("properties.currency !~ '^U'", 6),
    count("properties.currency =~* '^u'", 1),
    count("properties.amount > 10", 2),
    count("properties.amount <= 10", 1),
    count("properties.amount between 10 and 20", 2),
    count("properties.amount not between 10 and 20", 1),
    count("properties.amount = null", 4),
    count("properties.amount != null", 3),
    count("null = properties.amount", 4),
    count("properties.amount is null", 4),
    count("properties.amount is not null", 3),
    count("properties.$browser = properties.currency", 1),
    count("properties.$browser != properties.currency", 6),
    count("properties.amount >= '20'", 2),
    count("properties.newsletter = 'true'", 1),
    count("properties.newsletter != true", 6),
    count("isNull(properties.currency) and notEmpty(event)", 4),
    count("event = 'purchase' and (properties.currency = 'USD' or properties.nope = 'x')", 1),
    Case(
        "select properties.currency = 'EUR', properties.currency in ('EUR')" + BY_TIME + " limit 2",
        [[0, 0], [1, 1]],
        "UInt8; UInt8",
    ),
]


@pytest.mark.parametrize("case", READS, ids=lambda case: case.sql)
def test_a_property_has_the_type_that_it_is_defined_with(case: Case) -> None:
    case.check()


@pytest.mark.parametrize("case", NULL_RULES, ids=lambda case: case.sql)
def test_a_missing_value_is_not_equal_not_less_and_not_like_anything(case: Case) -> None:
    case.check()
