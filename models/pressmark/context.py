"""Margins -> what the neighbours of a paragraph add to them, where they are neighbours in one story."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# What a review of a newspaper says where it turns to the next story: "On Page 3", "the second page", 3면.
_PAGE_MARK = re.compile(
    r"\b(?:front|first|second|third|fourth|fifth|sixth|last|back|inside|\d(?:st|nd|rd|th)) pages?\b"
    r"|\bp(?:age|ages|p?\.) ?(?:\d|one|two|three|four|five|six)\b"
    r"|(?<!\d)[1-8]면|(?:첫|마지막|끝|다음|같은) 면",
    re.IGNORECASE,
)
# Where in a paragraph such a mark stands: in its first clause or two.
_OPENING = 100
_FEWEST_MARKS = 2
_LEAST_SHARE_MARKED = 0.25


@dataclass(frozen=True, slots=True)
class ContextRule:
    """How much neighbours count: `strength` times the mean margin of up to `reach` paragraphs on each side."""

    strength: float
    reach: int

    def helps(self, paragraphs: Sequence[str]) -> bool:
        """Tell whether the paragraphs of this article help each other.

        Those of a page-by-page review of a newspaper do not: each tells another story.
        """
        return len(paragraphs) > 1 and self.strength > 0 and not reviews_pages(paragraphs)


def reviews_pages(paragraphs: Sequence[str]) -> bool:
    """Tell whether an article goes through a newspaper page by page, by the marks of its paragraphs."""
    openings = [paragraph[:_OPENING] for paragraph in paragraphs]
    if not _may_have_page_mark("\n".join(openings)):  # as nearly no article has
        return False
    marks = sum(_may_have_page_mark(opening) and _PAGE_MARK.search(opening) is not None for opening in openings)
    return marks >= _FEWEST_MARKS and marks >= _LEAST_SHARE_MARKED * len(paragraphs)


def _may_have_page_mark(text: str) -> bool:
    # A look for what every mark holds costs a tenth of the search.
    return "면" in text or "p." in (lowered := text.lower()) or "page" in lowered


def neighbours_help(margins: Sequence[Sequence[float]], rule: ContextRule) -> list[list[float]]:
    """Return what to add to the `margins` (paragraphs, classes) of one article, in order; same shape."""
    added = []
    for at, row in enumerate(margins):
        window = margins[max(at - rule.reach, 0) : at + rule.reach + 1]
        share = rule.strength / max(len(window) - 1, 1)
        totals = map(sum, zip(*window, strict=True))
        added.append([share * (total - own) for total, own in zip(totals, row, strict=True)])
    return added


def neighbours_help_many(margins: Floats, owners: Integers | None, rule: ContextRule) -> Floats:
    """Return what to add to the `margins` (paragraphs, classes) of many paragraphs, in order; same shape.

    Only those with the same one of `owners` (paragraphs,) are neighbours; null stands for one article.
    """
    totals = np.zeros_like(margins)
    window = np.zeros((len(margins), 1))
    for step in range(1, min(rule.reach, len(margins) - 1) + 1):
        before, after, near = margins[:-step], margins[step:], 1.0
        if owners is not None:
            near = (owners[step:] == owners[:-step])[:, None]
            before, after = before * near, after * near
        totals[step:] += before
        totals[:-step] += after
        window[step:] += near
        window[:-step] += near
    totals *= rule.strength / np.maximum(window, 1.0)
    return totals
