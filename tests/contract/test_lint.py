"""Every message of the linters names the hand-written file and line."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import lint_contract
from contract_document import CONTRACT, merge, walk
from contract_lines import ContractLines, Line
from lint_contract import Finding, findings_of_merge, findings_of_report, findings_of_rules, render
from node_tools import NodeMissing

PERSONS = "openapi/resources/persons.yaml"
LIST = "#/paths/~1api~1environments~1{project_id}~1persons~1/get"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTRACT, tmp_path / "openapi"))


def line_of(file: Path, text: str) -> int:
    """The first line that holds a text, counted from 1."""
    return next(
        number for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if text in line
    )


def test_every_place_of_the_contract_has_a_line_that_names_it() -> None:
    lines, texts = ContractLines(), {}
    wrong = []
    for place, _ in walk(merge()):
        where = lines.find(place)
        if where.file not in texts:
            texts[where.file] = (CONTRACT.parent / where.file).read_text(encoding="utf-8").splitlines()
        last = place.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        line = texts[where.file][where.line - 1]
        if not (place == "#" or last.isdecimal() or last in line):
            # Below an alias the text stands elsewhere: at its anchor.
            wrong.append((place, str(where), line))
    assert wrong == []


def test_the_lines_are_those_of_the_files() -> None:
    lines = ContractLines()
    persons = CONTRACT / "resources" / "persons.yaml"
    assert lines.find(f"{LIST}/operationId") == Line(PERSONS, line_of(persons, "operationId: persons_list"))
    assert lines.find("#/components/schemas/PersonPage") == Line(PERSONS, line_of(persons, "    PersonPage:"))
    assert lines.find("#/tags/0/name") == Line(
        "openapi/root.yaml", line_of(CONTRACT / "root.yaml", "- name: persons")
    )


def test_a_place_that_is_not_written_down_has_the_line_of_what_is_around_it() -> None:
    lines = ContractLines()
    assert lines.find(f"{LIST}/nothing/at/all") == lines.find(LIST)
    assert lines.find("nonsense") == Line("openapi/root.yaml", 1)


@pytest.mark.parametrize(
    ("file", "before", "after", "rule"),
    [
        ("persons", "      summary: List persons\n", "      summary: List persons.\n", "operations_are_described"),
        ("persons", "operationId: persons_list\n", "operationId: list_persons\n", "operation_ids_are_tag_and_method"),
        ("query", "x-rate-limit: query\n", "x-rate-limit: queries\n", "rate_limit_classes_exist"),
        ("persons", "      required: [results]\n", "      required: results\n", "valid_openapi_3_1"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_reported_with_file_and_line(
    folder: Path, file: str, before: str, after: str, rule: str
) -> None:
    path = folder / "resources" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    found = list(findings_of_rules(merge(folder), ContractLines(folder)))
    line = line_of(path, after.strip("\n"))
    assert (f"openapi/resources/{file}.yaml", line, rule) in [(one.file, one.line, one.rule) for one in found]


def test_the_contract_keeps_every_rule() -> None:
    assert lint_contract.lint(linter=False) == ([], "")


def test_a_contract_that_cannot_be_merged_is_reported_with_file_and_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "resources" / "persons.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\npaths: {}\n", encoding="utf-8")
    from contract_document import ContractError

    with pytest.raises(ContractError) as caught:
        merge(folder)
    found = findings_of_merge(caught.value)
    assert found.file == PERSONS
    assert found.rule == "merge"


REPORT = {
    "problems": [
        {
            "ruleId": "no-unused-components",
            "message": "Component: `PersonPage` is never used.",
            "location": [{"pointer": "#/components/schemas/PersonPage", "start": {"line": 1}}],
        }
    ]
}


def test_the_report_of_the_linter_is_mapped_to_the_files() -> None:
    (found,) = findings_of_report("banner\n" + json.dumps(REPORT), "", ContractLines())
    assert found.file == PERSONS
    assert found.line == line_of(CONTRACT / "resources" / "persons.yaml", "    PersonPage:")
    assert re.fullmatch(
        rf"{PERSONS}:\d+: Component: `PersonPage` .* \(redocly no-unused-components\)", str(found)
    )


def test_a_linter_without_a_report_is_said() -> None:
    with pytest.raises(NodeMissing, match="no report"):
        list(findings_of_report("", "out of memory", ContractLines()))


def test_the_forms_of_the_report() -> None:
    found = [Finding(PERSONS, 12, "50% wrong", "a rule: b", "#")]
    assert render(found, "text") == f"{PERSONS}:12: 50% wrong (a rule: b)"
    assert render(found, "github") == f"::error file={PERSONS},line=12,title=a rule%3A b::50%25 wrong"
    assert json.loads(render(found, "json"))[0]["line"] == 12


def test_without_the_linter_the_status_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: object) -> None:
        raise NodeMissing("no Node here")

    monkeypatch.setattr(lint_contract, "redocly", none)
    assert lint_contract.main([]) == 2
    assert "no Node here" in capsys.readouterr().err
    assert lint_contract.main(["--without-node", "warn", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::warning title=contract linter::")
    assert lint_contract.main(["--no-linter"]) == 0


def test_every_rule_of_the_linter_that_is_off_says_why() -> None:
    text = (CONTRACT.parent / "tools" / "contract" / "lint-rules.yaml").read_text(encoding="utf-8")
    off = [line for line in text.splitlines() if re.search(r": off\b", line)]
    assert off
    assert [line for line in off if not re.search(r": off # \S", line)] == []


def test_the_lock_of_the_linter_names_no_registry() -> None:
    lock = json.loads(
        (CONTRACT.parent / "tools" / "contract" / "package-lock.json").read_text(encoding="utf-8")
    )
    packages = {name: value for name, value in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in value and "resolved" not in value for value in packages.values())
    wanted = json.loads((CONTRACT.parent / "tools" / "contract" / "package.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["dependencies"].values())
