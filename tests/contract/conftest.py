"""The contract, and what the documentation says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_document import MERGED, load_yaml, merge

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(scope="session")
def merged() -> dict[str, Any]:
    """The contract as the hand-written files give it; not to be changed."""
    return merge()


@pytest.fixture(scope="session")
def committed() -> dict[str, Any]:
    """The merged file as it is committed; not to be changed."""
    return load_yaml(MERGED)


@pytest.fixture(scope="session")
def _texts(merged: dict[str, Any]) -> dict[str, str]:
    """Both contracts as JSON: reading that is the quickest copy in which no two places share an object."""
    return {"document": json.dumps(merged), "small": json.dumps(load_yaml(DATA / "small-contract.yaml"))}


@pytest.fixture
def document(_texts: dict[str, str]) -> dict[str, Any]:
    """The contract as the hand-written files give it, to read and to break."""
    return json.loads(_texts["document"])


@pytest.fixture
def small(_texts: dict[str, str]) -> dict[str, Any]:
    """A small contract that keeps every rule, to break."""
    return json.loads(_texts["small"])
