"""The pages that are made from the code hold everything, and every example on them runs. Needs no mkdocs."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import attrs
import pytest

import posthog_environments
from posthog_environments import OPERATIONS
from posthog_environments_api.operations import DEPRECATIONS, RATE_LIMITS, OperationInfo
from reference_examples import example_call, example_emulator
from reference_pages import generated_pages, python_names
from reference_source import (
    annotation_text,
    docstring_of,
    helpers_of,
    is_enum,
    method_of,
    model_classes,
    places_of_models,
    resource_classes,
    vendor_page,
)
from reference_tables import INSERTS, scope_text, scopes_table, with_inserts, without_outer_links

PAGES = generated_pages()
EVERY = pytest.mark.parametrize(
    "operation", OPERATIONS.values(), ids=lambda operation: operation.operation_id
)
BLOCK = re.compile(r"^```python (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(page: str, anchor: str) -> str:
    """The part of a page from one heading of the second level to the next."""
    found = re.search(
        rf"^## [^\n]*{{ #{re.escape(anchor)} }}$(.*?)(?=^## |\Z)", PAGES[page], re.MULTILINE | re.DOTALL
    )
    assert found, f"{page} has no section {anchor}"
    return found[1]


def section_of(operation: OperationInfo) -> str:
    return section(f"reference/resources/{operation.tag}.md", operation.name)


@EVERY
def test_an_operation_is_shown_with_all_that_the_contract_says_of_it(operation: OperationInfo) -> None:
    text = section_of(operation)
    assert f"{operation.summary}." in text
    assert operation.path in text.replace("<wbr>", "")
    assert f"| scope | {scope_text(operation)} |" in text
    assert f"`{operation.rate_limit}`" in text
    assert (operation.entitlement or "") in text
    assert DEPRECATIONS.get(operation.deprecation or "", "") in text
    assert re.search(r"\| PostHog's page \| <https://posthog\.com/docs/api/[\w-]+> \|", text)
    for parameter in inspect.signature(method_of(operation)).parameters:
        assert parameter == "self" or f"| `{parameter}` | <code>" in text, parameter


@EVERY
def test_the_signature_on_the_page_is_the_method_s(operation: OperationInfo) -> None:
    (code,) = [code for kind, code in BLOCK.findall(section_of(operation)) if kind == "signature"]
    name, _, rest = code.partition("(")
    assert name == f"client.{operation.tag}.{operation.name}"
    function = ast.parse(f"def shown({rest.rstrip()}: ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    shown = [a.arg for a in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]]
    signature = inspect.signature(method_of(operation))
    assert shown == [name for name in signature.parameters if name != "self"]
    assert function.returns is not None
    assert ast.unparse(function.returns) == ast.unparse(
        ast.parse(annotation_text(signature.return_annotation))
    )


@EVERY
def test_the_example_on_the_page_runs(operation: OperationInfo) -> None:
    (code,) = [code for kind, code in BLOCK.findall(section_of(operation)) if kind == "example"]
    emulator = example_emulator()
    with emulator.client(max_retries=0) as client:
        names: dict[str, Any] = {"client": client, "print": lambda *_: None}
        exec(compile(code, operation.operation_id, "exec"), names)
    assert operation.operation_id in {request.operation_id for request in emulator.requests}


def test_an_example_sends_what_the_contract_s_example_says() -> None:
    code = example_call(OPERATIONS["groups_delete_property"])
    with (emulator := example_emulator()).client() as client:
        exec(code, {"client": client})
    (request,) = emulator.requests
    assert request.body == OPERATIONS["groups_delete_property"].body_example
    assert request.param("group_key") == "acme"


def test_what_a_body_needs_is_called_required() -> None:
    text = section_of(OPERATIONS["query_create"])
    assert re.search(r"\| `query` \| .*\*\*required\*\*, here or in `body`<br>", text)
    assert not re.search(r"\| `name` \| .*\*\*required\*\*", text)
    assert re.search(r"\| `id` \| .*\*\*required\*\*<br>", section_of(OPERATIONS["persons_retrieve"]))


def test_every_python_block_of_the_reference_is_run_or_is_a_signature() -> None:
    for path, text in PAGES.items():
        assert text.count("```python") == len(BLOCK.findall(text)), path
        assert {kind for kind, _ in BLOCK.findall(text)} <= {"signature", "example"}, path


def test_a_method_written_by_hand_keeps_the_address_of_posthog_s_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ByHand(resource_classes()["persons"]):  # type: ignore[misc]
        def delete(self, id: int) -> None:
            """Delete a person, with care."""

    monkeypatch.setitem(resource_classes(), "persons", ByHand)
    assert vendor_page(OPERATIONS["persons_delete"]) == "https://posthog.com/docs/api/persons"


def test_helpers_on_top_of_the_operations_are_shown_too() -> None:
    for tag, cls in resource_classes().items():
        for name in helpers_of(tag):
            assert docstring_of(getattr(cls, name)).summary in section(f"reference/resources/{tag}.md", name)
            assert f"resources/{tag}.md#{name}" in PAGES["reference/index.md"]


@pytest.mark.parametrize("name", model_classes())
def test_a_model_is_shown_with_every_field_or_member(name: str) -> None:
    model = model_classes()[name]
    text = section(f"reference/models/{places_of_models()[name]}.md", name.lower())
    assert docstring_of(model).summary in text
    if is_enum(model):
        assert all(f"| `{member.name}` | `{member.value!r}` |" in text for member in model)
        return
    for field in attrs.fields(model):
        row = re.search(rf"^\| `{field.name}` \| (<code>.+?</code>)(.*?)<br>(.+) \|$", text, re.MULTILINE)
        assert row, f"{name}.{field.name} has no row with type and meaning"
        needed = field.init and field.default is attrs.NOTHING
        assert ("always there" in row[2]) is needed


def test_every_public_name_is_on_the_page_of_python_names() -> None:
    text = PAGES["reference/python.md"]
    assert set(python_names()) == set(posthog_environments.__all__)
    for name, place in python_names().items():
        assert f"::: {place}\n" in text or f"### `{name}` {{" in text, name


def test_every_operation_is_in_the_overview_and_in_the_table_of_scopes() -> None:
    for operation in OPERATIONS.values():
        link = f"[`{operation.tag}.{operation.name}`]"
        assert link in PAGES["reference/index.md"]
        assert re.search(
            rf"^\| {re.escape(link)}[^|]+\| {re.escape(scope_text(operation))} \|",
            scopes_table(),
            re.MULTILINE,
        )


def test_tables_are_put_where_a_page_asks_for_them() -> None:
    page = with_inserts("before\n\n<!-- generated: rate-limits -->\n\nafter")
    assert page.startswith("before\n\n| class |")
    assert page.endswith("\n\nafter")
    assert all(f"| `{name}` |" in page for name in RATE_LIMITS)
    assert all(f"| `{kind}` |" in INSERTS["deprecations"]() for kind in DEPRECATIONS)
    with pytest.raises(KeyError):
        with_inserts("<!-- generated: no-such-table -->")
    with pytest.raises(FileNotFoundError):
        with_inserts("<!-- drawing: no-such-drawing.svg -->")


def test_the_tree_of_errors_has_every_public_error() -> None:
    tree = INSERTS["errors"]()
    for name in posthog_environments.__all__:
        value = getattr(posthog_environments, name)
        if inspect.isclass(value) and issubclass(value, posthog_environments.PostHogError):
            assert re.search(rf"\b{name}\b", tree), name


def test_links_that_leave_the_site_become_text() -> None:
    page = "[one](../tests/test_docs.py), [two](testing.md), [three](../tests/test_docs.py#L3)"
    assert without_outer_links(page, "emulator.md") == "one, [two](testing.md), three"
    assert without_outer_links("[up](../testing.md)", "decisions/index.md") == "[up](../testing.md)"
    with pytest.raises(FileNotFoundError, match=r"tests/gone\.py"):
        without_outer_links("[gone](../tests/gone.py)", "emulator.md")
