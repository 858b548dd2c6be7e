"""Margins -> what the neighbours of a paragraph add to them, where they are neighbours in one story."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


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


# Up to here lists are quicker than arrays.
_FEW = 12


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
    marks = sum(_has_page_mark(paragraph[:_OPENING]) for paragraph in paragraphs)
    return marks >= _FEWEST_MARKS and marks >= _LEAST_SHARE_MARKED * len(paragraphs)


def _has_page_mark(opening: str) -> bool:
    # Nearly no paragraph passes the first look, which costs a tenth of the second.
    likely = "면" in opening or "age" in opening or "AGE" in opening or "p." in opening
    return likely and _PAGE_MARK.search(opening) is not None


def neighbours_help(margins: Sequence[Sequence[float]], rule: ContextRule) -> list[list[float]]:
    """Return what to add to the `margins` (paragraphs, classes) of one article, in order; same shape."""
    if len(margins) < 2:
        return [[0.0] * len(row) for row in margins]
    return _few(margins, rule) if len(margins) <= _FEW else _many(margins, rule)


def _few(margins: Sequence[Sequence[float]], rule: ContextRule) -> list[list[float]]:
    added = []
    for at, row in enumerate(margins):
        window = margins[max(at - rule.reach, 0) : at + rule.reach + 1]
        share = rule.strength / (len(window) - 1)
        totals = map(sum, zip(*window, strict=True))
        added.append([share * (total - own) for total, own in zip(totals, row, strict=True)])
    return added


def _many(margins: Sequence[Sequence[float]], rule: ContextRule) -> list[list[float]]:
    own = np.array(margins)
    totals = np.zeros_like(own)
    window = np.zeros(len(own))
    for step in range(-rule.reach, rule.reach + 1):
        if step and abs(step) < len(own):
            here, there = slice(max(-step, 0), len(own) - max(step, 0)), slice(max(step, 0), len(own) + min(step, 0))
            totals[here] += own[there]
            window[here] += 1
    added: list[list[float]] = (totals * (rule.strength / window)[:, None]).tolist()
    return added
