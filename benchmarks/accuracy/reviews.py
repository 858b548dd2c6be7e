"""Articles that change category with nearly every paragraph, where neighbours may mislead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from accuracy.figures import resamples
from accuracy.standings import figures
from pressmark.training.corpus import read_corpus, read_judged
from pressmark.training.measure import measure

if TYPE_CHECKING:
    from accuracy.figures import Figure
    from pressmark.classifier import Judge

_PAGES = Path(__file__).parent / "page-reviews.jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class ReviewStanding:
    """The judge's macro-F1 on the reviews of one language: all classes and categories, alone and in the article."""

    articles: int
    paragraphs: int
    alone: tuple[Figure, Figure]
    in_article: tuple[Figure, Figure]


def measure_reviews(judge: Judge) -> dict[str, ReviewStanding]:
    """Let `judge` mark the reviews, each paragraph alone and between its neighbours."""
    paragraphs, sources = read_judged([_PAGES]), read_corpus([_PAGES])
    standings = {}
    for language in sorted({one.language for one in paragraphs}):
        of_language = [one for one in paragraphs if one.language == language]
        articles = [source.article for source in sources if source.language == language]
        number = {name: at for at, name in enumerate(dict.fromkeys(articles))}
        drawn = resamples([number[name] for name in articles])
        alone, in_article = (
            figures(measured.labels, [measured.probabilities], measured.categories, drawn)
            for measured in (measure(judge, of_language, context=context) for context in (False, True))
        )
        standings[language] = ReviewStanding(len(number), len(of_language), alone, in_article)
    return standings
