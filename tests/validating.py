"""JSON schemas of the contract as validators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FORMATS = FormatChecker()


def validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Validator:
    """A validator that knows the document's own references and checks formats."""
    resource: Resource[Any] = Resource(contents=dict(document), specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:contract", resource)
    absolute = json.loads(json.dumps(schema).replace('"#/components/', '"urn:contract#/components/'))
    return Draft202012Validator(absolute, registry=registry, format_checker=FORMATS)
