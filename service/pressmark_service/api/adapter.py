"""What the adapters to other protocols share: reading what is sent there, and documenting what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pressmark_service import json_rules
from pressmark_service.reading import findings_of, invalid, refuse_findings

if TYPE_CHECKING:
    from pressmark_service.problems import InvalidRequest

LENIENT = ConfigDict(strict=True, extra="ignore", use_attribute_docstrings=True)
"""Other protocols grow members that mean nothing here: those are read over."""

Body = TypeVar("Body", bound=BaseModel)


def read_as(kind: type[Body], body: bytes) -> Body:
    """Return the validated body; raise MalformedJson or InvalidRequest."""
    value, findings = json_rules.parse(body)
    refuse_findings(findings)
    try:
        return kind.model_validate(value)
    except ValidationError as refused:
        raise invalid(findings_of(refused)) from None


def refuse(path: json_rules.Path, told: str) -> InvalidRequest:
    """Return the problem that points at one member."""
    return invalid([(path, told)])


def json_body(schema: str, example: object) -> dict[str, Any]:
    """Return the documentation of a JSON body."""
    told = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {"request": {"value": example}}}
    return {"requestBody": {"required": True, "content": {"application/json": told}}}
