"""The judge: an article in, its marked paragraphs out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pressmark.article import Split, locate_paragraphs, trim
from pressmark.context import neighbours_help, neighbours_help_many
from pressmark.decision import Calibrations, candidates, decide, logits, setting_numbers, setting_of, softmax
from pressmark.evidence import explain
from pressmark.marks import Article, Paragraph, Summary
from pressmark.release import BUNDLED, Release, ReleaseError, load_release
from pressmark.scoring import FEW, Scorer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from pressmark.decision import Calibration
    from pressmark.marks import Evidence, Reason, Span

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

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


class _Located(NamedTuple):
    """One article cut up: where its paragraphs are and what they say, each extent within the text as sent."""

    spans: list[Span]
    texts: list[str]


class _Found(NamedTuple):
    """What is known of one paragraph when it is decided on; `context` is what its neighbours add to its margins."""

    span: Span
    text: str
    words: int
    known: int
    familiar: bool
    calibration: Calibration
    context: list[float]
    probabilities: list[float]


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
        self._calibrations = Calibrations(release.calibration)
        self._none = [0.0] * len(self.classes)
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
                if any(abs(paragraph.scores[name] - scores[name]) > _GOLDEN_TOLERANCE for name in self.classes):
                    folder = self._release.folder
                    raise ReleaseError(f"{folder}: does not give its golden predictions; it was made by other code")

    def _classify(self, articles: Iterable[str | Sequence[str]], options: Options) -> list[Article]:
        located = [_locate(article, options.split) for article in articles]
        # Here where the rule speaks of articles, below of paragraphs: it is asked once for each.
        helped = [options.context and self._release.context.helps(article.texts) for article in located]
        few = sum(len(article.texts) for article in located) <= FEW
        found = iter(self._find_few(located, helped) if few else self._find_many(located, helped))
        return [self._mark(list(islice(found, len(article.texts))), options) for article in located]

    def _find_few(self, located: list[_Located], helped: list[bool]) -> Iterator[_Found]:
        for (spans, texts), in_article in zip(located, helped, strict=True):
            scored = self._scorer.score(texts)
            # A paragraph of which nothing is known must not lend its neighbours the intercepts.
            margins = [one.margins if one.familiar else self._none for one in scored]
            added = neighbours_help(margins, self._release.context) if in_article else [self._none] * len(margins)
            for span, text, one, context in zip(spans, texts, scored, added, strict=True):
                calibration = self._release.calibration[setting_of(one.words, one.hangul, in_article=in_article)]
                # Where no term is known the offsets must not speak for it: nothing is likelier than anything.
                values = logits(map(add, one.margins, context), calibration) if one.familiar else self._none
                yield _Found(span, text, one.words, one.known, one.familiar, calibration, context, softmax(values))

    def _find_many(self, located: list[_Located], helped: list[bool]) -> Iterator[_Found]:
        """Do what `_find_few` does, in arrays over the paragraphs of all articles."""
        spans = list(chain.from_iterable(article.spans for article in located))
        texts = list(chain.from_iterable(article.texts for article in located))
        scored = self._scorer.score_many(texts)
        counts = [len(article.texts) for article in located]
        margins = scored.margins
        if not scored.familiar.all():
            margins = np.where(scored.familiar[:, None], margins, 0.0)
        added = neighbours_help_many(margins, _owners(counts, helped), self._release.context)
        in_article = helped[0] if len(helped) == 1 else np.repeat(helped, counts)
        settings = setting_numbers(scored.words, scored.hangul, in_article=in_article)
        probabilities = self._calibrations.probabilities(margins + added, settings)
        probabilities[~scored.familiar] = 1 / len(self.classes)
        calibrations = [self._calibrations.each[number] for number in settings.tolist()]
        words, known, familiar = scored.words.tolist(), scored.known.tolist(), scored.familiar.tolist()
        return map(
            _Found._make,
            zip(
                spans, texts, words, known, familiar, calibrations, added.tolist(), probabilities.tolist(), strict=True
            ),
        )

    def _mark(self, found: list[_Found], options: Options) -> Article:
        paragraphs = tuple([self._paragraph(at, one, options) for at, one in enumerate(found)])
        return Article(paragraphs, self._summarise(paragraphs))

    def _paragraph(self, at: int, found: _Found, options: Options) -> Paragraph:
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

    def _objection(self, found: _Found, options: Options) -> Reason | None:
        """Say why a paragraph cannot be judged whatever its scores, if so."""
        if not found.familiar:
            return ("unfamiliar" if found.words else "too_short") if found.text else "empty"
        if not options.abstain:
            return None
        needed = self._release.thresholds
        if found.words < needed.words:
            return "too_short"
        return "unfamiliar" if found.known < needed.known * found.words else None

    def _evidence(self, found: _Found, of: int, most: int) -> Evidence:
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


def _owners(counts: list[int], helped: list[bool]) -> Integers | None:
    """Return for each paragraph in which article it has neighbours: where they do not help, in one of its own."""
    if helped == [True]:
        return None
    lengths = [[count] if together else [1] * count for count, together in zip(counts, helped, strict=True)]
    flat = list(chain.from_iterable(lengths))
    return np.arange(len(flat)).repeat(flat)
