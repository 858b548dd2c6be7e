"""The OpenAPI document: generated from the routes, the same everywhere, committed as ``openapi/v1.json``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from pressmark_service import examples
from pressmark_service.api.failures import problem_response
from pressmark_service.api.label_studio import SetupRequest, TasksRequest
from pressmark_service.api.open_inference import InferRequest
from pressmark_service.api.requests import BatchRequest, ClassifyRequest
from pressmark_service.api.stream import StreamLine
from pressmark_service.api.text_embeddings import PredictRequest
from pressmark_service.desk import Desk
from pressmark_service.problem import MEDIA_TYPE, TYPE_PREFIX
from pressmark_service.problems import TABLE
from pressmark_service.routes import routes_of
from pressmark_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel
    from starlette.routing import BaseRoute

    from pressmark_service.problem import Problem

VERSION = "1.0.0"
"""Of the interface, not of the software: a release that changes nothing here leaves it alone."""

_DESCRIPTION = """\
POST an article, get its paragraphs back: located in the text as sent, each with a category, a calibrated
probability and, if asked, the words that decided.

Every failure is an RFC 9457 problem (`application/problem+json`) whose `type` is stable, save where an adapter
speaks another protocol with errors of its own. No answer ever repeats the submitted text. A path that is not
listed here answers 404, a method that is not, 405.
Every answer carries `X-Request-ID`: the one sent, if it is 1 to 128 of `A-Z a-z 0-9 . _ : -`, or a new one.
`GET /v1/model` tells the limits."""

_TAGS = [
    {"name": "classification", "description": "Mark the paragraphs of articles."},
    {"name": "model", "description": "What judges."},
    {"name": "health", "description": "For probes, and for people."},
    {
        "name": "open inference",
        "description": "The Open Inference Protocol, version 2, with its own shape of errors. On unless the service "
        "was started with `--open-inference off`; 404 then.",
    },
    {
        "name": "text-embeddings-inference",
        "description": "Its `/predict` and `/info`, with its own shape of errors. Off unless the service was started "
        "with `--text-embeddings on`; 404 then.",
    },
    {
        "name": "label studio",
        "description": "A Label Studio ML backend: pre-labels for annotators. Off unless the service was started with "
        "`--label-studio on`; 404 then.",
    },
]

_REQUESTS = (ClassifyRequest, BatchRequest, StreamLine)

_REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "description": "Your name for this request; comes back on the answer, and stands in the log.",
    "schema": {"type": "string"},
}

_REQUEST_ID_ANSWERED = {
    "description": "The id of the request: the one sent, or a new one.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"},
}

_PROBLEM = {
    "title": "Problem",
    "description": "An RFC 9457 problem. Tell problems apart by `type`, which is stable.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "enum": [TYPE_PREFIX + kind.slug for kind in TABLE]},
        "title": {"type": "string"},
        "status": {"type": "integer", "enum": sorted({kind.status for kind in TABLE})},
        "detail": {"type": "string", "description": "What is wrong this time and what to do, for people."},
        "instance": {"type": "string", "description": "The request, as a URI; absent inside a batch."},
        "errors": {
            "type": "array",
            "description": "What is wrong, member by member.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the request, as URI fragment.",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
        "pointer": {"type": "string", "description": "JSON pointer to what is beyond a limit."},
        "limit": {"type": "integer", "description": "The limit that was passed."},
        "reason": {"type": "string", "enum": ["starting", "draining"], "description": "Why not ready."},
    },
}


def describe(routes: Sequence[BaseRoute], settings: Settings) -> dict[str, Any]:
    """Return the document of these routes under these limits."""
    document = get_openapi(
        title="Pressmark",
        version=VERSION,
        description=_DESCRIPTION,
        routes=routes,
        tags=_tags_of(routes),
        openapi_version="3.1.0",
    )
    _drop_framework_failures(document)
    components = document["components"]
    components["schemas"] = dict(sorted((components["schemas"] | _request_schemas(settings)).items()))
    for name in ("BatchProblem", "LineProblem", "StreamEnd"):
        components["schemas"][name]["properties"]["problem"] = {"$ref": "#/components/schemas/Problem"}
    components["parameters"] = {"RequestId": _REQUEST_ID}
    components["headers"] = {"RequestId": _REQUEST_ID_ANSWERED}
    components["responses"] = {kind.__name__: _problem_answer(kind) for kind in TABLE}
    for operation in _operations(document):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/RequestId"})
        for response in operation["responses"].values():
            response.setdefault("headers", {})["X-Request-ID"] = {"$ref": "#/components/headers/RequestId"}
    return document


def _tags_of(routes: Sequence[BaseRoute]) -> list[dict[str, str]]:
    used = {tag for route in routes for tag in getattr(route, "tags", ())}
    return [tag for tag in _TAGS if tag["name"] in used]


def render(document: dict[str, Any]) -> str:
    """Return the document as it is committed."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def main(argv: Sequence[str]) -> int:
    """Run ``pressmark openapi``: print the document, write it, or compare it with a file."""
    parser = argparse.ArgumentParser(prog="pressmark openapi", description="Print the OpenAPI document.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", type=Path, metavar="FILE", help="write it to FILE instead")
    where.add_argument("--check", type=Path, metavar="FILE", help="exit with 1 unless FILE holds exactly it")
    asked = parser.parse_args(argv)
    # All that there can be, whatever a service is started with.
    settings = Settings(open_inference=True, text_embeddings=True, label_studio=True)
    rendered = render(describe(routes_of(Desk(settings)), settings))
    if asked.check:
        return _check(asked.check, rendered)
    if asked.output:
        return _write(asked.output, rendered)
    sys.stdout.write(rendered)
    return 0


