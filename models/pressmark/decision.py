"""Margins -> probabilities -> a category or an abstention, and the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pressmark.marks import Reason

    Floats = NDArray[np.float64]

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


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one paragraph; `leading` is the number of the likeliest category."""

    leading: int
    reason: Reason | None


def setting_of(words: int, hangul: int, *, in_article: bool) -> str:
    """Return the setting of a paragraph of `words` words, `hangul` of them in Hangul."""
    return SETTINGS[2 * (2 * hangul > words) + in_article]


def logits(margins: Floats, calibration: Calibration) -> Floats:
    """Return the calibrated logits of `margins` (..., classes)."""
    return np.asarray(margins / calibration.temperature + np.array(calibration.offsets))


def softmax(values: Floats) -> Floats:
    """Return probabilities (..., classes) that sum to one."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def decide(probabilities: list[float], categories: int, calibration: Calibration, *, abstain: bool) -> Decision:
    """Choose among the first `categories` classes; a class beyond them is the rejected one."""
    leading = max(range(categories), key=probabilities.__getitem__)
    return Decision(leading, _objection(probabilities, leading, categories, calibration) if abstain else None)


def _objection(probabilities: list[float], leading: int, categories: int, calibration: Calibration) -> Reason | None:
    rejected = sum(probabilities[categories:])
    if rejected >= calibration.off_topic and rejected > probabilities[leading]:
        return "off_topic"
    if probabilities[leading] < calibration.low_confidence:
        return "low_confidence"
    return None


def candidates(probabilities: list[float], classes: tuple[str, ...], calibration: Calibration) -> tuple[str, ...]:
    """Return the conformal set, likeliest first; never empty."""
    order = sorted(range(len(classes)), key=lambda number: -probabilities[number])
    chosen = [number for number in order if probabilities[number] >= calibration.candidate]
    return tuple(classes[number] for number in chosen or order[:1])
