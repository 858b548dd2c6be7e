"""How good a judge is on labelled paragraphs: the figures that cards, reports and calibration quote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support, roc_auc_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pressmark.classifier import Judge
    from pressmark.marks import Paragraph
    from pressmark.training.corpus import Judged

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A judge's answers to labelled paragraphs: probabilities (n, classes), true classes (n,), and the answers."""

    classes: tuple[str, ...]
    categories: int
    probabilities: Floats
    labels: Integers
    answers: tuple[Paragraph, ...]

    @property
    def confusion(self) -> Integers:
        """True classes down, likeliest classes across."""
        counted: Integers = confusion_matrix(
            self.labels, self.probabilities.argmax(axis=1), labels=range(len(self.classes))
        )
        return counted

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, rounded to four digits."""
        return {
            "paragraphs": len(self.labels),
            "macro_f1": _round(macro_f1(self.labels, self.probabilities.argmax(axis=1))),
            "macro_f1_categories": _round(self._macro_f1_categories()),
            "calibration_error": _round(calibration_error(self.probabilities, self.labels)),
            "candidates_coverage": _round(
                np.mean([self._true(at) in answer.candidates for at, answer in self._sets()])
            ),
            "candidates_size": _round(np.mean([len(answer.candidates) for _, answer in self._sets()])),
            "answered": _round(self._answered()),
            "answers_right": _round(self._answers_right()),
            "auroc_rejected": self._auroc_rejected(),
            "classes": self._by_class(),
        }

    def _true(self, at: int) -> str:
        return self.classes[int(self.labels[at])]

    def _sets(self) -> list[tuple[int, Any]]:
        return [(at, answer) for at, answer in enumerate(self.answers) if answer.candidates is not None]

    def _macro_f1_categories(self) -> float:
        inside = self.labels < self.categories
        best = self.probabilities[:, : self.categories].argmax(axis=1)
        return macro_f1(self.labels[inside], best[inside])

    def _answered(self) -> float:
        inside = [answer.category is not None for at, answer in enumerate(self.answers) if self._in_category(at)]
        return float(np.mean(inside)) if inside else 0.0

    def _in_category(self, at: int) -> bool:
        return bool(self.labels[at] < self.categories)

    def _answers_right(self) -> float:
        right = [answer.category == self._true(at) for at, answer in enumerate(self.answers) if answer.category]
        return float(np.mean(right)) if right else 0.0

    def _auroc_rejected(self) -> float | None:
        outside = self.labels >= self.categories
        if not outside.any() or outside.all():
            return None
        return _round(roc_auc_score(outside, self.probabilities[:, self.categories :].sum(axis=1)))

    def _by_class(self) -> dict[str, dict[str, float]]:
        table = precision_recall_fscore_support(
            self.labels, self.probabilities.argmax(axis=1), labels=range(len(self.classes)), zero_division=0.0
        )
        return {
            name: {
                "precision": _round(table[0][at]),
                "recall": _round(table[1][at]),
                "f1": _round(table[2][at]),
                "paragraphs": int(table[3][at]),
            }
            for at, name in enumerate(self.classes)
        }


def measure(judge: Judge, paragraphs: Sequence[Judged], *, context: bool) -> Measured:
    """Let `judge` mark `paragraphs`, each between its neighbours or, without `context`, alone."""
    articles = [[*one.before, one.text, *one.after] if context else [one.text] for one in paragraphs]
    marked = judge.classify_batch(articles)
    at = [len(one.before) if context else 0 for one in paragraphs]
    answers = tuple(article.paragraphs[place] for article, place in zip(marked, at, strict=True))
    return Measured(
        classes=judge.classes,
        categories=len(judge.categories),
        probabilities=np.array([[answer.scores[name] for name in judge.classes] for answer in answers]),
        labels=np.array([judge.classes.index(one.label) for one in paragraphs]),
        answers=answers,
    )


def macro_f1(labels: Integers, predicted: Integers) -> float:
    """Return the mean F1 over the classes that occur."""
    return float(f1_score(labels, predicted, average="macro", zero_division=0.0))


def calibration_error(probabilities: Floats, labels: Integers) -> float:
    """Return the expected calibration error of the likeliest class over ten equal-width bins (Naeini et al. 2015)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(confidence[bins == at].mean() - right[bins == at].mean()) * (bins == at).mean() for at in set(bins)]
    return float(sum(gaps))


def _round(value: Any) -> float:  # noqa: ANN401  NumPy scalars of any kind
    return round(float(value), 4)
