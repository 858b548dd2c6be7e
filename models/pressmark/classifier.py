"""The judge: an article in, its marked paragraphs out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.article import Split, locate_paragraphs, trim
from pressmark.context import neighbours_help
from pressmark.decision import candidates, decide, logits, setting_of, softmax
from pressmark.evidence import explain
from pressmark.marks import Article, Paragraph, Summary
from pressmark.release import BUNDLED, Release, ReleaseError, load_release
from pressmark.scoring import Scored, Scorer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pressmark.marks import Evidence, Reason, Span

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


@dataclass(frozen=True, slots=True, eq=False)
class _Located:
    """One article cut up: where its paragraphs are and what they say, each extent within `text` as sent."""

    spans: list[Span]
    texts: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """What the numbers say of one article: per paragraph its context, logits, probabilities and setting."""

    context: Floats
    logits: Floats
    probabilities: Floats
    settings: list[str]


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
        return self._scorer.score(paragraphs).margins

    def replay_golden(self) -> None:
        """Mark the release's golden articles again; raises `ReleaseError` where an answer differs.

        Doing so also warms the scorer.
        """
        for golden in self._release.golden:
            marked = self.classify(golden["paragraphs"])
            expected = golden["scores"]
            for paragraph, scores in zip(marked.paragraphs, expected, strict=True):
                if any(abs(paragraph.scores[name] - scores[name]) > _GOLDEN_TOLERANCE for name in self.classes):
                    folder = self._release.folder
                    raise ReleaseError(f"{folder}: does not give its golden predictions; it was made by other code")

    def _classify(self, articles: Iterable[str | Sequence[str]], options: Options) -> list[Article]:
        located = [_locate(article, options.split) for article in articles]
        scored = self._scorer.score([text for article in located for text in article.texts])
        marked: list[Article] = []
        start = 0
        for article in located:
            end = start + len(article.texts)
            marked.append(self._mark(article, _slice(scored, start, end), options))
            start = end
        return marked

    def _mark(self, article: _Located, scored: Scored, options: Options) -> Article:
        judged = self._judge(scored, context=options.context)
        paragraphs = tuple(self._paragraph(at, article, scored, judged, options) for at in range(len(article.texts)))
        return Article(paragraphs, self._summarise(paragraphs))

    def _judge(self, scored: Scored, *, context: bool) -> _Judged:
        margins = np.where(scored.familiar[:, None], scored.margins, 0.0)
        rule = self._release.context
        in_article = context and rule.helps(len(margins))
        added = neighbours_help(margins, rule) if in_article else np.zeros_like(margins)
        settings = [
            setting_of(words, hangul, in_article=in_article)
            for words, hangul in zip(scored.words.tolist(), scored.hangul.tolist(), strict=True)
        ]
        calibrated = np.zeros_like(margins)
        for setting in set(settings):
            chosen = np.array([name == setting for name in settings])
            sums = margins[chosen] + added[chosen]
            calibrated[chosen] = logits(sums, self._release.calibration[setting])
        # Where no term is known the offsets must not speak for it: nothing is likelier than anything.
        calibrated[~scored.familiar] = 0.0
        return _Judged(added, calibrated, softmax(calibrated), settings)

    def _paragraph(self, at: int, article: _Located, scored: Scored, judged: _Judged, options: Options) -> Paragraph:
        calibration = self._release.calibration[judged.settings[at]]
        probabilities: list[float] = judged.probabilities[at].tolist()
        decision = decide(probabilities, len(self.categories), calibration, abstain=options.abstain)
        reason = self._objection(scored, at, article.texts[at], options) or decision.reason
        start, end = article.spans[at]
        words = int(scored.words[at])
        return Paragraph(
            index=at,
            start=start,
            end=end,
            category=None if reason else self.categories[decision.leading],
            confidence=probabilities[decision.leading],
            scores=dict(zip(self.classes, probabilities, strict=True)),
            candidates=candidates(probabilities, self.classes, calibration) if options.candidates else None,
            reason=reason,
            known_terms=int(scored.known[at]) / words if words else 0.0,
            evidence=self._evidence(at, article, judged, decision.leading, options.evidence)
            if options.evidence and scored.familiar[at]
            else None,
        )

    def _objection(self, scored: Scored, at: int, text: str, options: Options) -> Reason | None:
        """Say why a paragraph cannot be judged whatever its scores, if so."""
        words, known = int(scored.words[at]), int(scored.known[at])
        needed = self._release.thresholds
        if not text:
            return "empty"
        if words == 0:
            return "too_short"
        if not scored.familiar[at]:
            return "unfamiliar"
        if not options.abstain:
            return None
        if words < needed.words:
            return "too_short"
        return "unfamiliar" if known < needed.known * words else None

    def _evidence(self, at: int, article: _Located, judged: _Judged, of: int, most: int) -> Evidence:
        calibration = self._release.calibration[judged.settings[at]]
        return explain(
            self._scorer,
            article.texts[at],
            offset=article.spans[at][0],
            of=(of, self.classes[of]),
            most=most,
            temperature=calibration.temperature,
            context=float(judged.context[at, of]) / calibration.temperature,
            intercept=float(self._release.weights.intercepts[of]) / calibration.temperature + calibration.offsets[of],
        )

    def _summarise(self, paragraphs: tuple[Paragraph, ...]) -> Summary:
        characters = dict.fromkeys(self.categories, 0)
        for paragraph in paragraphs:
            if paragraph.category is not None:
                characters[paragraph.category] += paragraph.end - paragraph.start
        total = sum(paragraph.end - paragraph.start for paragraph in paragraphs)
        shares = {name: count / total if total else 0.0 for name, count in characters.items()}
        most = max(shares, key=lambda name: shares[name])
        return Summary(
            shares=shares,
            dominant=most if shares[most] else None,
            paragraphs=len(paragraphs),
            abstained=sum(paragraph.category is None for paragraph in paragraphs),
        )


def load(folder: str | Path | None = None) -> Judge:
    """Load the bundled release, or the one in `folder`, and prove it on its golden predictions.

    Raises `ReleaseError`, whose message is one line, where the folder is missing, truncated, altered,
    of another format, or made by other code.
    """
    judge = Judge(load_release(BUNDLED if folder is None else Path(folder)))
    judge.replay_golden()
    return judge


def _locate(article: str | Sequence[str], split: Split) -> _Located:
    if isinstance(article, str):
        spans = locate_paragraphs(article, split)
        return _Located(spans, [article[start:end] for start, end in spans])
    # A paragraph of nothing but white space keeps its place, as an empty one.
    spans = [trim(paragraph, 0, len(paragraph)) or (0, 0) for paragraph in article]
    return _Located(spans, [text[start:end] for text, (start, end) in zip(article, spans, strict=True)])


def _slice(scored: Scored, start: int, end: int) -> Scored:
    return Scored(
        margins=scored.margins[start:end],
        words=scored.words[start:end],
        known=scored.known[start:end],
        hangul=scored.hangul[start:end],
        familiar=scored.familiar[start:end],
    )
