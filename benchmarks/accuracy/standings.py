"""Predictions -> macro-F1 of every entrant, in every way that the table quotes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from accuracy.figures import measure, resamples
from accuracy.treatment import as_released, cross_fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accuracy.figures import Figure, Floats, Integers
    from accuracy.treatment import Entry, Field, Predictions
    from accuracy.worker import Choice

JUDGE = "pressmark"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to measure: how calibration was fitted, whether neighbours helped, over which classes."""

    cross_fitted: bool
    in_article: bool
    all_classes: bool


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """An entrant's macro-F1 in one language, each way, with how it was trained and helped."""

    title: str
    figures: Mapping[Way, Figure]
    strength: float
    choice: Choice | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


def stand(field: Field, entry: Entry, language: str) -> dict[Way, Figure]:
    """Measure one entry on the paragraphs of one language, each way."""
    rows = field.rows(language)
    drawn = resamples([field.articles[row] for row in rows])
    found: dict[Way, Figure] = {}
    for crossed, predictions in ((False, [as_released(field, entry)[0]]), (True, cross_fitted(field, entry))):
        for in_article in (False, True):
            values = [_values(one, in_article=in_article)[rows] for one in predictions]
            five, four = figures(field.labels[rows], values, field.categories, drawn)
            found[Way(crossed, in_article, all_classes=True)] = five
            found[Way(crossed, in_article, all_classes=False)] = four
    return found


def figures(
    labels: Integers, values: Sequence[Floats], categories: int, drawn: Sequence[Integers]
) -> tuple[Figure, Figure]:
    """Return macro-F1 over all classes, and over the categories: paragraphs of none left out, best category taken."""
    rows = np.arange(len(labels))
    over_all = measure(labels, [one.argmax(axis=1) for one in values], values[0].shape[1], rows, drawn)
    inside = labels < categories
    best = [one[:, :categories].argmax(axis=1) for one in values]
    four = measure(labels, best, categories, rows[inside], [chosen[inside[chosen]] for chosen in drawn])
    return over_all, four


def _values(predictions: Predictions, *, in_article: bool) -> Floats:
    return predictions.in_article if in_article else predictions.alone


def chart_rows(standings: Mapping[str, Sequence[Standing]]) -> list[dict[str, Any]]:
    """Return what the chart shows, in plain values: the cross-fitted figures, in the article with their interval."""
    rows = []
    for language, of_language in standings.items():
        for all_classes in (True, False):
            for standing in of_language:
                alone = standing.figures[Way(cross_fitted=True, in_article=False, all_classes=all_classes)]
                in_article = standing.figures[Way(cross_fitted=True, in_article=True, all_classes=all_classes)]
                row = {"language": language, "all_classes": all_classes, "title": standing.title, "alone": alone.value}
                rows.append(row | asdict(in_article.interval()))
    return rows
