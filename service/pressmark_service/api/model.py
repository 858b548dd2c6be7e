"""What judges here: the model, its categories, its figures, and the limits of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from pressmark import Judge
    from pressmark_service.settings import Settings
    from pressmark_service.succession import Load


class CategoryAnswer(TypedDict):
    """A category, and what belongs to it."""

    name: str
    definition: str


class LimitsAnswer(TypedDict):
    """How much the service takes; beyond that it answers 413 and names the limit."""

    body_bytes: int
    paragraphs: Annotated[int, Field(description="In one article.")]
    paragraph_characters: int
    articles: Annotated[int, Field(description="In one batch.")]
    batch_paragraphs: Annotated[int, Field(description="In all articles of one batch together.")]
    evidence_terms: Annotated[int, Field(description="For one paragraph.")]


class LoadAnswer(TypedDict):
    """The last attempt to put a model in place. Where it was refused, the one before serves on."""

    at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    outcome: Literal["started", "swapped", "unchanged", "refused"]
    error: Annotated[str | None, Field(description="Why it was refused.")]


class ModelAnswer(TypedDict):
    """The model in place. Its name, version and digest stand in every answer."""

    name: str
    version: Annotated[str, Field(examples=["2026.1"])]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    categories: list[CategoryAnswer]
    classes: Annotated[list[str], Field(description="The keys of `scores`: the categories, and `other` for none.")]
    limits: LimitsAnswer
    metrics: Annotated[dict[str, Any], Field(description="How well it does, as measured at its release.")]
    calibration: Annotated[dict[str, Any], Field(description="The figures that turn margins into probabilities.")]
    last_load: LoadAnswer
    card: Annotated[dict[str, Any], Field(description="The manifest of the release, as it is.")]


def describe(judge: Judge, settings: Settings, load: Load) -> ModelAnswer:
    """Return what a client may want to know of the model and the limits."""
    return {
        "name": judge.name,
        "version": judge.version,
        "sha256": judge.sha256,
        "categories": [{"name": name, "definition": judge.definitions.get(name, "")} for name in judge.categories],
        "classes": list(judge.classes),
        "limits": limits_of(settings),
        "metrics": judge.card.get("metrics", {}),
        "calibration": judge.card.get("calibration", {}),
        "last_load": load_answer(load),
        "card": judge.card,
    }


def load_answer(load: Load) -> LoadAnswer:
    """Return the last attempt to put a model in place."""
    return {"at": load.at, "outcome": load.outcome, "error": load.error}


def limits_of(settings: Settings) -> LimitsAnswer:
    """Return the limits that the settings set."""
    return {
        "body_bytes": settings.body_bytes,
        "paragraphs": settings.paragraphs,
        "paragraph_characters": settings.paragraph_characters,
        "articles": settings.articles,
        "batch_paragraphs": settings.batch_paragraphs,
        "evidence_terms": settings.evidence_terms,
    }
