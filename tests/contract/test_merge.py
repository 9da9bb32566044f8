"""`root.yaml` and one file per resource make one document, or an error that names the files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from contract_document import (
    CONTRACT,
    MERGED,
    ContractError,
    dump,
    load_yaml,
    lookup,
    merge,
    operations,
    resolve,
    walk,
)

ROOT_FILE = """\
openapi: 3.1.0
info: {title: Things, version: 0.1.0}
components:
  schemas:
    Shared: {type: object}
"""
Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Makes a contract folder of a root file and resource files, and says where it is."""

    def make(root: str = ROOT_FILE, **resources: str) -> Path:
        (tmp_path / "resources").mkdir()
        (tmp_path / "root.yaml").write_text(root, encoding="utf-8")
        for name, text in resources.items():
            (tmp_path / "resources" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return make


def refusal(folder: Path) -> str:
    with pytest.raises(ContractError) as caught:
        merge(folder)
    return str(caught.value)


def test_the_committed_document_is_the_merge_of_the_files(merged: dict[str, Any]) -> None:
    assert MERGED.read_text(encoding="utf-8") == dump(merged)


def test_the_committed_document_reads_back_as_the_merge(
    committed: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert committed == merged


def test_merging_is_deterministic(merged: dict[str, Any]) -> None:
    """To the order of the keys, which is the order in the file."""
    assert json.dumps(merge()) == json.dumps(merged)


def test_the_order_of_the_files_is_that_of_their_names(folder: Folder) -> None:
    place = folder(b="paths: {/b: {get: {x: 1}}}", a="paths: {/a: {get: {x: 2}}}")
    assert list(merge(place)["paths"]) == ["/a", "/b"]


def test_files_are_put_together(folder: Folder) -> None:
    place = folder(
        a="paths: {/a: {get: {x: 1}}}\ncomponents: {schemas: {A: {type: string}}}",
        b="paths: {/a: {post: {x: 2}}}\ncomponents: {parameters: {B: {name: b}}}",
    )
    document = merge(place)
    assert document["openapi"] == "3.1.0"
    assert document["paths"] == {"/a": {"get": {"x": 1}, "post": {"x": 2}}}
    assert document["components"] == {
        "schemas": {"Shared": {"type": "object"}, "A": {"type": "string"}},
        "parameters": {"B": {"name": "b"}},
    }


def test_one_operation_in_two_files_is_an_error_that_names_both(folder: Folder) -> None:
    text = refusal(folder(a="paths: {/a: {get: {x: 1}}}", b="paths: {/a: {get: {x: 1}}}"))
    assert all(part in text for part in ("GET", "/a", "a.yaml", "b.yaml"))


def test_shared_parameters_of_a_path_in_two_files_are_an_error_that_names_both(folder: Folder) -> None:
    text = refusal(folder(a="paths: {/a: {parameters: []}}", b="paths: {/a: {parameters: []}}"))
    assert all(part in text for part in ("parameters", "/a", "a.yaml", "b.yaml"))


def test_one_component_in_two_files_is_an_error_that_names_both(folder: Folder) -> None:
    thing = "components: {schemas: {Thing: {type: object}}}"
    text = refusal(folder(a=thing, b=thing))
    assert all(part in text for part in ("schemas", "Thing", "a.yaml", "b.yaml"))


def test_a_component_of_the_root_file_in_another_is_an_error_that_names_both(folder: Folder) -> None:
    text = refusal(folder(a="components: {schemas: {Shared: {type: object}}}"))
    assert all(part in text for part in ("Shared", "root.yaml", "a.yaml"))


def test_an_operation_of_the_root_file_in_another_is_an_error_that_names_both(folder: Folder) -> None:
    text = refusal(folder(ROOT_FILE + "paths: {/a: {get: {x: 1}}}\n", a="paths: {/a: {get: {x: 2}}}"))
    assert all(part in text for part in ("/a", "root.yaml", "a.yaml"))


def test_one_name_may_stand_for_components_of_two_kinds(folder: Folder) -> None:
    place = folder(a="components: {schemas: {A: {}}}", b="components: {parameters: {A: {}}}")
    assert "A" in merge(place)["components"]["schemas"]


def test_a_name_twice_in_one_file_is_an_error_that_names_it(folder: Folder) -> None:
    text = refusal(folder(a="paths:\n  /a: {get: {x: 1}}\n  /a: {post: {x: 2}}\n"))
    assert all(part in text for part in ("a.yaml", "/a"))


def test_an_unknown_key_of_a_resource_file_is_an_error_that_names_both(folder: Folder) -> None:
    text = refusal(folder(a="path: {/a: {get: {x: 1}}}"))
    assert all(part in text for part in ("a.yaml", "'path'"))


def test_a_file_that_is_not_yaml_is_an_error_that_names_it(folder: Folder) -> None:
    assert "a.yaml" in refusal(folder(a="paths: {/a: ["))


@pytest.mark.parametrize("text", ["", "- paths", "paths"])
def test_a_file_that_is_not_a_mapping_is_an_error_that_names_it(folder: Folder, text: str) -> None:
    assert "a.yaml" in refusal(folder(a=text))


def test_anchors_are_spelled_out(folder: Folder) -> None:
    """Shared nodes would come back as aliases, and changing one place would change the other."""
    place = folder(
        a="components: {schemas: {A: {properties: {x: &one {type: string}, y: *one}}, B: {allOf: [*one]}}}"
    )
    document = merge(place)
    a, b = document["components"]["schemas"]["A"], document["components"]["schemas"]["B"]
    assert a["properties"]["x"] == a["properties"]["y"] == b["allOf"][0] == {"type": "string"}
    assert len({id(a["properties"]["x"]), id(a["properties"]["y"]), id(b["allOf"][0])}) == 3
    text = "".join(line for line in dump(document).splitlines() if not line.startswith("#"))
    assert "&" not in text
    assert "*" not in text


def test_no_two_places_of_the_contract_share_an_object(merged: dict[str, Any]) -> None:
    places = [id(value) for _, value in walk(merged)]
    assert len(set(places)) == len(places)


def test_the_committed_document_has_no_anchors() -> None:
    text = MERGED.read_text(encoding="utf-8")
    assert not re.search(r"^[ -]*(?:[^'\"\s]+: )?[&*]\w+\s*$", text, re.MULTILINE)


def test_the_committed_document_says_that_it_is_not_to_be_edited() -> None:
    assert "Do not edit" in MERGED.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    "reference", ["other.yaml#/components/schemas/A", "https://example.com/a.yaml", "", "A"]
)
def test_a_reference_to_another_document_is_refused(reference: str) -> None:
    with pytest.raises(ContractError, match="inside the document"):
        resolve({}, {"$ref": reference})


def test_a_reference_to_nothing_is_an_error_that_names_it() -> None:
    with pytest.raises(ContractError, match="#/components/schemas/Gone"):
        lookup({"components": {"schemas": {}}}, "#/components/schemas/Gone")


def test_references_are_followed_to_the_end_and_what_stands_beside_them_wins() -> None:
    document = {"a": {"$ref": "#/b~1c", "title": "near"}, "b/c": {"type": "string", "title": "far"}}
    assert resolve(document, {"$ref": "#/a", "description": "here"}) == {
        "type": "string",
        "title": "near",
        "description": "here",
    }


def test_an_operation_has_the_parameters_of_its_path_too_and_its_own_win() -> None:
    own, shared = {"name": "a", "in": "query", "x": 1}, {"name": "a", "in": "query", "x": 2}
    other = {"name": "b", "in": "path"}
    document = {"paths": {"/{b}": {"parameters": [shared, other], "get": {"parameters": [own]}}}}
    assert [operation.parameters for operation in operations(document)] == [(own, other)]


def test_both_implementations_of_yaml_read_and_write_the_same() -> None:
    """libyaml is not everywhere; the committed bytes must not depend on it."""
    import yaml

    document = merge()

    def written(dumper: Any) -> Any:
        return yaml.dump(document, Dumper=dumper, sort_keys=False, width=110, allow_unicode=True)

    assert written(yaml.SafeDumper) == written(yaml.CSafeDumper)
    for file in [CONTRACT / "root.yaml", *(CONTRACT / "resources").glob("*.yaml")]:
        plain = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        assert plain == load_yaml(file), file
        assert plain == YAML(typ="safe").load(file), f"{file} reads otherwise by YAML 1.2"
