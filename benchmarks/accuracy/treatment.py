"""Logits of every entrant -> calibrated predictions: the same neighbours' help and the same calibration for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from accuracy.judge import RECIPE, RULE
from pressmark.context import neighbours_help_many
from pressmark.decision import logits, softmax
from pressmark.training.calibrate import Margins, calibrate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from accuracy.judge import Settings
    from pressmark.decision import Calibration
    from pressmark.training.corpus import Judged

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much neighbours may count; each peer gets, in each language, what serves it best."""

FOLDS = 5
REPEATS = 5
"""How often the cross-fitting is done over, with other folds: one split of so few paragraphs is half luck."""

_SEED = 20261


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What all are measured on: paragraphs with true classes, calibration settings, and the article of each."""

    paragraphs: Sequence[Judged]
    categories: int
    labels: Integers
    settings: Sequence[Settings]
    articles: Sequence[int]

    def rows(self, language: str) -> Integers:
        """Return the rows of one language."""
        return np.flatnonzero([one.language == language for one in self.paragraphs])


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One entrant's logits for `rows`: each paragraph alone, in its article, and whether neighbours helped there."""

    rows: Integers
    alone: Floats
    in_article: Floats
    helped: NDArray[np.bool_]

    def part(self, places: Integers) -> Entry:
        """Return some of it."""
        return Entry(self.rows[places], self.alone[places], self.in_article[places], self.helped[places])


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Calibrated logits (paragraphs, classes) of one entrant; rows that it cannot read hold zeros."""

    alone: Floats
    in_article: Floats


def best_strength(field: Field, scores: Mapping[str, Floats], language: str) -> float:
    """Return the strength after which calibrated probabilities have the least log loss in `language`.

    The choice looks at all evaluation paragraphs, which is in the entrant's favour.
    """
    rows = field.rows(language)

    def loss(strength: float) -> float:
        found, _ = as_released(field, enter(field, scores, {language: strength}))
        of_truth = probabilities(found.in_article[rows])[np.arange(len(rows)), field.labels[rows]]
        return float(-np.log(of_truth).mean())

    return min(STRENGTHS, key=loss)


def enter(field: Field, scores: Mapping[str, Floats], strengths: Mapping[str, float]) -> Entry:
    """Make an entry of the `scores` of single texts, for the languages that have a strength."""
    rows = [at for at, one in enumerate(field.paragraphs) if one.language in strengths]
    alone, in_article, helped = [], [], []
    for one in (field.paragraphs[at] for at in rows):
        texts = texts_of(one)
        together = np.array([scores[text] for text in texts])
        rule = replace(RULE, strength=strengths[one.language])
        at = len(one.before)
        alone.append(together[at])
        helped.append(rule.helps(texts))
        in_article.append(together[at] + (neighbours_help_many(together, None, rule)[at] if helped[-1] else 0.0))
    return Entry(np.array(rows), np.array(alone), np.array(in_article), np.array(helped))


def as_released(field: Field, entry: Entry) -> tuple[Predictions, dict[str, Calibration]]:
    """Calibrate on all paragraphs and predict the same paragraphs, as a release does."""
    predictions = _blank(field, entry)
    calibration = _fit(field, entry)
    _predict(field, entry, calibration, predictions)
    return predictions, calibration


def cross_fitted(field: Field, entry: Entry) -> list[Predictions]:
    """Calibrate on four fifths of the articles and predict the fifth; as often as `REPEATS` says."""
    results = []
    for repeat in range(REPEATS):
        predictions = _blank(field, entry)
        fold = _folds(field, repeat)[entry.rows]
        for number in range(FOLDS):
            calibration = _fit(field, entry.part(np.flatnonzero(fold != number)))
            _predict(field, entry.part(np.flatnonzero(fold == number)), calibration, predictions)
        results.append(predictions)
    return results


def probabilities(values: Floats) -> Floats:
    """Return the probabilities of calibrated logits (paragraphs, classes)."""
    return np.array([softmax(row) for row in values.tolist()])


def texts_of(one: Judged) -> list[str]:
    """Return a paragraph between its neighbours, in order."""
    return [*one.before, one.text, *one.after]


def articles_of(paragraphs: Sequence[Judged]) -> list[int]:
    """Return a number for the article of each; paragraphs that share a text, own or neighbour's, are of one article."""
    first_with: dict[str, int] = {}
    joined = list(range(len(paragraphs)))

    def root(number: int) -> int:
        while joined[number] != number:
            number = joined[number]
        return number

    for number, one in enumerate(paragraphs):
        for text in texts_of(one):
            joined[root(first_with.setdefault(text, number))] = root(number)
    return [root(number) for number in joined]


def _fit(field: Field, entry: Entry) -> dict[str, Calibration]:
    labels = field.labels[entry.rows]
    settings = [field.settings[at] for at in entry.rows]
    helped = np.flatnonzero(entry.helped)
    alone = Margins(entry.alone, labels, [setting.alone for setting in settings])
    in_article = Margins(entry.in_article[helped], labels[helped], [settings[at].in_article for at in helped])
    return calibrate(Margins.joined([alone, in_article]), field.categories, RECIPE.coverage)


def _predict(field: Field, entry: Entry, calibration: dict[str, Calibration], into: Predictions) -> None:
    for at, row in enumerate(entry.rows):
        setting = field.settings[row]
        into.alone[row] = logits(entry.alone[at], calibration[setting.alone])
        name = setting.in_article if entry.helped[at] else setting.alone
        into.in_article[row] = logits(entry.in_article[at], calibration[name])


def _blank(field: Field, entry: Entry) -> Predictions:
    shape = len(field.paragraphs), entry.alone.shape[1]
    return Predictions(np.zeros(shape), np.zeros(shape))


def _folds(field: Field, repeat: int) -> Integers:
    """Deal out articles so that every fold has its share of each class of each language."""
    strata = [f"{one.language} {label}" for one, label in zip(field.paragraphs, field.labels, strict=True)]
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=_SEED + repeat)
    fold = np.zeros(len(field.paragraphs), np.int64)
    for number, (_, outside) in enumerate(splitter.split(field.labels, strata, field.articles)):
        fold[outside] = number
    return fold
