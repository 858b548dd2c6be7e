"""The examples of the documentation: requests that work word for word, and answers of the bundled model."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pressmark_service.limits import most_values
from pressmark_service.problem import Problem, instance_of
from pressmark_service.problems import (
    BodyTooLarge,
    InvalidRequest,
    MalformedJson,
    MalformedText,
    MethodNotAllowed,
    NotReady,
    ParagraphTooLong,
    TooManyArticles,
    TooManyParagraphs,
    TooManyStreams,
    TooManyValues,
)
from pressmark_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_kept = json.loads((files("pressmark_service") / "examples.json").read_text("utf-8"))

ARTICLE_TEXT: str = _kept["article_text"]
ARTICLE_REQUESTS: dict[str, Any] = _kept["article_requests"]
ARTICLE_ANSWER: dict[str, Any] = _kept["article_answer"]
BATCH_REQUESTS: dict[str, Any] = _kept["batch_requests"]
BATCH_ANSWER: dict[str, Any] = _kept["batch_answer"]

_REQUEST_ID = "5f0c9b1e7a3d4c2f8e6b0a9d1c7f3e52"
_limits = Settings()
_WRONG = [{"pointer": "#/evidence", "detail": "Input should be a valid integer"}]

_AS_RAISED: Mapping[type[Problem], Problem] = {
    MalformedJson: MalformedJson("Not JSON at line 1, column 2."),
    MalformedText: MalformedText("The body is not UTF-8: byte 17 does not fit."),
    MethodNotAllowed: MethodNotAllowed(headers={"Allow": "POST"}),
    BodyTooLarge: BodyTooLarge(limit=_limits.body_bytes),
    TooManyArticles: TooManyArticles(limit=_limits.articles, pointer="#/articles"),
    TooManyParagraphs: TooManyParagraphs(limit=_limits.paragraphs, pointer="#/paragraphs"),
    TooManyValues: TooManyValues(limit=most_values(_limits)),
    ParagraphTooLong: ParagraphTooLong(limit=_limits.paragraph_characters, pointer="#/paragraphs/3"),
    InvalidRequest: InvalidRequest(errors=_WRONG),
    TooManyStreams: TooManyStreams(limit=_limits.streams),
    NotReady: NotReady(headers={"Retry-After": "2"}, reason="draining"),
}


def of_problem(kind: type[Problem]) -> dict[str, Any]:
    """Return an answer that carries this problem."""
    return _AS_RAISED.get(kind, kind()).as_object() | {"instance": instance_of(_REQUEST_ID)}
