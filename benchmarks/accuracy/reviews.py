"""Articles that change category with nearly every paragraph, where neighbours may mislead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from accuracy.figures import resamples
from accuracy.standings import figures
from pressmark.context import reviews_pages
from pressmark.training.corpus import articles, read_corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from accuracy.figures import Figure
    from pressmark.classifier import Judge
    from pressmark.training.corpus import Example

_PAGES = Path(__file__).parent / "page-reviews.jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class ReviewStanding:
    """The judge's macro-F1 on the reviews of one language: all classes and categories, alone and in the article.

    `recognised` counts the articles that the judge takes for what they are, and leaves without neighbours' help.
    """

    articles: int
    recognised: int
    paragraphs: int
    alone: tuple[Figure, Figure]
    in_article: tuple[Figure, Figure]


def measure_reviews(judge: Judge) -> dict[str, ReviewStanding]:
    """Let `judge` mark the reviews, as articles, with and without context."""
    reviews = read_corpus([_PAGES])
    return {
        language: _measure(judge, [list(group) for group in articles(of_language).values()])
        for language in sorted({one.language for one in reviews})
        if (of_language := [one for one in reviews if one.language == language])
    }


def _measure(judge: Judge, reviews: Sequence[Sequence[Example]]) -> ReviewStanding:
    texts = [[one.text for one in review] for review in reviews]
    labels = np.array([judge.classes.index(one.label) for review in reviews for one in review])
    drawn = resamples([number for number, review in enumerate(reviews) for _ in review])
    alone, in_article = (
        figures(labels, [_probabilities(judge, texts, context=context)], len(judge.categories), drawn)
        for context in (False, True)
    )
    return ReviewStanding(len(reviews), sum(map(reviews_pages, texts)), len(labels), alone, in_article)


def _probabilities(judge: Judge, texts: Sequence[Sequence[str]], *, context: bool) -> NDArray[np.float64]:
    marked = judge.classify_batch(texts, context=context)
    return np.array([[one.scores[name] for name in judge.classes] for article in marked for one in article.paragraphs])
