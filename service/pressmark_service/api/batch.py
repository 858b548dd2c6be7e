"""Many articles in, and for each its marks or what is wrong with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from pressmark_service import json_rules
from pressmark_service.api.answers import BatchAnswer, model_name, paragraph_answers, summary_answer
from pressmark_service.api.classify import check_options, given_ids, tally_of
from pressmark_service.api.requests import BatchArticle, BatchEnvelope, BatchRequest
from pressmark_service.limits import Room, check_article, check_batch
from pressmark_service.operation import Answer
from pressmark_service.problem import Problem
from pressmark_service.problems import InvalidRequest
from pressmark_service.reading import MOST_ERRORS, JsonReader, findings_of, invalid, refuse_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pressmark import Article, Judge
    from pressmark_service.api.answers import BatchProblem, BatchResult
    from pressmark_service.api.requests import Options
    from pressmark_service.body import Media
    from pressmark_service.json_rules import Finding
    from pressmark_service.settings import Settings

_reader = JsonReader(BatchRequest)
_article = TypeAdapter(BatchArticle)
_NAME = "articles"
_ID = ("id",)


@dataclass(frozen=True, slots=True)
class _Refused:
    """An article that cannot be judged, and its id if it came with a usable one."""

    id: str | None
    problem: Problem


def classify_batch(media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:  # noqa: ARG001 - JSON only
    """Mark many articles, each its own context.

    The answer is a 200 as long as the batch itself can be read: an article that is wrong or too large
    has a `problem` in its place, and the others have their marks, in the order sent.
    """
    options, articles = _read(body, settings)
    check_options(options, settings)
    room = Room(body, settings, options.evidence)
    looked_at = [_within_limits(at, article, options, settings, room) for at, article in enumerate(articles)]
    sources = [article.source() for article in looked_at if isinstance(article, BatchArticle)]
    marked = judge.classify_batch(sources, **options.as_arguments())
    answer: BatchAnswer = {
        "model": model_name(judge),
        "failed": len(articles) - len(marked),
        "articles": _answers(looked_at, marked, evidence=options.evidence > 0),
    }
    return Answer(to_json(answer), tally_of(judge, marked))


def _read(body: bytes, settings: Settings) -> tuple[Options, Sequence[BatchArticle | _Refused]]:
    request: BatchRequest | None = None
    with suppress(InvalidRequest):
        request = _reader.read(body)
    if request is None:
        return _read_one_by_one(body, settings)
    check_batch(len(request.articles), settings)
    return request, request.articles


def _read_one_by_one(body: bytes, settings: Settings) -> tuple[Options, Sequence[BatchArticle | _Refused]]:
    """Tell the articles that are wrong from the others; raise InvalidRequest if it is the batch that is."""
    value, findings = json_rules.parse(body)
    try:
        envelope = BatchEnvelope.model_validate(value)
    except ValidationError as refused:
        raise invalid(findings_of(refused)) from None
    check_batch(len(envelope.articles), settings)
    of_batch, of_item = _by_item(findings)
    refuse_findings(of_batch)
    return envelope, [_read_article(at, item, of_item.get(at, [])) for at, item in enumerate(envelope.articles)]


def _by_item(findings: Iterable[Finding]) -> tuple[list[Finding], dict[Any, list[Finding]]]:
    """Tell findings in the batch itself from those in each item, of which no more are kept than are told."""
    of_batch: list[Finding] = []
    of_item: dict[Any, list[Finding]] = {}
    for finding in findings:
        path, _ = finding
        if path[:1] != (_NAME,) or len(path) == 1:
            of_batch.append(finding)
            continue
        kept = of_item.setdefault(path[1], [])
        if len(kept) < MOST_ERRORS or path[2:] == _ID:  # an id is told beside them, unless it is spoilt
            kept.append(finding)
    return of_batch, of_item


def _read_article(at: int, item: object, findings: list[Finding]) -> BatchArticle | _Refused:
    try:
        if not findings:
            return _article.validate_python(item)
    except ValidationError as refused:
        findings = findings_of(refused, (_NAME, at))
    given = item.get("id") if isinstance(item, dict) else None
    spoilt = not isinstance(given, str) or any(path[2:] == _ID for path, _ in findings)
    return _Refused(None if spoilt else given, invalid(findings))


def _within_limits(
    at: int, article: BatchArticle | _Refused, options: Options, settings: Settings, room: Room
) -> BatchArticle | _Refused:
    if isinstance(article, BatchArticle):
        try:
            check_article(article.source(), options.split, settings, (_NAME, at))
            room.take(article.source(), options.split, (_NAME, at))
        except Problem as problem:
            return _Refused(_id_of(article), problem)
    return article


def _answers(
    articles: Sequence[BatchArticle | _Refused], marked: Sequence[Article], *, evidence: bool
) -> list[BatchResult | BatchProblem]:
    answers: list[BatchResult | BatchProblem] = []
    results = iter(marked)
    for at, article in enumerate(articles):
        if isinstance(article, _Refused):
            answer: BatchResult | BatchProblem = {"index": at, "problem": article.problem.as_object()}
            given = article.id
        else:
            result = next(results)
            paragraphs = paragraph_answers(result, given_ids(article), evidence=evidence)
            answer = {"index": at, "summary": summary_answer(result.summary), "paragraphs": paragraphs}
            given = _id_of(article)
        if given is not None:
            answer["id"] = given
        answers.append(answer)
    return answers


def _id_of(article: BatchArticle) -> str | None:
    return article.id if "id" in article.model_fields_set else None
