"""A training run: corpus in, sealed release folder out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.context import ContextRule, neighbours_help
from pressmark.decision import SCRIPTS, script_of
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
    calibration = calibrate(folded, len(labels.categories), recipe.coverage)
    return Trained(fitted, labels, _fold_figures(folded, examples), as_figures(calibration))


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


def context_margins(scorer: Scorer, judged: Sequence[Judged], labels: Labels, rule: ContextRule) -> Margins:
    """Return the margins of paragraphs to calibrate on, each between its neighbours."""
    values, scripts = [], []
    for one in judged:
        scored = scorer.score([*one.before, one.text, *one.after])
        at = len(one.before)
        values.append((scored.margins + neighbours_help(scored.margins, rule))[at])
        scripts.append(script_of(int(scored.words[at]), int(scored.hangul[at])))
    return Margins(np.array(values), np.array([labels.classes.index(one.label) for one in judged]), scripts)


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
    examples: Sequence[Example], documents: list[list[str]], labels: Labels, recipe: Recipe, progress: Progress
) -> Margins:
    """Return margins of every example, context included, from a model that saw nothing of its article."""
    rule = ContextRule(recipe.context_strength, recipe.context_reach)
    fold = np.array([fold_of(example.article, recipe.folds) for example in examples])
    values = np.zeros((len(examples), len(labels.classes)))
    scripts = [SCRIPTS[0]] * len(examples)
    place = {id(example): at for at, example in enumerate(examples)}
    for number in range(recipe.folds):
        progress("cross-validating", number, recipe.folds)
        inside = np.flatnonzero(fold != number)
        scorer = scorer_of(
            fit([documents[at] for at in inside], [examples[at].label for at in inside], labels.classes, recipe)
        )
        held_out = [examples[at] for at in np.flatnonzero(fold == number)]
        for group in articles(held_out).values():
            scored = scorer.score([example.text for example in group])
            together = scored.margins + neighbours_help(scored.margins, rule)
            for row, example in enumerate(group):
                values[place[id(example)]] = together[row]
                scripts[place[id(example)]] = script_of(int(scored.words[row]), int(scored.hangul[row]))
    progress("cross-validating", recipe.folds, recipe.folds)
    return Margins(values, np.array([labels.classes.index(example.label) for example in examples]), scripts)


def _fold_figures(margins: Margins, examples: Sequence[Example]) -> dict[str, Any]:
    predicted = margins.values.argmax(axis=1)
    figures: dict[str, Any] = {"macro_f1": round(macro_f1(margins.labels, predicted), 4)}
    for language in sorted({example.language for example in examples} - {""}):
        of_language = np.array([example.language == language for example in examples])
        figures[f"macro_f1_{language}"] = round(macro_f1(margins.labels[of_language], predicted[of_language]), 4)
    return figures
