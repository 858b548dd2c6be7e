"""scikit-learn: the pipeline that every release carries, and TF-IDF with logistic regression as tutorials write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from environments import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from speed.corpus import Labelled

LIBRARIES = ("scikit-learn", "numpy", "scipy")
ONE_SYLLABLE = r"(?u)\b\w+\b"
"""One-syllable words, which the default drops, are words in Korean."""


def released(_language: str, _corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Make the released pipeline: the same terms and weights as the judge, so the same margins."""
    (path,) = (REPOSITORY / "models" / "pressmark" / "released").glob("*/pipeline.joblib")
    return joblib.load(path).decision_function  # type: ignore[no-any-return] # it publishes no types


def plain(language: str, corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Make words and pairs of words with logistic regression: fewer terms than the judge has."""
    return train_plain(language, corpus).decision_function  # type: ignore[no-any-return] # the same


def train_plain(language: str, corpus: Sequence[Labelled], **options: Any) -> Any:  # noqa: ANN401 - publishes no types
    """Train it; `options` are the vectorizer's."""
    pattern = {} if language == "en" else {"token_pattern": ONE_SYLLABLE}
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, **pattern | options),
        LogisticRegression(max_iter=1000, C=10),
    )
    return pipeline.fit([one.text for one in corpus], [one.label for one in corpus])
