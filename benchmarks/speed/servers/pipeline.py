"""The scikit-learn pipeline that the peers serve, and one answer for all of them."""

from __future__ import annotations

import os
from typing import Any

import joblib


class Classifier:
    """What most people write around a pipeline: the likeliest class of each text and all probabilities."""

    def __init__(self) -> None:
        self._pipeline = joblib.load(os.environ["SPEED_PIPELINE"])
        self._classes: list[str] = [str(name) for name in self._pipeline.classes_]

    def mark(self, texts: list[str]) -> dict[str, Any]:
        """Classify the texts."""
        rows: list[list[float]] = self._pipeline.predict_proba(texts).tolist()
        return {
            "paragraphs": [
                {
                    "category": self._classes[max(range(len(row)), key=row.__getitem__)],
                    "scores": dict(zip(self._classes, row, strict=True)),
                }
                for row in rows
            ]
        }
