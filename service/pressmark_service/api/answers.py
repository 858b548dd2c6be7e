"""What clients get: the shapes of the answers, and the judge's records brought into them.

The shapes are typed dictionaries without defaults, so that the documentation says of each member
whether it is always there.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from pressmark.marks import Reason  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pressmark import Article, Evidence, Judge, Paragraph, Summary

Probability = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Category = Annotated[str | None, Field(examples=["military"])]


class ModelName(TypedDict):
    """Which model judged. The digest pins every bit of it."""

    name: str
    version: Annotated[str, Field(examples=["2026.1"])]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SummaryAnswer(TypedDict):
    """What the article is made of."""

    shares: Annotated[dict[str, Probability], Field(description="Share of each category, by characters.")]
    dominant: Annotated[str | None, Field(description="The category with the largest share, if any.")]
    paragraphs: Annotated[int, Field(ge=0, description="How many paragraphs the article has.")]
    abstained: Annotated[int, Field(ge=0, description="How many of them have no category.")]


class TermAnswer(TypedDict):
    """A term that moved the margin."""

    term: str
    weight: Annotated[float, Field(description="What it added to the margin; negative speaks against.")]
    spans: Annotated[
        list[tuple[Count, Count]],
        Field(description="Each place: start and end, in code points of the text as sent."),
    ]


class EvidenceAnswer(TypedDict):
    """Why: the weights of the terms + remainder + context + intercept = margin."""

    of: Annotated[str, Field(description="The class that is explained.")]
    terms: list[TermAnswer]
    remainder: Annotated[float, Field(description="What all further terms added.")]
    context: Annotated[float, Field(description="What the neighbouring paragraphs added.")]
    intercept: float
    margin: Annotated[float, Field(description="Softmax of the margins of all classes gives the scores.")]


class ParagraphAnswer(TypedDict):
    """One paragraph, located and marked."""

    index: Annotated[int, Field(ge=0, description="Position in the article, from 0.")]
    id: NotRequired[Annotated[str, Field(description="As sent, if one was sent.")]]
    start: Annotated[int, Field(ge=0, description="First code point, in `text` or in this item of `paragraphs`.")]
    end: Annotated[int, Field(ge=0, description="One past the last code point: text[start:end] is the paragraph.")]
    category: Annotated[str | None, Field(description="The category, or null; `reason` then says why.")]
    confidence: Annotated[Probability, Field(description="Probability of the category, or of the likeliest class.")]
    scores: Annotated[
        dict[str, Probability],
        Field(description="Probability of each category and of `other`; they sum to one."),
    ]
    candidates: Annotated[
        list[str] | None,
        Field(description="Classes among which the right one is nine times in ten; null if not asked."),
    ]
    reason: Annotated[Reason | None, Field(description="Why there is no category.")]
    known_terms: Annotated[Probability, Field(description="Share of its terms that the model knows.")]
    evidence: NotRequired[Annotated[EvidenceAnswer | None, Field(description="If asked; null if no term is known.")]]


class ArticleAnswer(TypedDict):
    """The marked article."""

    model: ModelName
    summary: SummaryAnswer
    paragraphs: list[ParagraphAnswer]


class BatchResult(TypedDict):
    """A marked article of a batch."""

    index: Annotated[int, Field(ge=0, description="Position in the batch, from 0.")]
    id: NotRequired[Annotated[str, Field(description="As sent, if one was sent.")]]
    summary: SummaryAnswer
    paragraphs: list[ParagraphAnswer]


class BatchProblem(TypedDict):
    """An article of a batch that could not be judged."""

    index: Annotated[int, Field(ge=0, description="Position in the batch, from 0.")]
    id: NotRequired[Annotated[str, Field(description="As sent, if one was sent.")]]
    problem: dict[str, Any]


class BatchAnswer(TypedDict):
    """The marked batch, in the order sent."""

    model: ModelName
    failed: Annotated[int, Field(ge=0, description="How many articles have a problem instead of marks.")]
    articles: list[BatchResult | BatchProblem]


def model_name(judge: Judge) -> ModelName:
    """Return which model judged."""
    return {"name": judge.name, "version": judge.version, "sha256": judge.sha256}


def summary_answer(summary: Summary) -> SummaryAnswer:
    """Return the summary as sent."""
    return {
        "shares": summary.shares,
        "dominant": summary.dominant,
        "paragraphs": summary.paragraphs,
        "abstained": summary.abstained,
    }


def paragraph_answers(article: Article, ids: Sequence[str | None], *, evidence: bool) -> list[ParagraphAnswer]:
    """Return the paragraphs as sent, each with its id where it came with one.

    With evidence they are made one by one as they are written: all at once they would take several times the
    memory of what is written.
    """
    answers = _each_answer(article, ids, evidence=evidence)
    return cast("list[ParagraphAnswer]", answers) if evidence else list(answers)


def _each_answer(article: Article, ids: Sequence[str | None], *, evidence: bool) -> Iterator[ParagraphAnswer]:
    for paragraph, given in zip_longest(article.paragraphs, ids):
        answer = _paragraph_answer(paragraph)
        if given is not None:
            answer["id"] = given
        if evidence:
            answer["evidence"] = _evidence_answer(paragraph.evidence)
        yield answer


def _paragraph_answer(paragraph: Paragraph) -> ParagraphAnswer:
    return {
        "index": paragraph.index,
        "start": paragraph.start,
        "end": paragraph.end,
        "category": paragraph.category,
        "confidence": paragraph.confidence,
        "scores": paragraph.scores,
        "candidates": None if paragraph.candidates is None else list(paragraph.candidates),
        "reason": paragraph.reason,
        "known_terms": paragraph.known_terms,
    }


def _evidence_answer(evidence: Evidence | None) -> EvidenceAnswer | None:
    if evidence is None:
        return None
    return {
        "of": evidence.of,
        "terms": [{"term": term.term, "weight": term.weight, "spans": list(term.spans)} for term in evidence.terms],
        "remainder": evidence.remainder,
        "context": evidence.context,
        "intercept": evidence.intercept,
        "margin": evidence.margin,
    }
