"""Medians, spreads and how they are written."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Ratio(NamedTuple):
    """The ratio of two medians, and the least and the largest ratio of one round."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write it as it stands in a table."""
        return f"{short(self.value)} ({short(self.low)}-{short(self.high)})"


def ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """Return the ratio of the medians of two series, measured in the same rounds."""
    rounds = [one / other for one, other in zip(above, below, strict=False)]
    return Ratio(median(above[: len(rounds)]) / median(below[: len(rounds)]), min(rounds), max(rounds))


def short(value: float) -> str:
    """Write a number with as many digits as it deserves."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Write a duration."""
    if seconds >= 1:
        return f"{short(seconds)} s"
    return f"{short(seconds * 1e3)} ms" if seconds >= 1e-3 else f"{short(seconds * 1e6)} us"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first stand to the right."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [head, marks, *rows])
