"""What the client sends: articles in the forms that callers have them in, and options."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

ArticleInput: TypeAlias = str | Sequence[str] | Mapping[str, Any]
"""An article: its text; its paragraphs in order; or the object that the API takes, with an `id` if wanted."""


class Options(TypedDict, total=False):
    """How to judge; what is left out is as the service has it."""

    split: Literal["auto", "line", "blank_line", "none"]
    context: bool
    abstain: bool
    evidence: int
    candidates: bool


def article_object(article: ArticleInput) -> dict[str, Any]:
    """Return the article as the API takes it."""
    if isinstance(article, str):
        return {"text": article}
    if isinstance(article, Mapping):
        return dict(article)
    return {"paragraphs": list(article)}


def encode(value: object) -> bytes:
    """Return JSON in UTF-8.

    Unpaired surrogates, which UTF-8 cannot hold, go as escapes: the service then names the article that
    has them, and the others around it are judged.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def batch_body(articles: Sequence[bytes], options: Options) -> bytes:
    """Return the body of a batch of encoded articles."""
    return encode(options)[:-1] + (b"," if options else b"") + b'"articles":[' + b",".join(articles) + b"]}"
