"""Margins -> what the neighbours of a paragraph add to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ContextRule:
    """How much neighbours count: `strength` times the mean margin of up to `reach` paragraphs on each side."""

    strength: float
    reach: int

    def helps(self, paragraphs: int) -> bool:
        """Tell whether an article of so many paragraphs gives any of them help."""
        return paragraphs > 1 and self.strength > 0


def neighbours_help(margins: NDArray[np.float64], rule: ContextRule) -> NDArray[np.float64]:
    """Return what to add to the `margins` (paragraphs, classes) of one article, in order; same shape."""
    count = len(margins)
    if not rule.helps(count):
        return np.zeros_like(margins)
    at = np.arange(count)
    first = np.maximum(at - rule.reach, 0)
    last = np.minimum(at + rule.reach + 1, count)
    running = np.vstack([np.zeros(margins.shape[1]), np.cumsum(margins, axis=0)])
    others = running[last] - running[first] - margins
    return np.asarray(rule.strength * others / (last - first - 1)[:, None])
