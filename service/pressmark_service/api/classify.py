"""One article in, its marked paragraphs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import to_json

from pressmark_service.api.answers import ArticleAnswer, model_name, paragraph_answers, summary_answer
from pressmark_service.api.requests import ClassifyRequest
from pressmark_service.json_rules import pointer
from pressmark_service.limits import check_article
from pressmark_service.metrics import count_marks
from pressmark_service.operation import Answer, Tally
from pressmark_service.problems import InvalidRequest
from pressmark_service.reading import JsonReader, read_text

if TYPE_CHECKING:
    from pressmark import Article, Judge
    from pressmark_service.api.requests import ArticleBody, Options
    from pressmark_service.body import Media
    from pressmark_service.settings import Settings

_reader = JsonReader(ClassifyRequest)


def classify(media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:
    """Mark every paragraph of one article.

    Send the article as `text` (it is split into paragraphs), or as `paragraphs` in order, or as the
    whole body in `text/plain`. Each paragraph comes back located: `start` and `end` count Unicode code
    points of the text as sent, so that `text[start:end]` is the paragraph.

    Pure: the same request to the same model gives the same answer, so it is safe to repeat.
    """
    request = _reader.read(body) if media == "json" else ClassifyRequest(text=read_text(body))
    answer, tally = mark(request, judge, settings)
    return Answer(to_json(answer), tally)


def mark(request: ClassifyRequest, judge: Judge, settings: Settings) -> tuple[ArticleAnswer, Tally]:
    """Return the marked article as sent, and what it took; raises Problem."""
    check_options(request, settings)
    source = request.source()
    check_article(source, request.split, settings)
    article = judge.classify(source, **request.as_arguments())
    answer: ArticleAnswer = {
        "model": model_name(judge),
        "summary": summary_answer(article.summary),
        "paragraphs": paragraph_answers(article, given_ids(request), evidence=request.evidence > 0),
    }
    return answer, tally_of(judge, [article])


def check_options(options: Options, settings: Settings) -> None:
    """Raise InvalidRequest if an option asks for more than the service gives."""
    if options.evidence > settings.evidence_terms:
        told = f"Input should be less than or equal to {settings.evidence_terms}"
        raise InvalidRequest(errors=[{"pointer": pointer(("evidence",)), "detail": told}])


def given_ids(body: ArticleBody) -> list[str | None]:
    """Return the id that each paragraph came with."""
    return [None if isinstance(item, str) or "id" not in item.model_fields_set else item.id for item in body.paragraphs]


def tally_of(judge: Judge, articles: list[Article]) -> Tally:
    """Return how much was judged."""
    return Tally(
        model=judge.version,
        articles=len(articles),
        paragraphs=sum(len(article.paragraphs) for article in articles),
        characters=sum(part.end - part.start for article in articles for part in article.paragraphs),
        marks=count_marks(articles),
    )
