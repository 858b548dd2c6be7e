"""Everyone trained on the same corpus and measured on the same paragraphs."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from accuracy.entrants import score
from accuracy.judge import RULE, train_judge
from accuracy.reviews import measure_reviews
from accuracy.standings import JUDGE, Standing, stand
from accuracy.treatment import Field, articles_of, as_released, best_strength, enter, probabilities, texts_of
from pressmark.cli.progress import progress_shown
from pressmark.training.corpus import CorpusError
from pressmark.training.measure import measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accuracy.entrants import PeerName
    from accuracy.judge import Settings, Trainee
    from accuracy.reviews import ReviewStanding
    from accuracy.treatment import Entry, Predictions
    from pressmark.classifier import Judge
    from pressmark.training.corpus import Example, Judged
    from pressmark.training.train import Labels

# Two ways to the same probability differ by the order of additions.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What all are trained on and measured on."""

    examples: Sequence[Example]
    labels: Labels
    field: Field


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Standings by language, the judge first, and what else is told of the judge.

    `best_strengths` are those it would get were it chosen for as peers are, `folds` its macro-F1 on held-out
    articles of the corpus.
    """

    standings: Mapping[str, Sequence[Standing]]
    best_strengths: Mapping[str, float]
    reviews: Mapping[str, ReviewStanding]
    folds: Mapping[str, float]
    ground: Ground


def hold(
    examples: Sequence[Example], labels: Labels, real: Sequence[Judged], peers: Sequence[PeerName], cache: Path
) -> Outcome:
    """Train the judge and the `peers` on `examples` and measure all on `real`."""
    languages = _languages(examples, real, labels)
    with progress_shown() as progress:
        trainee = train_judge(examples, labels, progress)
    margins, settings = trainee.score(list(dict.fromkeys(text for one in real for text in texts_of(one))))
    ground = Ground(examples, labels, _field(real, labels, settings))
    entry = enter(ground.field, margins, dict.fromkeys(languages, RULE.strength))
    reviews = _released(trainee, ground.field, entry)
    standings, best = {}, {}
    for language in languages:
        _tell(f"{JUDGE}, {language}: measuring")
        best[language] = best_strength(ground.field, margins, language)
        first = Standing(JUDGE, stand(ground.field, entry, language), RULE.strength)
        able = [peer for peer in peers if language in peer.languages]
        standings[language] = [first, *(_stand(peer, language, ground, cache) for peer in able)]
    return Outcome(standings, best, reviews, trainee.trained.folds, ground)


def _languages(examples: Sequence[Example], real: Sequence[Judged], labels: Labels) -> list[str]:
    """Return the languages to measure in; raises `CorpusError` where there is nothing to compare."""
    faults = [f"label {name!r} is none of the corpus's" for name in {one.label for one in real} - set(labels.classes)]
    found = {one.language for one in real}
    faults += [
        f"language {name!r} of an evaluation paragraph is none of the corpus's"
        for name in found - {example.language for example in examples}
    ]
    if not real:
        faults.append("there are no paragraphs to measure on")
    if faults:
        raise CorpusError(sorted(faults))
    return sorted(found)


def _field(real: Sequence[Judged], labels: Labels, settings: Mapping[str, Settings]) -> Field:
    return Field(
        paragraphs=real,
        categories=len(labels.categories),
        labels=np.array([labels.classes.index(one.label) for one in real]),
        settings=[settings[one.text] for one in real],
        articles=articles_of(real),
    )


def _released(trainee: Trainee, field: Field, entry: Entry) -> Mapping[str, ReviewStanding]:
    """Release the judge, prove that what is measured here is what it answers, and let it mark the reviews."""
    predictions, calibration = as_released(field, entry)
    with tempfile.TemporaryDirectory() as scratch:
        judge = trainee.release(calibration, Path(scratch) / "judge")
    _prove(judge, field, predictions)
    return measure_reviews(judge)


def _prove(judge: Judge, field: Field, predictions: Predictions) -> None:
    for context, values in ((False, predictions.alone), (True, predictions.in_article)):
        answered = measure(judge, field.paragraphs, context=context).probabilities
        gap = float(np.abs(answered - probabilities(values)).max())
        if gap > _ROUNDING:
            raise RuntimeError(f"the judge answers otherwise than it is measured here (context {context}): {gap:.1e}")


def _stand(peer: PeerName, language: str, ground: Ground, cache: Path) -> Standing:
    field = ground.field
    asked = dict.fromkeys(text for row in field.rows(language) for text in texts_of(field.paragraphs[row]))
    examples = [example for example in ground.examples if example.language == language]
    scores = score(peer, language, ground.labels.classes, examples, queries=list(asked), cache=cache)
    _tell(f"{peer.title}, {language}: measuring")
    strength = best_strength(field, scores.logits, language)
    entry = enter(field, scores.logits, {language: strength})
    return Standing(peer.title, stand(field, entry, language), strength, scores.choice, scores.versions)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
