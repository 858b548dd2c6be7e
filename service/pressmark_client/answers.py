"""What the service answers, as frozen records. Members that a newer service adds are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pressmark_client.errors import Problem

Json: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class ModelName:
    """Which model judged; the digest pins every bit of it."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Term:
    """A term that moved the margin, and where it stands: code points of the text as sent."""

    term: str
    weight: float
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: the weights of the terms + remainder + context + intercept = margin."""

    of: str
    terms: tuple[Term, ...]
    remainder: float
    context: float
    intercept: float
    margin: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: ``text[start:end]``, its category or the reason why it has none."""

    index: int
    id: str | None
    start: int
    end: int
    category: str | None
    confidence: float
    scores: dict[str, float]
    candidates: tuple[str, ...] | None
    reason: str | None
    known_terms: float
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What an article is made of."""

    shares: dict[str, float]
    dominant: str | None
    paragraphs: int
    abstained: int


@dataclass(frozen=True, slots=True)
class Article:
    """A marked article. `index` is its place among many; `id` is what was sent with it."""

    model: ModelName
    summary: Summary
    paragraphs: tuple[Paragraph, ...]
    index: int = 0
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An article of many that could not be judged, and why."""

    index: int
    id: str | None
    problem: Problem


Outcome: TypeAlias = Article | Failed
"""What comes back for each article of many."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category, and what belongs to it."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the service takes."""

    body_bytes: int
    paragraphs: int
    paragraph_characters: int
    articles: int
    evidence_terms: int


@dataclass(frozen=True, slots=True)
class Model:
    """The model in place, its figures and the limits of the service."""

    name: str
    version: str
    sha256: str
    categories: tuple[Category, ...]
    classes: tuple[str, ...]
    limits: Limits
    metrics: dict[str, Any]
    calibration: dict[str, Any]
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Health:
    """How the service is; where it is not ready, `reason` says why."""

    ready: bool
    reason: str | None
    service: str | None
    model: ModelName | None
    uptime_seconds: int | None


def article_of(told: Json, model: ModelName, *, index: int = 0) -> Article:
    """Return a marked article."""
    summary = told["summary"]
    return Article(
        model=model,
        summary=Summary(
            shares=dict(summary["shares"]),
            dominant=summary["dominant"],
            paragraphs=summary["paragraphs"],
            abstained=summary["abstained"],
        ),
        paragraphs=tuple(_paragraph_of(one) for one in told["paragraphs"]),
        index=index,
        id=told.get("id"),
    )


def model_name_of(told: Json) -> ModelName:
    """Return which model judged."""
    return ModelName(name=told["name"], version=told["version"], sha256=told["sha256"])


def model_of(told: Json) -> Model:
    """Return the description of the model."""
    limits = told["limits"]
    return Model(
        name=told["name"],
        version=told["version"],
        sha256=told["sha256"],
        categories=tuple(Category(one["name"], one["definition"]) for one in told["categories"]),
        classes=tuple(told["classes"]),
        limits=Limits(**{name: limits[name] for name in Limits.__dataclass_fields__}),
        metrics=told["metrics"],
        calibration=told["calibration"],
        card=told["card"],
    )


def health_of(told: Json) -> Health:
    """Return the health that a ready service tells."""
    return Health(
        ready=True,
        reason=None,
        service=told["service"],
        model=model_name_of(told["model"]),
        uptime_seconds=told["uptime_seconds"],
    )


def _paragraph_of(told: Json) -> Paragraph:
    candidates, evidence = told["candidates"], told.get("evidence")
    return Paragraph(
        index=told["index"],
        id=told.get("id"),
        start=told["start"],
        end=told["end"],
        category=told["category"],
        confidence=told["confidence"],
        scores=told["scores"],
        candidates=None if candidates is None else tuple(candidates),
        reason=told["reason"],
        known_terms=told["known_terms"],
        evidence=None if evidence is None else _evidence_of(evidence),
    )


def _evidence_of(told: Json) -> Evidence:
    return Evidence(
        of=told["of"],
        terms=tuple(
            Term(one["term"], one["weight"], tuple((start, end) for start, end in one["spans"]))
            for one in told["terms"]
        ),
        remainder=told["remainder"],
        context=told["context"],
        intercept=told["intercept"],
        margin=told["margin"],
    )
