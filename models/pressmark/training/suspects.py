"""Training paragraphs whose label is doubted by a model that never saw them: what a reader should look at again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressmark.context import ContextRule
from pressmark.decision import logits, softmax
from pressmark.terms import terms
from pressmark.training.calibrate import Margins, calibrate
from pressmark.training.corpus import Judged, articles
from pressmark.training.fit import fit
from pressmark.training.train import check_examples, fold_of, judged_margins, scorer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark.training.corpus import Example
    from pressmark.training.recipe import Recipe
    from pressmark.training.train import Labels, Progress


@dataclass(frozen=True, slots=True)
class Suspect:
    """A paragraph, how likely its label is to a model that never saw its article, and which is likeliest."""

    example: Example
    probability: float
    likeliest: str

    @property
    def defended(self) -> bool:
        """Whether the likeliest label is one that ``also`` allows."""
        return self.likeliest in self.example.also


def find_suspects(examples: Sequence[Example], labels: Labels, recipe: Recipe, progress: Progress) -> list[Suspect]:
    """Return the paragraphs whose label is not the likeliest, the most doubtful first.

    Self-confidence after Northcutt, Jiang and Chuang (2021): the calibrated probability of the given label
    on held-out folds of whole articles. A paragraph is read alone and between its neighbours, and the
    reading that is kinder to its label counts, so that only what looks wrong both ways comes first.
    """
    check_examples(examples, labels)
    readings, margins = _held_out(examples, labels, recipe, progress)
    kindest: dict[str, Suspect] = {}
    for example, probabilities in zip(readings, _probabilities(margins, labels, recipe), strict=True):
        given = probabilities[labels.classes.index(example.label)]
        if example.source not in kindest or given > kindest[example.source].probability:
            kindest[example.source] = Suspect(example, given, labels.classes[probabilities.index(max(probabilities))])
    doubted = [one for one in kindest.values() if one.likeliest != one.example.label]
    return sorted(doubted, key=lambda one: (one.probability, one.example.source))


def _held_out(
    examples: Sequence[Example], labels: Labels, recipe: Recipe, progress: Progress
) -> tuple[list[Example], Margins]:
    """Return every reading of every paragraph: the paragraph, and its margins from a model without its article."""
    rule = ContextRule(recipe.context_strength, recipe.context_reach)
    documents = [terms(example.text) for example in examples]
    fold = [fold_of(example.article, recipe.folds) for example in examples]
    read: list[Example] = []
    parts: list[Margins] = []
    for number in range(recipe.folds):
        inside = [at for at, held in enumerate(fold) if held != number]
        names = [examples[at].label for at in inside]
        scorer = scorer_of(fit([documents[at] for at in inside], names, labels.classes, recipe))
        for group in articles(examples[at] for at, held in enumerate(fold) if held == number).values():
            judged = [_judged(group, at, rule.reach) for at in range(len(group))]
            parts.append(judged_margins(scorer, judged, labels, rule))
            ways = [1 + rule.helps([*one.before, one.text, *one.after]) for one in judged]
            read += [example for example, count in zip(group, ways, strict=True) for _ in range(count)]
        progress("cross-validating", number + 1, recipe.folds)
    return read, Margins.joined(parts)


def _judged(group: Sequence[Example], at: int, reach: int) -> Judged:
    one = group[at]
    before = tuple(example.text for example in group[max(0, at - reach) : at])
    after = tuple(example.text for example in group[at + 1 : at + 1 + reach])
    return Judged(one.text, one.label, one.also, one.language, before, after)


def _probabilities(margins: Margins, labels: Labels, recipe: Recipe) -> list[list[float]]:
    calibration = calibrate(margins, len(labels.categories), recipe.coverage)
    rows = zip(margins.values.tolist(), margins.settings, strict=True)
    return [softmax(logits(row, calibration[setting])) for row, setting in rows]
