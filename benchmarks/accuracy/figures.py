"""Macro-F1 and what chance does to it; NumPy only, for it is also read where nothing else is installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_RESAMPLES = 2000
_SEED = 20261
_TAILS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the bounds between which it falls in 95 % of resamples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A macro-F1, and what it is in each resample of the paragraphs."""

    value: float
    resampled: Floats

    def interval(self) -> Interval:
        """Return it with its own interval."""
        return _interval(self.value, self.resampled)

    def lead_over(self, other: Figure) -> Interval:
        """Return by how much it is larger than `other`, measured on the same paragraphs and resamples."""
        return _interval(self.value - other.value, self.resampled - other.resampled)


def _interval(value: float, resampled: Floats) -> Interval:
    low, high = np.percentile(resampled, _TAILS)
    return Interval(value, float(low), float(high))


def macro_f1(labels: Integers, predicted: Integers, classes: int) -> float:
    """Return the mean F1 over the classes that occur among `labels` or `predicted`."""
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)
    involved = counts.sum(axis=0) + counts.sum(axis=1)
    occurring = involved > 0
    return float((2 * counts.diagonal()[occurring] / involved[occurring]).mean())


def resamples(clusters: Sequence[int]) -> list[Integers]:
    """Draw whole clusters (articles) with replacement; returns the rows of each draw, the same every time."""
    members = [np.flatnonzero(np.array(clusters) == cluster) for cluster in dict.fromkeys(clusters)]
    draws = np.random.default_rng(_SEED).integers(0, len(members), (_RESAMPLES, len(members)))
    return [np.concatenate([members[cluster] for cluster in draw]) for draw in draws]


def measure(
    labels: Integers, predictions: Sequence[Integers], classes: int, rows: Integers, drawn: Sequence[Integers]
) -> Figure:
    """Return the macro-F1 of one classifier on `rows`; where it predicted several times over, the mean."""

    def mean(chosen: Integers) -> float:
        return float(np.mean([macro_f1(labels[chosen], predicted[chosen], classes) for predicted in predictions]))

    return Figure(mean(rows), np.array([mean(chosen) for chosen in drawn]))
