"""Margins and true labels -> the few figures that make probabilities mean what they say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from pressmark.decision import SETTINGS, Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Figures are rounded so that the release does not hang on the last digits of an optimiser.
_DIGITS = 4
# Keeps offsets finite where a class is missing from what is calibrated on.
_OFFSET_PENALTY = 1e-3
_THRESHOLDS = np.arange(0.2, 0.71, 0.01)
# What the service promises of real text: of paragraphs in a category, this share gets one ...
_PROMISED_COVERAGE = 0.85
# ... and of all paragraphs given a category, this share is right.
_PROMISED_PRECISION = 0.88


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """What calibration works on: margins (n, classes) with context added, true classes and settings (n,)."""

    values: Floats
    labels: Integers
    settings: Sequence[str]

    def of(self, setting: str) -> Margins:
        """Return those of one setting."""
        chosen = np.array([name == setting for name in self.settings], bool)
        return Margins(self.values[chosen], self.labels[chosen], [setting] * int(chosen.sum()))

    @classmethod
    def joined(cls, parts: Sequence[Margins]) -> Margins:
        """Return all `parts` as one."""
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.labels for part in parts]),
            [setting for part in parts for setting in part.settings],
        )


def calibrate(margins: Margins, categories: int, coverage: float) -> dict[str, Calibration]:
    """Fit one calibration for each setting; one with too little to fit on gets that of all together."""
    together = _fit(margins, categories, coverage)
    return {
        setting: _fit(part, categories, coverage) if _enough(part := margins.of(setting)) else together
        for setting in SETTINGS
    }


def as_figures(calibration: dict[str, Calibration]) -> dict[str, Any]:
    """Return calibrations as they stand in a manifest."""
    return {setting: asdict(figures) | {"offsets": list(figures.offsets)} for setting, figures in calibration.items()}


def _enough(margins: Margins) -> bool:
    classes = margins.values.shape[1]
    return len(set(margins.labels.tolist())) == classes and bool(len(margins.labels) >= 10 * classes)


def _fit(margins: Margins, categories: int, coverage: float) -> Calibration:
    temperature, offsets = _fit_logits(margins)
    probabilities = _probabilities(margins.values / temperature + np.array(offsets))
    off_topic, low_confidence = _fit_thresholds(probabilities, margins.labels, categories)
    candidate = conformal_threshold(probabilities, margins.labels, coverage)
    return Calibration(temperature, offsets, off_topic, low_confidence, candidate)


def _probabilities(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _fit_logits(margins: Margins) -> tuple[float, tuple[float, ...]]:
    """Fit one temperature and one offset per class by least log loss (Guo et al. 2017, with a bias)."""
    classes = margins.values.shape[1]
    rows = np.arange(len(margins.labels))

    def loss(figures: Floats) -> float:
        values = margins.values * np.exp(figures[0]) + figures[1:]
        values = values - values.max(axis=1, keepdims=True)
        missed = np.log(np.exp(values).sum(axis=1)) - values[rows, margins.labels]
        return float(missed.mean() + _OFFSET_PENALTY * (figures[1:] ** 2).sum())

    found = minimize(loss, np.zeros(classes + 1), method="BFGS").x
    offsets = found[1:] - found[1:].mean()
    temperature = round(float(np.exp(-found[0])), _DIGITS)
    return temperature, tuple(round(float(offset), _DIGITS) for offset in offsets)


def _fit_thresholds(probabilities: Floats, labels: Integers, categories: int) -> tuple[float, float]:
    """Choose when to abstain so that both promises are kept by as much as can be."""
    four = probabilities[:, :categories]
    best, leading = four.max(axis=1), four.argmax(axis=1)
    rejected = probabilities[:, categories:].sum(axis=1)
    in_category = labels < categories
    chosen, margin = (0.0, 0.0), -np.inf
    for off_topic in _THRESHOLDS:
        for low_confidence in _THRESHOLDS:
            given = ~((rejected >= off_topic) & (rejected > best)) & (best >= low_confidence)
            answered = given[in_category].mean()
            right = (leading[given] == labels[given]).mean() if given.any() else 0.0
            spare = min(answered - _PROMISED_COVERAGE, right - _PROMISED_PRECISION)
            if spare > margin:
                chosen, margin = (round(float(off_topic), 2), round(float(low_confidence), 2)), spare
    return chosen


def conformal_threshold(probabilities: Floats, labels: Integers, coverage: float) -> float:
    """Return the probability that a candidate must reach so that sets hold the truth at `coverage`.

    Split conformal prediction with one minus the probability of the true class as its score (Sadinle,
    Lei and Wasserman 2019); marginal, for exchangeable paragraphs.
    """
    missed = np.sort(1 - probabilities[np.arange(len(labels)), labels])
    rank = min(int(np.ceil((len(missed) + 1) * coverage)), len(missed)) - 1
    return round(float(1 - missed[rank]), _DIGITS)
