"""Margins -> what the neighbours of a paragraph add to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ContextRule:
    """How much neighbours count: `strength` times the mean margin of up to `reach` paragraphs on each side."""

    strength: float
    reach: int

    def helps(self, paragraphs: int) -> bool:
        """Tell whether an article of so many paragraphs gives any of them help."""
        return paragraphs > 1 and self.strength > 0


def neighbours_help(margins: Sequence[Sequence[float]], rule: ContextRule) -> list[list[float]]:
    """Return what to add to the `margins` (paragraphs, classes) of one article, in order; same shape."""
    count = len(margins)
    if not rule.helps(count):
        return [[0.0] * len(row) for row in margins]
    added = []
    for at, row in enumerate(margins):
        window = margins[max(at - rule.reach, 0) : at + rule.reach + 1]
        share = rule.strength / (len(window) - 1)
        totals = map(sum, zip(*window, strict=True))
        added.append([share * (total - own) for total, own in zip(totals, row, strict=True)])
    return added
