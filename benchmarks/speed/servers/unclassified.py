"""FastAPI with the service's request and answer, and nothing in between: every paragraph gets the same mark.

The shapes are written out here, so that this process imports nothing of the judge; the benchmark compares an answer
with one of the service before it measures.
"""

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict


class Labelled(BaseModel):
    """A paragraph under an id."""

    model_config = ConfigDict(strict=True, extra="forbid")
    id: str = Field(default="", max_length=200)
    text: str


class Request(BaseModel):
    """An article and how to judge it."""

    model_config = ConfigDict(strict=True, extra="forbid")
    text: str = ""
    paragraphs: list[str | Labelled] = Field(default_factory=list)
    split: str = "auto"
    context: bool = True
    abstain: bool = True
    evidence: int = Field(default=0, ge=0)
    candidates: bool = True


class Model(TypedDict):
    """Which model."""

    name: str
    version: str
    sha256: str


class Summary(TypedDict):
    """What the article is made of."""

    shares: dict[str, float]
    dominant: str | None
    paragraphs: int
    abstained: int


class Paragraph(TypedDict):
    """One paragraph."""

    index: int
    start: int
    end: int
    category: str | None
    confidence: float
    scores: dict[str, float]
    candidates: list[str] | None
    reason: str | None
    known_terms: float


class Answer(TypedDict):
    """The article."""

    model: Model
    summary: Summary
    paragraphs: list[Paragraph]


app = FastAPI()
_NAMES = ("military", "economy", "ideology", "industry")
_SCORES = {**dict.fromkeys(_NAMES, 0.2134567890123456), "other": 0.1461728439506176}
_MODEL: Model = {"name": "pressmark", "version": "2026.1", "sha256": "0" * 64}
_SHARES = dict.fromkeys(_NAMES, 0.25)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer a probe."""
    return {"status": "live"}


@app.post("/classify")
async def classify(request: Request) -> Answer:
    """Answer without looking."""
    count = len(request.paragraphs) or 1
    return {
        "model": _MODEL,
        "summary": {"shares": _SHARES, "dominant": "military", "paragraphs": count, "abstained": 0},
        "paragraphs": [
            {
                "index": at,
                "start": 0,
                "end": 200,
                "category": "military",
                "confidence": 0.2134567890123456,
                "scores": _SCORES,
                "candidates": ["military"],
                "reason": None,
                "known_terms": 0.9,
            }
            for at in range(count)
        ],
    }
