"""Every route of the service, with what it takes, what it answers and how it may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute

from pressmark_service import examples, metrics
from pressmark_service.access import KEYED
from pressmark_service.api.answers import ArticleAnswer, BatchAnswer
from pressmark_service.api.batch import classify_batch
from pressmark_service.api.classify import classify
from pressmark_service.api.failures import in_problems
from pressmark_service.api.health import HealthAnswer, LiveAnswer, ReadyAnswer, describe_health
from pressmark_service.api.label_studio_routes import label_studio_routes
from pressmark_service.api.model import ModelAnswer, describe
from pressmark_service.api.open_inference_routes import open_inference_routes
from pressmark_service.api.stream import (
    JsonLines,
    LineAnswer,
    LineProblem,
    Stream,
    StreamEnd,
    classify_line,
    lines_body,
)
from pressmark_service.api.text_embeddings import text_embeddings_routes
from pressmark_service.operation import READING, Operation
from pressmark_service.problems import (
    InternalError,
    MalformedText,
    NotReady,
    Overloaded,
    ParagraphTooLong,
    TooManyArticles,
    TooManyParagraphs,
    TooManyStreams,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from pressmark_service.desk import Desk

_READING = (*READING, *KEYED)
_OF_ARTICLE = (MalformedText, TooManyParagraphs, ParagraphTooLong)


def routes_of(desk: Desk) -> list[APIRoute]:
    """Return the routes, those asked most first."""
    return [*_classification(desk), *_model(desk), *_health(desk), *_metrics(desk), *_adapters(desk)]


def _adapters(desk: Desk) -> list[APIRoute]:
    settings = desk.settings
    return [
        *(open_inference_routes(desk) if settings.open_inference else ()),
        *(text_embeddings_routes(desk) if settings.text_embeddings else ()),
        *(label_studio_routes(desk) if settings.label_studio else ()),
    ]


def _classification(desk: Desk) -> list[APIRoute]:
    both: dict[str, Any] = {
        "media": frozenset({"json", "text"}),
        "tags": ["classification"],
        "response_model": ArticleAnswer,
        "response_description": "The marked article.",
        "responses": _answered(examples.ARTICLE_ANSWER) | in_problems((*_READING, *_OF_ARTICLE)),
        "openapi_extra": _request_body("ClassifyRequest", examples.ARTICLE_REQUESTS, examples.ARTICLE_TEXT),
    }
    return [
        Operation("/v1/classify", classify, desk, summary="Mark an article", operation_id="classify", **both),
        Operation(
            "/classify",
            classify,
            desk,
            summary="Mark an article (short path)",
            operation_id="classifyShort",
            **both,
        ),
        Operation(
            "/v1/classify/batch",
            classify_batch,
            desk,
            media=frozenset({"json"}),
            tags=["classification"],
            summary="Mark many articles",
            operation_id="classifyBatch",
            response_model=BatchAnswer,
            response_description="The marks of each article, or its problem.",
            responses=_answered(examples.BATCH_ANSWER) | in_problems((*_READING, TooManyArticles)),
            openapi_extra=_request_body("BatchRequest", examples.BATCH_REQUESTS),
        ),
        Stream(
            "/v1/classify/stream",
            classify_line,
            desk,
            media=frozenset({"lines"}),
            tags=["classification"],
            summary="Mark articles as they come",
            operation_id="classifyStream",
            response_class=JsonLines,
            response_model=LineAnswer | LineProblem | StreamEnd,
            response_description="A line for each line, and a last one.",
            responses=in_problems((UnsupportedMediaType, Overloaded, TooManyStreams, *KEYED, InternalError, NotReady)),
            openapi_extra=lines_body(),
        ),
    ]


def _model(desk: Desk) -> list[APIRoute]:
    async def model() -> ModelAnswer:
        """Tell version and digest, the categories and what belongs to them, the limits and the figures."""
        return describe(desk.judge, desk.settings, desk.last_load)

    return [
        APIRoute(
            "/v1/model",
            model,
            tags=["model"],
            summary="Describe the model and the limits",
            operation_id="getModel",
            response_model=ModelAnswer,
            response_description="The model in place.",
            responses=in_problems((InternalError, NotReady, *KEYED)),
        )
    ]


def _health(desk: Desk) -> list[APIRoute]:
    async def live() -> LiveAnswer:
        """Tell that the process answers. Never touches the model: for liveness probes."""
        return {"status": "live"}

    async def ready() -> ReadyAnswer:
        """Tell whether new work is welcome: a verified, warmed model is in place and no stop is near."""
        desk.require_ready()
        return {"status": "ready"}

    async def health() -> HealthAnswer:
        """Tell how the service is, for people; the status is that of /readyz."""
        return describe_health(desk)

    waiting = in_problems((InternalError, NotReady))
    described = [
        (
            "/healthz",
            live,
            "Is the process alive?",
            "getLiveness",
            LiveAnswer,
            "It is.",
            in_problems((InternalError,)),
        ),
        ("/readyz", ready, "Is new work welcome?", "getReadiness", ReadyAnswer, "It is.", waiting),
        ("/health", health, "How is the service?", "getHealth", HealthAnswer, "It is well.", waiting),
    ]
    return [
        APIRoute(
            path,
            endpoint,
            tags=["health"],
            summary=summary,
            operation_id=operation_id,
            response_model=answer,
            response_description=told,
            responses=responses,
        )
        for path, endpoint, summary, operation_id, answer, told, responses in described
    ]


def _metrics(desk: Desk) -> list[APIRoute]:
    async def read() -> Response:
        """Give the figures of all workers together, in Prometheus' text format."""
        return Response(metrics.render(desk.board), media_type=metrics.CONTENT_TYPE)

    if not desk.settings.metrics:
        return []
    return [
        APIRoute(
            "/metrics",
            read,
            tags=["health"],
            summary="Figures for Prometheus",
            operation_id="getMetrics",
            response_class=PlainTextResponse,
            response_description="The figures.",
            responses=in_problems((InternalError, *KEYED)),
        )
    ]


def _request_body(schema: str, requests: dict[str, Any], text: str | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{schema}"},
            "examples": {name: {"value": value} for name, value in requests.items()},
        }
    }
    if text is not None:
        content["text/plain"] = {"schema": {"type": "string"}, "examples": {"article": {"value": text}}}
    return {"requestBody": {"required": True, "content": content}}


def _answered(example: object) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"examples": {"answer": {"value": example}}}}}}