def _write(file: Path, rendered: str) -> int:
    try:
        file.write_text(rendered, "utf-8")
    except OSError as error:
        sys.stderr.write(f"pressmark openapi: cannot write {file}: {error.strerror}\n")
        return 1
    return 0


def _check(file: Path, rendered: str) -> int:
    if file.is_file() and file.read_text("utf-8") == rendered:
        return 0
    sys.stderr.write(f"pressmark openapi: {file} is not what the service serves; write it anew with --output {file}\n")
    return 1


def _request_schemas(settings: Settings) -> dict[str, Any]:
    kinds: list[type[BaseModel]] = [*_REQUESTS, *_requests_of_adapters(settings)]
    adapters: list[TypeAdapter[Any]] = [TypeAdapter(kind) for kind in kinds]
    _, collected = TypeAdapter.json_schemas(
        [(at, "validation", adapter) for at, adapter in enumerate(adapters)],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = collected["$defs"]
    schemas["LabelledParagraph"]["properties"]["text"]["maxLength"] = settings.paragraph_characters
    for name in ("ClassifyRequest", "BatchArticle", "StreamLine"):
        paragraphs = schemas[name]["properties"]["paragraphs"]
        paragraphs["maxItems"] = settings.paragraphs
        paragraphs["items"]["anyOf"][0]["maxLength"] = settings.paragraph_characters
    for name in ("ClassifyRequest", "BatchRequest", "StreamLine"):
        schemas[name]["properties"]["evidence"]["maximum"] = settings.evidence_terms
    articles = schemas["BatchRequest"]["properties"]["articles"]
    articles["maxItems"] = settings.articles
    articles["items"] = {"anyOf": [articles["items"], {"description": "Anything else gets a problem in its place."}]}
    return schemas | {"Problem": _PROBLEM}


def _requests_of_adapters(settings: Settings) -> Iterator[type[BaseModel]]:
    if settings.open_inference:
        yield InferRequest
    if settings.text_embeddings:
        yield PredictRequest
    if settings.label_studio:
        yield from (TasksRequest, SetupRequest)


def _problem_answer(kind: type[Problem]) -> dict[str, Any]:
    answer = problem_response() | {"description": kind.title}
    answer["content"][MEDIA_TYPE]["examples"][kind.slug] = {"value": examples.of_problem(kind)}
    answer["headers"] = {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}
    return answer


def _drop_framework_failures(document: dict[str, Any]) -> None:
    """Take out the 422 that FastAPI adds wherever a path has a parameter: a string cannot be wrong."""
    for operation in _operations(document):
        if "HTTPValidationError" in json.dumps(operation["responses"].get("422")):
            del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()
