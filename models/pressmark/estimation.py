"""Articles cut up -> what is known of each paragraph when it is decided on: its probabilities and how it came to them.

A few paragraphs go through lists, many through arrays, each way where it is the quicker one.
"""

from __future__ import annotations

from itertools import chain
from operator import add
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pressmark.context import neighbours_help, neighbours_help_many
from pressmark.decision import Calibrations, logits, setting_numbers, setting_of, softmax
from pressmark.scoring import FEW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from pressmark.decision import Calibration
    from pressmark.marks import Span
    from pressmark.release import Release
    from pressmark.scoring import Scorer

    Integers = NDArray[np.int64]


class Located(NamedTuple):
    """One article cut up: where its paragraphs are and what they say, each extent within the text as sent."""

    spans: list[Span]
    texts: list[str]


class Estimate(NamedTuple):
    """What is known of one paragraph; `context` is what its neighbours add to its margins."""

    span: Span
    text: str
    words: int
    known: int
    familiar: bool
    calibration: Calibration
    context: list[float]
    probabilities: list[float]


class Estimator:
    """Estimates probabilities as a release does it. Safe to share between threads."""

    def __init__(self, scorer: Scorer, release: Release) -> None:
        self._scorer = scorer
        self._rule = release.context
        self._calibrations = Calibrations(release.calibration)
        self._by_setting = release.calibration
        self._none = [0.0] * len(release.classes)

    def estimate(self, articles: Sequence[Located], *, context: bool) -> Iterator[Estimate]:
        """Yield every paragraph of `articles`, in order; with `context` neighbours help where they may."""
        helped = [context and self._rule.helps(article.texts) for article in articles]
        few = sum(len(article.texts) for article in articles) <= FEW
        return self._few(articles, helped) if few else self._many(articles, helped)

    def _few(self, articles: Sequence[Located], helped: list[bool]) -> Iterator[Estimate]:
        for (spans, texts), in_article in zip(articles, helped, strict=True):
            scored = self._scorer.score(texts)
            # A paragraph of which nothing is known must not lend its neighbours the intercepts.
            margins = [one.margins if one.familiar else self._none for one in scored]
            added = neighbours_help(margins, self._rule) if in_article else [self._none] * len(margins)
            for span, text, one, context in zip(spans, texts, scored, added, strict=True):
                calibration = self._by_setting[setting_of(one.words, one.hangul, in_article=in_article)]
                # Where no term is known the offsets must not speak for it: nothing is likelier than anything.
                values = logits(map(add, one.margins, context), calibration) if one.familiar else self._none
                yield Estimate(span, text, one.words, one.known, one.familiar, calibration, context, softmax(values))

    def _many(self, articles: Sequence[Located], helped: list[bool]) -> Iterator[Estimate]:
        """Do what `_few` does, in arrays over the paragraphs of all articles."""
        spans = list(chain.from_iterable(article.spans for article in articles))
        texts = list(chain.from_iterable(article.texts for article in articles))
        scored = self._scorer.score_many(texts)
        margins = scored.margins
        if not scored.familiar.all():
            margins = np.where(scored.familiar[:, None], margins, 0.0)
        counts = [len(article.texts) for article in articles]
        added = neighbours_help_many(margins, _owners(counts, helped), self._rule)
        in_article = helped[0] if len(helped) == 1 else np.repeat(helped, counts)
        settings = setting_numbers(scored.words, scored.hangul, in_article=in_article)
        probabilities = self._calibrations.probabilities(margins + added, settings)
        probabilities[~scored.familiar] = 1 / len(self._none)
        columns = (scored.words, scored.known, scored.familiar)
        words, known, familiar = (column.tolist() for column in columns)
        calibrations = map(self._calibrations.each.__getitem__, settings.tolist())
        rows = (added.tolist(), probabilities.tolist())
        return map(Estimate._make, zip(spans, texts, words, known, familiar, calibrations, *rows, strict=True))


def _owners(counts: list[int], helped: list[bool]) -> Integers | None:
    """Return for each paragraph in which article it has neighbours: where they do not help, in one of its own."""
    if helped == [True]:
        return None
    lengths = [[count] if together else [1] * count for count, together in zip(counts, helped, strict=True)]
    flat = list(chain.from_iterable(lengths))
    return np.arange(len(flat)).repeat(flat)
