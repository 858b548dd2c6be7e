"""The learning curve: how good models trained on less of a corpus are, to tell what more of it would give."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.context import ContextRule
from pressmark.decision import logits
from pressmark.terms import terms
from pressmark.training.calibrate import Margins, calibrate
from pressmark.training.corpus import CorpusError, articles, digest
from pressmark.training.fit import fit
from pressmark.training.measure import macro_f1
from pressmark.training.train import check_examples, judged_margins, scorer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pressmark.training.corpus import Example, Judged
    from pressmark.training.recipe import Recipe
    from pressmark.training.train import Labels, Progress

    Floats = NDArray[np.float64]

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1.0)
SEEDS = 5
ALONE, IN_ARTICLE = "alone", "in its article"
# Calibration is fitted on the other parts of the evaluation file, so that no point is flattered by its offsets.
_PARTS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A model trained on a `share` of the articles: language -> way of reading -> macro-F1 over all and categories."""

    share: float
    seed: int
    paragraphs: dict[str, int]
    scores: dict[str, dict[str, tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Curve:
    """All points, and of which corpus they are."""

    corpus: str
    measured_on: int
    points: tuple[Point, ...]

    def write(self, path: Path) -> None:
        """Write the curve as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")

    @property
    def languages(self) -> list[str]:
        """The languages that it has scores for."""
        return sorted({language for point in self.points for language in point.scores})

    def spread(self, language: str, reading: str) -> list[tuple[float, float, Floats]]:
        """Return for each share its mean number of paragraphs of `language`, and the scores of its seeds (seeds, 2)."""
        found = []
        for share in sorted({point.share for point in self.points}):
            there = [
                point for point in self.points if point.share == share and reading in point.scores.get(language, {})
            ]
            if there:
                counts = [point.paragraphs.get(language, 0) for point in there]
                scores = np.array([point.scores[language][reading] for point in there])
                found.append((share, float(np.mean(counts)), scores))
        return found


def read_curve(path: Path) -> Curve:
    """Read what `Curve.write` wrote; raises `CorpusError` where the file is something else."""
    try:
        found = json.loads(path.read_bytes())
        points = tuple(_point(point) for point in found["points"])
        return Curve(str(found["corpus"]), int(found["measured_on"]), points)
    except OSError as error:
        raise CorpusError([f"{path}: cannot be read: {error.strerror}"]) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorpusError([f"{path}: is no learning curve; make one with 'make learning-curve'"]) from error


def _point(found: dict[str, Any]) -> Point:
    scores = {
        str(language): {str(reading): (float(both[0]), float(both[1])) for reading, both in readings.items()}
        for language, readings in found["scores"].items()
    }
    paragraphs = {str(language): int(count) for language, count in found["paragraphs"].items()}
    return Point(float(found["share"]), int(found["seed"]), paragraphs, scores)


def learning_curve(
    examples: Sequence[Example],
    judged: Sequence[Judged],
    labels: Labels,
    recipe: Recipe,
    progress: Progress,
    *,
    shares: Sequence[float] = SHARES,
    seeds: int = SEEDS,
) -> Curve:
    """Train on growing shares of the articles, several draws of each, and measure each model on `judged`."""
    check_examples(examples, labels)
    documents = [terms(example.text) for example in examples]
    runs = [(share, seed) for share in sorted(shares) for seed in range(1 if share >= 1 else seeds)]
    points = []
    for done, (share, seed) in enumerate(runs, 1):
        drawn = _drawn(examples, share, seed)
        progress("learning from more and more", done, len(runs))
        if not _can_be_learned(examples, drawn, labels):
            continue
        names = [examples[at].label for at in drawn]
        scorer = scorer_of(fit([documents[at] for at in drawn], names, labels.classes, recipe))
        rule = ContextRule(recipe.context_strength, recipe.context_reach)
        parts = [judged_margins(scorer, [one], labels, rule) for one in judged]
        scores = _scores(judged, parts, labels, recipe)
        counts = {language: sum(examples[at].language == language for at in drawn) for language in scores}
        points.append(Point(share, seed, counts, scores))
    return Curve(digest(examples), len(judged), tuple(points))


def _can_be_learned(examples: Sequence[Example], drawn: Sequence[int], labels: Labels) -> bool:
    """Tell whether a draw holds enough of every label: a small share of a small corpus does not."""
    try:
        check_examples([examples[at] for at in drawn], labels)
    except CorpusError:
        return False
    return True


def _drawn(examples: Sequence[Example], share: float, seed: int) -> list[int]:
    """Return the places of the paragraphs of a share of the articles; what a seed draws first it keeps."""
    place = {example.source: at for at, example in enumerate(examples)}
    grouped = articles(examples)
    chosen: list[int] = []
    for language in sorted({example.language for example in examples}):
        names = [name for name, group in grouped.items() if group[0].language == language]
        order = np.random.default_rng(seed).permutation(len(names))[: max(1, round(share * len(names)))]
        chosen += [place[example.source] for at in order.tolist() for example in grouped[names[at]]]
    return sorted(chosen)


def _scores(
    judged: Sequence[Judged], parts: Sequence[Margins], labels: Labels, recipe: Recipe
) -> dict[str, dict[str, tuple[float, float]]]:
    values = dict(_cross_fitted(judged, parts, labels, recipe))
    scores: dict[str, dict[str, tuple[float, float]]] = {}
    for language in sorted({one.language for one in judged}):
        for reading, row in ((ALONE, 0), (IN_ARTICLE, -1)):
            chosen = [at for at, one in enumerate(judged) if one.language == language]
            found = np.array([values[at][row] for at in chosen])
            true = np.array([labels.classes.index(judged[at].label) for at in chosen])
            inside = true < len(labels.categories)
            best = found[:, : len(labels.categories)].argmax(axis=1)
            both = (macro_f1(true, found.argmax(axis=1)), macro_f1(true[inside], best[inside]))
            scores.setdefault(language, {})[reading] = (round(both[0], 4), round(both[1], 4))
    return scores


def _cross_fitted(
    judged: Sequence[Judged], parts: Sequence[Margins], labels: Labels, recipe: Recipe
) -> Iterator[tuple[int, Floats]]:
    """Yield each paragraph's logits, alone first and in its article last, calibrated without its part of the file."""
    part_of = [zlib.crc32(one.text.encode()) % _PARTS for one in judged]
    for number in range(_PARTS):
        others = [margins for margins, part in zip(parts, part_of, strict=True) if part != number]
        if not others:
            continue
        calibration = calibrate(Margins.joined(others), len(labels.categories), recipe.coverage)
        for at, margins in enumerate(parts):
            if part_of[at] == number:
                rows = zip(margins.values.tolist(), margins.settings, strict=True)
                yield at, np.array([logits(row, calibration[setting]) for row, setting in rows])
