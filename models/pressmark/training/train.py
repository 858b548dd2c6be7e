"""A training run: corpus in, sealed release folder out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.context import ContextRule, neighbours_help_many
from pressmark.decision import setting_of
from pressmark.scoring import Scorer
from pressmark.terms import terms
from pressmark.training.calibrate import Margins, as_figures, calibrate
from pressmark.training.corpus import CorpusError, articles
from pressmark.training.fit import Fitted, fit
from pressmark.training.measure import macro_f1

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pressmark.training.corpus import Example, Judged
    from pressmark.training.recipe import Recipe

    Progress = Callable[[str, int, int], None]

# Fewer cannot be split into folds that each hold something of every label.
_FEWEST_EXAMPLES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The label set of a model: the categories, and the class that means none of them, if any."""

    categories: tuple[str, ...]
    rejected: str | None
    definitions: dict[str, str]

    @property
    def classes(self) -> tuple[str, ...]:
        """Categories first, the rejected class last."""
        return self.categories if self.rejected is None else (*self.categories, self.rejected)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A fitted model with the figures that held-out folds of its own corpus gave."""

    fitted: Fitted
    labels: Labels
    folds: dict[str, Any]
    calibration: dict[str, Any]


def train(examples: Sequence[Example], labels: Labels, recipe: Recipe, progress: Progress) -> Trained:
    """Fit on all `examples`, and on folds of whole articles to calibrate and measure without looking."""
    check_examples(examples, labels)
    documents = _documents(examples, progress)
    names = [example.label for example in examples]
    folded = _fold_margins(examples, documents, labels, recipe, progress)
    progress("fitting on all paragraphs", 0, 1)
    fitted = fit(documents, names, labels.classes, recipe)
    progress("fitting on all paragraphs", 1, 1)
    calibration = calibrate(Margins.joined(list(folded.values())), len(labels.categories), recipe.coverage)
    return Trained(fitted, labels, _fold_figures(folded), as_figures(calibration))


def check_examples(examples: Sequence[Example], labels: Labels) -> None:
    """Raise `CorpusError` where a model cannot be trained on `examples`, with what to do about it."""
    counts = dict.fromkeys(labels.classes, 0)
    faults = []
    for example in examples:
        if example.label in counts:
            counts[example.label] += 1
        else:
            faults.append(f"{example.source}: unknown label {example.label!r}; known are {', '.join(labels.classes)}")
    if len(labels.categories) < 2:
        faults.append(f"the corpus has {len(labels.categories)} label(s); a classifier needs at least two")
    faults.extend(
        f"label {name!r} has {count} paragraphs; it needs at least {_FEWEST_EXAMPLES}"
        for name, count in counts.items()
        if count < _FEWEST_EXAMPLES
    )
    if faults:
        raise CorpusError(faults)


def judged_margins(scorer: Scorer, judged: Sequence[Judged], labels: Labels, rule: ContextRule) -> Margins:
    """Return the margins of paragraphs to calibrate on: each alone, and each with neighbours between them."""
    parts: list[Margins] = []
    for one in judged:
        number = labels.classes.index(one.label)
        texts, at = [*one.before, one.text, *one.after], len(one.before)
        article = _article_margins(scorer, texts, [number] * len(texts), rule)
        parts.extend(_row(margins, at) for margins in article)
    return Margins.joined(parts)


def _article_margins(scorer: Scorer, texts: Sequence[str], labels: Sequence[int], rule: ContextRule) -> list[Margins]:
    """Return the margins of one article's paragraphs, alone and, where there are neighbours, with their help."""
    scored = scorer.score(texts)
    alone = np.array([one.margins for one in scored])
    together = alone + neighbours_help_many(alone, None, rule)
    return [
        Margins(
            values,
            np.array(labels),
            [setting_of(one.words, one.hangul, in_article=in_article) for one in scored],
        )
        for values, in_article in ((alone, False), (together, True))
        if rule.helps(texts) or not in_article
    ]


def _row(margins: Margins, at: int) -> Margins:
    return Margins(margins.values[at : at + 1], margins.labels[at : at + 1], margins.settings[at : at + 1])


def weights_digest(fitted: Fitted) -> str:
    """Return the SHA-256 over everything that scores: what a calibration was fitted to."""
    running = hashlib.sha256(json.dumps([fitted.documents, *fitted.vocabulary.pieces]).encode())
    running.update(json.dumps(fitted.vocabulary.stems).encode())
    for array in (fitted.vocabulary.pairs, fitted.document_frequency, fitted.steps):
        running.update(np.ascontiguousarray(array).tobytes())
    return running.hexdigest()


def scorer_of(fitted: Fitted) -> Scorer:
    """Return a scorer over weights that are not released yet."""
    return Scorer(fitted.vocabulary, fitted.weights)


def fold_of(article: str, folds: int) -> int:
    """Return the fold of an article, by a digest of its name: stable when others come and go."""
    return int.from_bytes(hashlib.sha256(article.encode()).digest()[:4]) % folds


def write_calibration(path: Path, figures: dict[str, Any]) -> None:
    """Write calibration figures as they are committed beside the corpus."""
    path.write_text(json.dumps(figures, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _documents(examples: Sequence[Example], progress: Progress) -> list[list[str]]:
    documents = []
    for at, example in enumerate(examples, 1):
        documents.append(terms(example.text))
        progress("reading terms", at, len(examples))
    return documents


def _fold_margins(
    examples: Sequence[Example],
    documents: list[list[str]],
    labels: Labels,
    recipe: Recipe,
    progress: Progress,
) -> dict[str, Margins]:
    """Return margins by language, from models that each saw nothing of the articles they score."""
    rule = ContextRule(recipe.context_strength, recipe.context_reach)
    fold = np.array([fold_of(example.article, recipe.folds) for example in examples])
    parts: dict[str, list[Margins]] = {}
    for number in range(recipe.folds):
        progress("cross-validating", number, recipe.folds)
        inside = np.flatnonzero(fold != number).tolist()
        scorer = scorer_of(
            fit(
                [documents[at] for at in inside],
                [examples[at].label for at in inside],
                labels.classes,
                recipe,
            )
        )
        for group in articles(examples[at] for at in np.flatnonzero(fold == number).tolist()).values():
            numbers = [labels.classes.index(example.label) for example in group]
            found = _article_margins(scorer, [example.text for example in group], numbers, rule)
            parts.setdefault(group[0].language, []).extend(found)
    progress("cross-validating", recipe.folds, recipe.folds)
    return {language: Margins.joined(found) for language, found in sorted(parts.items())}


def _fold_figures(folded: dict[str, Margins]) -> dict[str, Any]:
    return {
        f"macro_f1 {language} {name}".strip().replace("  ", " "): round(_macro_f1(margins, in_article=in_article), 4)
        for language, margins in folded.items()
        for name, in_article in (("alone", False), ("in article", True))
    }


def _macro_f1(margins: Margins, *, in_article: bool) -> float:
    chosen = np.array([setting.endswith("in article") == in_article for setting in margins.settings])
    if not chosen.any():
        return 0.0
    return macro_f1(margins.labels[chosen], margins.values[chosen].argmax(axis=1))
