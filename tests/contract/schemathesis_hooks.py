"""What schemathesis must be told of this service: how lines of JSON are written and read, and what each must be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import schemathesis

if TYPE_CHECKING:
    from schemathesis import Case, CheckContext, Response

LINES = "application/x-ndjson"


@schemathesis.serializer(LINES)
def one_line(ctx: Any, value: Any) -> bytes:  # noqa: ARG001 - schemathesis' signature
    """Send what was made up as the one line of a stream."""
    return value if isinstance(value, bytes) else json.dumps(value).encode("utf-8", "surrogatepass") + b"\n"


@schemathesis.deserializer(LINES)
def last_line(ctx: Any, response: Response) -> Any:  # noqa: ARG001 - the same
    """Hold the last line to the document; `lines_conform` looks at all of them."""
    return json.loads(response.content.splitlines()[-1])


@schemathesis.check
def lines_conform(ctx: CheckContext, response: Response, case: Case) -> None:  # noqa: ARG001 - the same
    """Hold each line of a stream to the document, and the last to telling of its end."""
    if response.headers.get("content-type", [""])[0] != LINES:
        return
    lines = [json.loads(line) for line in response.content.splitlines()]
    raw = case.operation.schema.raw_schema
    schema = raw["paths"][case.path]["post"]["responses"]["200"]["content"][LINES]["schema"]
    validator = jsonschema.Draft202012Validator(schema | {"components": raw["components"]})
    for line in lines:
        validator.validate(line)
    assert lines[-1]["complete"] is True
    assert lines[-1]["articles"] + lines[-1]["failed"] == len(lines) - 1
