"""Scikit-learn as its tutorial has it: TF-IDF of words and word pairs, logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from accuracy.peers.face import Setting

LIBRARIES = ("scikit-learn",)
RUNS = 1


def settings(language: str) -> list[Setting]:
    """Vary what the tutorial varies; one-syllable words, which the default drops, are words in Korean."""
    pattern = {} if language == "en" else {"token_pattern": r"(?u)\b\w+\b"}
    return [
        {"C": strength, "sublinear_tf": sublinear, "class_weight": weight, **pattern}
        for strength in (1.0, 10.0, 100.0)
        for sublinear in (False, True)
        for weight in (None, "balanced")
    ]


def make(_language: str, classes: Sequence[str], setting: Setting) -> TfidfLogistic:
    """Make it; the language has no part in it beyond its settings."""
    return TfidfLogistic(classes, setting)


class TfidfLogistic:
    """TF-IDF of word 1-2-grams and multinomial logistic regression."""

    def __init__(self, classes: Sequence[str], setting: Setting) -> None:
        self._classes = list(classes)
        self._pipeline = _pipeline(setting)

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Train on labelled texts."""
        self._pipeline.fit(list(texts), list(labels))

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the decision function, classes in the order asked for."""
        order = [list(self._pipeline.classes_).index(name) for name in self._classes]
        return np.asarray(self._pipeline.decision_function(list(texts)), np.float64)[:, order]


def _pipeline(setting: Setting) -> Pipeline:
    linear = {"C", "class_weight"}
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), **{key: value for key, value in setting.items() if key not in linear}),
        LogisticRegression(max_iter=1000, **{key: value for key, value in setting.items() if key in linear}),
    )
