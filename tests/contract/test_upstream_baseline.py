"""Only what is new fails; what is known is written down with its reason, and what is written down stays true."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import upstream_diff
from contract_document import CONTRACT, ROOT
from tests.contract.vendor import retiring, vendor
from upstream_baseline import BASELINE, BaselineError, Judged, accept, judge, load_baseline, matches
from upstream_compare import compare
from upstream_findings import Finding, Severity, identity

TODAY = date(2026, 11, 21)
HEAD = "# Kept by people.\nschema: 1.0.0\nentries:\n"
ENTRY = "  - {match: %s, reason: known, source: a page, date: 2026-01-02%s}\n"


def finding(name: str = "things_list:parameter-new:query.sort", known: str = "") -> Finding:
    operation, kind, place = name.split(":", 2)
    return Finding(kind, operation, place, "absent", "string", Severity.MORE, known=known)


def written(folder: Path, text: str) -> Path:
    path = folder / "baseline.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def judged(
    folder: Path, entries: str, *findings: Finding, version: str = "1.0.0", era: str = "projects"
) -> Judged:
    baseline = load_baseline(written(folder, HEAD + entries))
    return judge(findings, baseline, version=version, era=era, today=TODAY)


# --- what an entry is about ----------------------------------------------------------------------------------


def test_only_the_star_is_special_in_a_pattern() -> None:
    assert matches("*:field-gone:200.results[].*", "persons_list:field-gone:200.results[].type")
    assert not matches("*:field-gone:200.results[].*", "persons_list:field-gone:200.resultsX.type")
    assert not matches("persons_list", "persons_list:x")
    assert matches("a:{}.?(", "a:{}.?(")


def test_an_entry_explains_what_it_matches_and_nothing_else(tmp_path: Path) -> None:
    one, other = finding(), finding("things_list:parameter-new:query.other")
    result = judged(tmp_path, ENTRY % ("'things_list:*:query.sort'", ""), one, other)
    assert [found for found, _ in result.accepted] == [one]
    assert result.new == (other,)


def test_a_note_of_the_contract_explains_without_an_entry(tmp_path: Path) -> None:
    noted = finding(known="documented absent")
    result = judged(tmp_path, "", noted)
    assert (result.new, result.noted) == ((), (noted,))


def test_another_value_at_the_same_place_is_news_again(small: dict[str, Any], tmp_path: Path) -> None:
    """What was accepted is `integer became string`, not whatever comes later."""

    def findings(kind: str) -> tuple[Finding, ...]:
        document = vendor()
        document["components"]["schemas"]["Thing"]["properties"]["id"] = {"type": kind}
        found = compare(small, document).findings
        return tuple(one for one in found if one.place == "200[].id")

    (string,) = findings("string")
    entry = ENTRY % (f"'{string.identity}'", "")
    assert judged(tmp_path, entry, string).new == ()
    (boolean,) = findings("boolean")
    assert judged(tmp_path, entry, boolean).new == (boolean,)


def test_an_entry_past_its_date_explains_nothing_and_is_reported(tmp_path: Path) -> None:
    entry = ENTRY % ("'things_list:*:query.sort'", ", expires: 2026-11-20")
    result = judged(tmp_path, entry, finding())
    assert result.new == (finding(),)
    assert [(one.number, count) for one, count in result.expired] == [(1, 1)]
    still = ENTRY % ("'things_list:*:query.sort'", ", expires: 2026-11-21")
    assert judged(tmp_path, still, finding()).new == ()


@pytest.mark.parametrize(
    ("extra", "version", "era", "known"),
    [
        ("", "0.0.0", "projects", True),
        (", schema: '1.*'", "1.0.0", "projects", True),
        (", schema: '1.*'", "2.0.0", "projects", False),
        (", era: retiring", "1.0.0", "projects", False),
        (", era: [retiring, projects]", "1.0.0", "projects", True),
    ],
)
def test_an_entry_may_be_about_some_schemas_only(
    extra: str, version: str, era: str, known: bool, tmp_path: Path
) -> None:
    result = judged(tmp_path, ENTRY % ("'*:query.sort'", extra), finding(), version=version, era=era)
    assert bool(result.accepted) == known


def test_patterns_that_match_nothing_are_stale_for_a_schema_of_the_same_version(tmp_path: Path) -> None:
    entries = ENTRY % ("['*:query.sort', '*:query.gone']", "") + ENTRY % ("'*:old'", ", era: environments")
    result = judged(tmp_path, entries, finding())
    assert [(entry.number, pattern) for entry, pattern in result.stale] == [(1, "*:query.gone")]
    assert judged(tmp_path, entries, finding(), version="0.0.0").stale == ()


def test_an_entry_that_only_matches_what_a_note_explains_is_not_stale(tmp_path: Path) -> None:
    result = judged(tmp_path, ENTRY % ("'*:query.sort'", ""), finding(known="a note"))
    assert (result.stale, len(result.accepted)) == ((), 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("schema: 1.0.0\nentries: {}\n", "entries must be a list"),
        ("schema: 1.0\nentries: []\n", "needs `schema` (a text)"),
        ("entries: []\n", "needs `schema`"),
        ("schema: 1.0.0\nentries: []\nextra: 1\n", "nothing else"),
        (HEAD + "  - {match: x}\n", "entry 1: needs"),
        (HEAD + ENTRY % ("x", ", colour: red"), "entry 1: needs"),
        (HEAD + ENTRY % ("'*'", ""), "not match everything"),
        (HEAD + ENTRY % ("['*:*']", ""), "not match everything"),
        (HEAD + ENTRY % ("[]", ""), "match must be"),
        (HEAD + (ENTRY % ("x", "")).replace("reason: known", "reason: ' '"), "reason must be"),
        (HEAD + (ENTRY % ("x", "")).replace("source: a page", "source: ''"), "source must be"),
        (HEAD + (ENTRY % ("x", "")).replace("2026-01-02", "yesterday"), "date must be a date"),
        (HEAD + ENTRY % ("x", ", expires: soon"), "expires must be a date"),
        (HEAD + ENTRY % ("x", ", era: stone"), "era must be one of"),
        (HEAD + ENTRY % ("x", ", schema: 1.0"), "schema must be a text"),
        (HEAD + "  - {match: x, match: y}\n", "twice in one mapping"),
    ],
)  # fmt: skip
def test_a_baseline_that_is_not_well_formed_names_the_entry(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=re.escape(says)):
        load_baseline(written(tmp_path, text))


def test_ids_hold_nothing_that_breaks_a_line_or_is_a_pattern() -> None:
    assert identity("a*b\nc|d`e%") == "a%2Ab%0Ac%7Cd%60e%25"
    assert len(identity("x" * 5000)) < 320


# --- the committed one ---------------------------------------------------------------------------------------


def test_the_committed_baseline_is_small_reviewed_and_about_operations_that_we_have(
    merged: dict[str, Any],
) -> None:
    baseline = load_baseline()
    assert len(baseline.entries) < 40
    tags = {tag["name"] for tag in merged["tags"]}
    ids = {operation["operationId"] for item in merged["paths"].values() for key, operation in item.items()
           if key != "parameters"}  # fmt: skip
    for entry in baseline.entries:
        for pattern in entry.match:
            assert pattern.partition(":")[0] in {*tags, *ids, "*"}, pattern
        assert entry.date <= TODAY
        assert len(entry.reason) > 30


def test_the_committed_baseline_explains_how_posthog_writes_its_schema(small: dict[str, Any]) -> None:
    """On the small contract, whose operations it does not name, only the general entries count."""
    result = compare(small, vendor())
    left = judge(result.findings, load_baseline(), version="1.0.0", era=result.era, today=TODAY).new
    assert left == ()
    result = compare(small, retiring(vendor()))
    left = judge(result.findings, load_baseline(), version="1.0.0", era=result.era, today=TODAY).new
    assert {one.kind for one in left} == {"deprecated"}


def test_operations_that_the_contract_has_are_not_waiting_in_the_baseline(merged: dict[str, Any]) -> None:
    have = set()
    for path, item in merged["paths"].items():
        below = re.sub(r"\{[^{}]*\}", "{}", path.removeprefix("/api/environments/{project_id}/"))
        have |= {f"{method.upper()} {below}" for method in item if method != "parameters"}
    waiting = [
        pattern.partition(":operation-new:")[2]
        for entry in load_baseline().entries
        for pattern in entry.match
    ]
    assert set(waiting) & have == set()


# --- accepting -----------------------------------------------------------------------------------------------

KEPT = HEAD + "  # A comment that stays.\n" + ENTRY % ("'*:b'", "") + "\n  # And one at the end.\n"


def test_accepting_adds_one_entry_at_the_end_and_keeps_every_line(tmp_path: Path) -> None:
    path = written(tmp_path, KEPT)
    taken = accept(
        path, [finding()], reason="Seen  and\nfine.", source="page: 1", today=TODAY, schema="1.0.0"
    )
    assert taken == [finding()]
    text = path.read_text(encoding="utf-8")
    assert text.startswith(KEPT.rstrip("\n"))
    *_, last = load_baseline(path).entries
    assert (last.match, last.reason, last.source) == ((finding().identity,), "Seen and fine.", "page: 1")
    assert (last.date, last.schema, last.expires) == (TODAY, "1.0.0", None)
    again = judge([finding()], load_baseline(path), version="1.0.0", era="projects", today=TODAY)
    assert again.new == ()


def test_accepting_into_an_empty_list_works(tmp_path: Path) -> None:
    path = written(tmp_path, "schema: 1.0.0\nentries: []\n")
    accept(path, [finding()], reason="fine", source="a page", today=TODAY)
    assert len(load_baseline(path).entries) == 1


def test_accepting_takes_only_what_is_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, KEPT)
    other = finding("things_list:parameter-new:query.other")
    taken = accept(
        path, [finding(), other], reason="fine", source="a page", today=TODAY, chosen=["*:query.o*"]
    )
    assert taken == [other]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": " "}, "REASON is empty"),
        ({"reason": "..."}, "REASON is empty"),
        ({"source": "\n"}, "SOURCE is empty"),
        (
            {"chosen": ["*:nothing"]},
            "ID=*:nothing: no new finding is called so. New findings are:\n  things_list",
        ),
        ({"expires": TODAY}, "is not in the future"),
        ({"findings": []}, "(none)"),
    ],
)
def test_accepting_refuses_what_is_not_said_and_changes_nothing(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = written(tmp_path, KEPT)
    given: dict[str, Any] = {
        "findings": [finding()],
        "reason": "fine",
        "source": "a page",
        "today": TODAY,
        **changes,
    }
    with pytest.raises(BaselineError, match=re.escape(says)):
        accept(path, given.pop("findings"), **given)
    assert path.read_text(encoding="utf-8") == KEPT


@pytest.mark.parametrize("text", ["entries: [{match: x, reason: known, source: page, date: 2026-01-02}]\nschema: 1.0.0\n",
                                  "entries:\n" + ENTRY % ("x", "") + "schema: 1.0.0\n"])  # fmt: skip
def test_a_file_that_nothing_can_be_added_to_is_left_alone(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BaselineError, match="must be the last key"):
        accept(path, [finding()], reason="fine", source="a page", today=TODAY)
    assert path.read_text(encoding="utf-8") == text


def test_names_from_outside_cannot_leave_their_line_in_the_baseline(tmp_path: Path) -> None:
    path = written(tmp_path, KEPT)
    hostile = finding("x:parameter-new:query.a'\n  - {match: '*:*b*', reason: no, source: no}\n#")
    accept(path, [hostile], reason="fine", source="a page", today=TODAY)
    assert load_baseline(path).entries[-1].match == (hostile.identity,)
    assert len(load_baseline(path).entries) == 2


# --- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def schema(tmp_path: Path, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """PostHog's schema in a file; the command compares it with the small contract."""
    monkeypatch.setattr(upstream_diff, "merge", lambda: small)
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(vendor()), encoding="utf-8")
    return path


