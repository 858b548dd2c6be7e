"""The judge: an article in, its marked paragraphs out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.article import Split, locate_paragraphs, trim
from pressmark.decision import candidates, decide
from pressmark.estimation import Estimator, Located
from pressmark.evidence import explain
from pressmark.manifest import ReleaseError
from pressmark.marks import Article, Paragraph, Summary
from pressmark.release import BUNDLED, Release, load_release, read_as_model
from pressmark.scoring import Scorer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pressmark.estimation import Estimate
    from pressmark.marks import Evidence, Reason

    Floats = NDArray[np.float64]

# Golden scores are written with six digits; what differs by more was made by other weights or other code.
_GOLDEN_TOLERANCE = 2e-6


@dataclass(frozen=True, slots=True)
class Options:
    """How an article is to be judged: the choices that a caller has, with what they are by default."""

    split: Split = "auto"
    context: bool = True
    abstain: bool = True
    evidence: int = 0
    candidates: bool = True


class Judge:
    """A released model, ready to mark paragraphs. Pure and safe to share between threads."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._scorer = Scorer(release.vocabulary, release.weights)
        self.name: str = release.manifest["name"]
        self.version: str = release.manifest["version"]
        self.sha256 = release.sha256
        self.classes = release.classes
        self.categories = release.categories
        self._estimator = Estimator(self._scorer, release)
        self.definitions: dict[str, str] = release.manifest["definitions"]

    @property
    def card(self) -> dict[str, Any]:
        """The manifest of the release: metrics, calibration, thresholds, corpus digest, library versions."""
        return self._release.manifest

    def classify(
        self,
        article: str | Sequence[str],
        *,
        split: Split = "auto",
        context: bool = True,
        abstain: bool = True,
        evidence: int = 0,
        candidates: bool = True,
    ) -> Article:
        """Mark one article: a text, which is cut into paragraphs after `split`, or its paragraphs in order.

        `context` lets neighbours help; ``abstain=False`` names the likeliest category wherever any term is
        known; `evidence` is how many terms to give per paragraph; `candidates` asks for the conformal sets.
        """
        options = Options(split, context, abstain, evidence, candidates)
        return self._classify([article], options)[0]

    def classify_batch(
        self,
        articles: Iterable[str | Sequence[str]],
        *,
        split: Split = "auto",
        context: bool = True,
        abstain: bool = True,
        evidence: int = 0,
        candidates: bool = True,
    ) -> list[Article]:
        """Mark many articles as `classify` marks one; none is context to another."""
        return self._classify(articles, Options(split, context, abstain, evidence, candidates))

    def scores(self, paragraphs: Sequence[str]) -> Floats:
        """Return the margins of `paragraphs`, each alone: float64 (paragraphs, classes).

        They equal the ``decision_function`` of the release's scikit-learn pipeline; calibration and
        context come after them.
        """
        margins = [scored.margins for scored in self._scorer.score(paragraphs)]
        return np.array(margins, np.float64).reshape(-1, len(self.classes))

    def replay_golden(self) -> None:
        """Mark the release's golden articles again; raises `ReleaseError` where an answer differs.

        Doing so also warms the scorer.
        """
        for golden in self._release.golden:
            marked = self.classify(golden["paragraphs"])
            expected = golden["scores"]
            for paragraph, scores in zip(marked.paragraphs, expected, strict=True):
                if not all(abs(paragraph.scores[name] - scores[name]) <= _GOLDEN_TOLERANCE for name in self.classes):
                    folder = self._release.folder
                    raise ReleaseError(f"{folder}: does not give its golden predictions; it was made by other code")

    def _classify(self, articles: Iterable[str | Sequence[str]], options: Options) -> list[Article]:
        located = [_locate(article, options.split) for article in articles]
        estimates = self._estimator.estimate(located, context=options.context)
        return [self._mark(list(islice(estimates, len(article.texts))), options) for article in located]

    def _mark(self, estimates: list[Estimate], options: Options) -> Article:
        paragraphs = tuple([self._paragraph(at, one, options) for at, one in enumerate(estimates)])
        return Article(paragraphs, self._summarise(paragraphs))

    def _paragraph(self, at: int, found: Estimate, options: Options) -> Paragraph:
        start, end = found.span
        probabilities, calibration = found.probabilities, found.calibration
        leading, doubt = decide(probabilities, len(self.categories), calibration, abstain=options.abstain)
        reason = self._objection(found, options) or doubt
        evidence = self._evidence(found, leading, options.evidence) if options.evidence and found.familiar else None
        return Paragraph(
            index=at,
            start=start,
            end=end,
            category=None if reason else self.categories[leading],
            confidence=probabilities[leading],
            scores=dict(zip(self.classes, probabilities, strict=True)),
            candidates=candidates(probabilities, self.classes, calibration) if options.candidates else None,
            reason=reason,
            known_terms=found.known / found.words if found.words else 0.0,
            evidence=evidence,
        )

    def _objection(self, found: Estimate, options: Options) -> Reason | None:
        """Say why a paragraph cannot be judged whatever its scores, if so."""
        if not found.familiar:
            return ("unfamiliar" if found.words else "too_short") if found.text else "empty"
        if not options.abstain:
            return None
        needed = self._release.thresholds
        if found.words < needed.words:
            return "too_short"
        return "unfamiliar" if found.known < needed.known * found.words else None

    def _evidence(self, found: Estimate, of: int, most: int) -> Evidence:
        temperature = found.calibration.temperature
        return explain(
            self._scorer,
            found.text,
            offset=found.span[0],
            of=(of, self.classes[of]),
            most=most,
            temperature=temperature,
            context=found.context[of] / temperature,
            intercept=float(self._release.weights.intercepts[of]) / temperature + found.calibration.offsets[of],
        )

    def _summarise(self, paragraphs: tuple[Paragraph, ...]) -> Summary:
        characters = dict.fromkeys(self.categories, 0)
        total = abstained = 0
        for paragraph in paragraphs:
            length = paragraph.end - paragraph.start
            total += length
            if paragraph.category is None:
                abstained += 1
            else:
                characters[paragraph.category] += length
        most = max(characters, key=characters.__getitem__)
        return Summary(
            shares={name: count / (total or 1) for name, count in characters.items()},
            dominant=most if characters[most] else None,
            paragraphs=len(paragraphs),
            abstained=abstained,
        )


def load(folder: str | Path | None = None) -> Judge:
    """Load the bundled release, or the one in `folder`, and prove it on its golden predictions.

    Raises `ReleaseError`, whose message is one line, where the folder is missing, truncated, altered,
    of another format, or made by other code.
    """
    release = load_release(BUNDLED if folder is None else Path(folder))
    with read_as_model(release.folder):
        judge = Judge(release)
        judge.replay_golden()
        return judge


def _locate(article: str | Sequence[str], split: Split) -> Located:
    if isinstance(article, str):
        spans = locate_paragraphs(article, split)
        return Located(spans, [article[start:end] for start, end in spans])
    # A paragraph of nothing but white space keeps its place, as an empty one.
    spans = [trim(paragraph, 0, len(paragraph)) or (0, 0) for paragraph in article]
    return Located(spans, [text[start:end] for text, (start, end) in zip(article, spans, strict=True)])
