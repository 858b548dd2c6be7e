"""scikit-learn behind FastAPI, as most people write it."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from speed.servers.pipeline import Classifier


class Request(BaseModel):
    """The texts."""

    paragraphs: list[str]


class Paragraph(BaseModel):
    """One marked text."""

    category: str
    scores: dict[str, float]


class Answer(BaseModel):
    """The marked texts."""

    paragraphs: list[Paragraph]


app = FastAPI()
classifier = Classifier()


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer a probe."""
    return {"status": "live"}


@app.post("/classify", response_model=Answer)
async def classify(request: Request) -> Any:  # noqa: ANN401 - the model above is the type of the answer
    """Classify."""
    return classifier.mark(request.paragraphs)
