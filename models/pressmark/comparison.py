"""What changes between two releases: the paragraphs whose mark flips, and the terms that did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from pressmark.classifier import Judge
    from pressmark.marks import Paragraph

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """A paragraph that two releases mark differently.

    `terms` are those whose pull from the old likeliest class to the new one changed most, each with the
    amount of that change; where the likeliest class stays, those whose weight for it did.
    """

    index: int
    before: str
    after: str
    confidence: tuple[float, float]
    terms: tuple[tuple[str, float], ...]


def compare(before: Judge, after: Judge, paragraphs: Sequence[str], *, most_terms: int = 5) -> Iterator[Change]:
    """Give each change among `paragraphs`, each of which is judged alone."""
    for index, text in enumerate(paragraphs):
        old = before.classify([text], context=False).paragraphs[0]
        new = after.classify([text], context=False).paragraphs[0]
        if mark_of(old) != mark_of(new):
            towards, away = _likeliest(new), _likeliest(old)
            was, is_now = _pulls(before, text, towards, away), _pulls(after, text, towards, away)
            changed = {term: is_now.get(term, 0.0) - was.get(term, 0.0) for term in was.keys() | is_now.keys()}
            terms = sorted(changed.items(), key=lambda item: (-abs(item[1]), item[0]))[:most_terms]
            yield Change(index, mark_of(old), mark_of(new), (old.confidence, new.confidence), tuple(terms))


def mark_of(paragraph: Paragraph) -> str:
    """Return the category, or the reason why there is none."""
    return paragraph.category or f"none ({paragraph.reason})"


def _likeliest(paragraph: Paragraph) -> str:
    return max(paragraph.scores, key=lambda name: paragraph.scores[name])


def _pulls(judge: Judge, text: str, towards: str, away: str) -> dict[str, float]:
    """Return how much each term of a text moves the margin of one class against that of another."""
    scorer = judge._scorer  # noqa: SLF001 - the weights of all terms for all classes have no other door
    numbers, added = scorer.contributions(text)
    pull = _column(judge, added, towards)
    if away != towards:
        pull = pull - _column(judge, added, away)
    return {scorer.vocabulary.term(int(number)): float(weight) for number, weight in zip(numbers, pull, strict=True)}


def _column(judge: Judge, added: Floats, name: str) -> Floats:
    return np.asarray(added[:, judge.classes.index(name)]) if name in judge.classes else np.zeros(len(added))