def command(*arguments: object) -> int:
    return upstream_diff.main([str(argument) for argument in arguments], today=TODAY)


def grow(schema: Path) -> None:
    """PostHog adds two query parameters."""
    document = json.loads(schema.read_text(encoding="utf-8"))
    parameters = document["paths"]["/api/environments/{project_id}/things/"]["get"]["parameters"]
    for name in ("sort", "order"):
        parameters.append({"in": "query", "name": name, "schema": {"type": "string"}})
    schema.write_text(json.dumps(document), encoding="utf-8")


def test_the_exit_status_says_whether_something_is_new(
    schema: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(schema) == 0
    assert "Nothing new." in capsys.readouterr().out
    grow(schema)
    assert command(schema) == 1
    assert "`query.sort`" in capsys.readouterr().out


def test_the_exit_status_says_that_there_was_no_comparison(
    schema: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path / "missing.yaml") == 2
    assert command(schema, "--baseline", tmp_path / "missing.yaml") == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith("upstream-diff: ") and "missing.yaml" in line for line in errors)


def test_what_was_accepted_is_no_news_any_more(
    schema: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "baseline.yaml"
    baseline.write_text(BASELINE.read_text(encoding="utf-8"), encoding="utf-8")
    grow(schema)
    accepting = (schema, "--baseline", baseline, "--accept", "--reason", "fine", "--source", "a page")
    assert command(*accepting, "--id", "*:query.sort", "--expires", "2027-01-01") == 0
    assert "Accepted 1 findings in baseline.yaml; 1 are still new." in capsys.readouterr().out
    assert command(schema, "--baseline", baseline) == 1
    assert command(*accepting) == 0
    assert command(schema, "--baseline", baseline) == 0
    later = upstream_diff.main([str(schema), "--baseline", str(baseline)], today=date(2027, 1, 2))
    assert later == 1
    assert "Baseline entries past their date" in capsys.readouterr().out


def test_accepting_without_a_reason_is_refused(schema: Path, tmp_path: Path) -> None:
    baseline = written(tmp_path, HEAD)
    grow(schema)
    assert command(schema, "--baseline", baseline, "--accept", "--source", "a page") == 2
    assert baseline.read_text(encoding="utf-8") == HEAD


def test_the_page_about_the_procedure_names_every_kind(small: dict[str, Any]) -> None:
    page = (CONTRACT / "upstream.md").read_text(encoding="utf-8")
    source = "".join((ROOT / "scripts" / f"upstream_{name}.py").read_text(encoding="utf-8")
                     for name in ("compare", "schemas"))  # fmt: skip
    kinds = set(
        re.findall(
            r'"((?:operation|root|parameter|body|media-type|status|enum-value|variant)-[a-z-]+)"', source
        )
    )
    assert len(kinds) > 15
    table = " ".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))
    for kind in kinds:
        head, _, tail = kind.rpartition("-")
        assert f"`{kind}`" in table or (f"`{head}-" in table and f"`-{tail}`" in table), kind
