"""The classification side of text-embeddings-inference: ``/predict`` and ``/info`` in its shapes.

They stand under a prefix, since Label Studio has a ``/predict`` of its own. Each text is judged by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from pydantic_core import to_json
from typing_extensions import TypedDict

import pressmark
from pressmark_service.access import KEYED
from pressmark_service.api.adapter import LENIENT, json_body, read_as, refuse
from pressmark_service.api.classify import tally_of
from pressmark_service.api.failures import in_shape
from pressmark_service.dialects import TEXT_EMBEDDINGS, text_embeddings_status
from pressmark_service.limits import check_article
from pressmark_service.operation import READING, Answer, Operation
from pressmark_service.problems import InternalError, NotReady

if TYPE_CHECKING:
    from pressmark import Judge, Paragraph
    from pressmark_service.body import Media
    from pressmark_service.desk import Desk
    from pressmark_service.settings import Settings

_EXAMPLE = {"inputs": [["The army unit held a live-fire drill."], ["The cooperative farm finished its rice harvest."]]}
_BATCH: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "string"}},
}


class PredictRequest(BaseModel):
    """Texts to be judged."""

    model_config = LENIENT

    inputs: Any = Field(json_schema_extra={"anyOf": [{"type": "string"}, _BATCH]})
    """One text, or `[["one"], ["another"]]`. A flat list would be a pair of texts, which is refused."""
    raw_scores: bool = Field(default_factory=bool, json_schema_extra={"const": False})
    """Refused where true: the scores are probabilities."""


class Prediction(TypedDict):
    """A class and its probability."""

    score: float
    label: str


class Classifier(TypedDict):
    """The classes by number."""

    id2label: dict[str, str]
    label2id: dict[str, int]


class ModelType(TypedDict):
    """The kind of model."""

    classifier: Classifier


class InfoAnswer(TypedDict):
    """What serves, and how much it takes. Lengths count characters, since this model has no tokens."""

    model_id: str
    model_sha: str
    model_dtype: str
    model_type: ModelType
    max_concurrent_requests: int
    max_input_length: int
    max_batch_tokens: int
    max_client_batch_size: int
    auto_truncate: bool
    tokenization_workers: int
    version: str


class ErrorTypeAnswer(TypedDict):
    """What is wrong, and its class."""

    error: str
    error_type: str


def predict(media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:  # noqa: ARG001 - JSON only
    """Judge one text, or several: every class with its probability, the likeliest first.

    The shapes are those of text-embeddings-inference. A flat list of texts means a pair there and is often
    meant as a batch, so it is refused; nothing is ever truncated.
    """
    request = read_as(PredictRequest, body)
    if request.raw_scores:
        raise refuse(("raw_scores",), "there are only probabilities: leave it out")
    texts = [request.inputs] if isinstance(request.inputs, str) else _batch(request.inputs)
    check_article(texts, "none", settings, ("inputs",))
    article = judge.classify(texts, split="none", context=False)
    told = [_predictions(part) for part in article.paragraphs]
    return Answer(to_json(told[0] if isinstance(request.inputs, str) else told), tally_of(judge, [article]))


def text_embeddings_routes(desk: Desk) -> list[APIRoute]:
    """Return the routes."""

    async def info() -> InfoAnswer:
        """Tell what serves, its classes, and how much it takes."""
        return describe_info(desk.judge, desk.settings)

    async def health() -> Response:
        """Tell whether new work is welcome; the answer is empty."""
        desk.require_ready()
        return Response()

    told: dict[str, Any] = {"tags": ["text-embeddings-inference"]}
    waiting = (InternalError, NotReady)
    return [
        Operation(
            f"{TEXT_EMBEDDINGS}/predict",
            predict,
            desk,
            media=frozenset({"json"}),
            summary="Judge texts",
            operation_id="textEmbeddingsPredict",
            response_model=list[Prediction] | list[list[Prediction]],
            response_description="For one text its classes; for several a list of such.",
            responses=in_shape(ErrorTypeAnswer, (*READING, *KEYED), text_embeddings_status),
            openapi_extra=json_body("PredictRequest", _EXAMPLE),
            **told,
        ),
        APIRoute(
            f"{TEXT_EMBEDDINGS}/info",
            info,
            summary="What serves?",
            operation_id="textEmbeddingsInfo",
            response_model=InfoAnswer,
            response_description="What serves.",
            responses=in_shape(ErrorTypeAnswer, (*waiting, *KEYED), text_embeddings_status),
            **told,
        ),
        APIRoute(
            f"{TEXT_EMBEDDINGS}/health",
            health,
            summary="Is new work welcome?",
            operation_id="textEmbeddingsHealth",
            response_class=Response,
            response_description="It is.",
            responses=in_shape(ErrorTypeAnswer, waiting, text_embeddings_status),
            **told,
        ),
    ]


def describe_info(judge: Judge, settings: Settings) -> InfoAnswer:
    """Return what serves and how much it takes."""
    numbered = dict(enumerate(judge.classes))
    return {
        "model_id": judge.name,
        "model_sha": judge.sha256,
        "model_dtype": "float64",
        "model_type": {
            "classifier": {
                "id2label": {str(number): name for number, name in numbered.items()},
                "label2id": {name: number for number, name in numbered.items()},
            }
        },
        "max_concurrent_requests": settings.requests,
        "max_input_length": settings.paragraph_characters,
        "max_batch_tokens": settings.body_bytes,
        "max_client_batch_size": settings.paragraphs,
        "auto_truncate": False,
        "tokenization_workers": 1,
        "version": pressmark.__version__,
    }


def _batch(inputs: object) -> list[str]:
    if not isinstance(inputs, list) or not inputs:
        raise refuse(("inputs",), 'must be a text, or a list of texts as [["one"], ["another"]]')
    texts: list[str] = []
    for at, item in enumerate(inputs):
        if isinstance(item, str):
            told = 'a flat list is ambiguous: send several texts as [["one"], ["another"]], one text as a string'
            raise refuse(("inputs",), told)
        if not isinstance(item, list) or not all(isinstance(text, str) for text in item):
            raise refuse(("inputs", at), "must be a list of one string")
        if len(item) != 1:
            raise refuse(("inputs", at), "must hold one text: pairs are not judged here")
        texts += item
    return texts


def _predictions(part: Paragraph) -> list[Prediction]:
    ordered = sorted(part.scores.items(), key=lambda pair: -pair[1])
    return [{"score": score, "label": label} for label, score in ordered]
