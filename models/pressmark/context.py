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


def neighbours_help(margins: NDArray[np.float64], rule: ContextRule) -> NDArray[np.float64]:
    """Return what to add to the `margins` (paragraphs, classes) of one article, in order; same shape."""
    count = len(margins)
    if count < 2 or rule.strength == 0:
        return np.zeros_like(margins)
    at = np.arange(count)
    first = np.maximum(at - rule.reach, 0)
    last = np.minimum(at + rule.reach + 1, count)
    running = np.vstack([np.zeros(margins.shape[1]), np.cumsum(margins, axis=0)])
    others = running[last] - running[first] - margins
    return rule.strength * others / (last - first - 1)[:, None]
