"""Margins -> probabilities -> a category or an abstention, and the candidates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pressmark.marks import Reason

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

SETTINGS = ("latin, alone", "latin, in article", "hangul, alone", "hangul, in article")
"""What a release calibrates apart: the script most of a paragraph's words are in, and whether neighbours helped."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns margins into logits, ``margin / temperature + offset``, and probabilities into answers.

    `offsets` has one figure per class. A paragraph whose likeliest class is the rejected one (``other``)
    with at least `off_topic`, or whose likeliest category has less than `low_confidence`, gets no category.
    Classes with at least `candidate` are candidates (split-conformal: one minus the quantile of the scores
    that the true classes missed by).
    """

    temperature: float
    offsets: tuple[float, ...]
    off_topic: float
    low_confidence: float
    candidate: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a paragraph must have before its margins are looked at: words, and the share of them known."""

    words: int
    known: float


def setting_of(words: int, hangul: int, *, in_article: bool) -> str:
    """Return the setting of a paragraph of `words` words, `hangul` of them in Hangul."""
    return SETTINGS[2 * (2 * hangul > words) + in_article]


def setting_numbers(words: Integers, hangul: Integers, *, in_article: NDArray[np.bool_] | bool) -> Integers:
    """Return the place in `SETTINGS` of the setting of each paragraph, as `setting_of` names it of one."""
    numbers: Integers = 2 * (2 * hangul > words) + in_article
    return numbers


def logits(margins: Iterable[float], calibration: Calibration) -> list[float]:
    """Return the calibrated logits of one paragraph's `margins`."""
    temperature = calibration.temperature
    return [margin / temperature + offset for margin, offset in zip(margins, calibration.offsets, strict=True)]


def softmax(values: Sequence[float]) -> list[float]:
    """Return the probabilities, which sum to one, of one paragraph's logits."""
    highest = max(values)
    powers = [math.exp(value - highest) for value in values]
    total = sum(powers)
    return [power / total for power in powers]


class Calibrations:
    """The calibrations of a release: one for each setting, in order, and side by side for many paragraphs."""

    def __init__(self, by_setting: dict[str, Calibration]) -> None:
        self.each = tuple(by_setting[name] for name in SETTINGS)
        self._temperatures = np.array([[one.temperature] for one in self.each])
        self._offsets = np.array([one.offsets for one in self.each])

    def probabilities(self, margins: Floats, settings: Integers) -> Floats:
        """Return what `softmax` gives of the `logits` of each row of `margins`, (paragraphs, classes)."""
        values = margins / self._temperatures[settings] + self._offsets[settings]
        powers: Floats = np.exp(values - values.max(axis=1, keepdims=True))
        powers /= powers.sum(axis=1, keepdims=True)
        return powers


def decide(
    probabilities: Sequence[float], categories: int, calibration: Calibration, *, abstain: bool
) -> tuple[int, Reason | None]:
    """Return the number of the likeliest of the first `categories` classes, and why it may not be named, if so.

    A class beyond the categories is the rejected one.
    """
    best = max(probabilities[:categories])
    leading = probabilities.index(best)
    if not abstain:
        return leading, None
    rejected = sum(probabilities[categories:])
    if rejected > best and rejected >= calibration.off_topic:
        return leading, "off_topic"
    return leading, "low_confidence" if best < calibration.low_confidence else None


def candidates(probabilities: Sequence[float], classes: tuple[str, ...], calibration: Calibration) -> tuple[str, ...]:
    """Return the conformal set, likeliest first; where no class reaches the threshold, all that are likeliest."""
    likeliest = max(probabilities)
    if likeliest >= calibration.candidate > 1 - likeliest:  # as for most: there is no room for a second
        return (classes[probabilities.index(likeliest)],)
    least = min(calibration.candidate, likeliest)
    chosen = [name for name, probability in zip(classes, probabilities, strict=True) if probability >= least]
    if len(chosen) > 1:  # of equals the first class first
        chosen.sort(key=lambda name: -probabilities[classes.index(name)])
    return tuple(chosen)
