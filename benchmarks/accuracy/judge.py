"""The judge itself, made by its release recipe from the corpus and calibrated on the evaluation paragraphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pressmark.context import ContextRule
from pressmark.decision import setting_of
from pressmark.training.calibrate import as_figures
from pressmark.training.publish import Edition, publish
from pressmark.training.recipe import Recipe
from pressmark.training.train import scorer_of, train

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pressmark.classifier import Judge
    from pressmark.decision import Calibration
    from pressmark.training.corpus import Example
    from pressmark.training.train import Labels, Progress, Trained

RECIPE = Recipe()
RULE = ContextRule(RECIPE.context_strength, RECIPE.context_reach)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a paragraph is calibrated as: where it stands alone, and where neighbours help it."""

    alone: str
    in_article: str


@dataclass(frozen=True, slots=True, eq=False)
class Trainee:
    """The judge after training, before calibration."""

    trained: Trained
    examples: Sequence[Example]

    def score(self, texts: Sequence[str]) -> tuple[dict[str, NDArray[np.float64]], dict[str, Settings]]:
        """Return, for each text alone, its margins (classes,) and what it is calibrated as."""
        scored = dict(zip(texts, scorer_of(self.trained.fitted).score(texts), strict=True))
        settings = {
            text: Settings(
                alone=setting_of(one.words, one.hangul, in_article=False),
                in_article=setting_of(one.words, one.hangul, in_article=True),
            )
            for text, one in scored.items()
        }
        return {text: np.array(one.margins) for text, one in scored.items()}, settings

    def release(self, calibration: dict[str, Calibration], folder: Path) -> Judge:
        """Publish to `folder`, as `pressmark train` does, with the calibration given."""
        edition = Edition("pressmark", "benchmark", as_figures(calibration), "evaluation paragraphs", {})
        return publish(self.trained, self.examples, RECIPE, edition, folder)


def train_judge(examples: Sequence[Example], labels: Labels, progress: Progress) -> Trainee:
    """Train by the release recipe."""
    return Trainee(train(examples, labels, RECIPE, progress), examples)
