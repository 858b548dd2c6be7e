"""The choices of a training run, in one place, with where each figure comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; docs/decisions/0003-terms-and-model.md holds the search that chose the defaults."""

    smoothing: float = 0.3
    ridge_penalty: float = 1.0
    ridge_share: float = 0.5
    fewest_documents: int = 4
    folds: int = 5
    context_strength: float = 0.4
    context_reach: int = 2
    fewest_words: int = 2
    least_known: float = 0.3
    coverage: float = 0.9
    golden_articles: int = 12

    def as_dict(self) -> dict[str, Any]:
        """Return the choices by name, for the manifest."""
        return asdict(self)
