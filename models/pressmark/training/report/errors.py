"""The errors of a judge by kind: which class is taken for which, told by counts and never by a quotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark.training.corpus import Judged
    from pressmark.training.measure import Measured

# From here on an error is one that a reader would have trusted.
SURE = 0.9
_LENGTHS = ((0, 100), (100, 200), (200, 400), (400, None))


@dataclass(frozen=True, slots=True)
class Kind:
    """Paragraphs of class `true` whose likeliest class is `taken_for`."""

    true: str
    taken_for: str
    count: int
    defended: int
    sure: int


def kinds_of_error(measured: Measured, paragraphs: Sequence[Judged]) -> list[Kind]:
    """Return every kind that occurs, the most frequent first; `defended` by ``also``, `sure` at 90 % and more."""
    found: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
    for at, one in enumerate(paragraphs):
        likeliest = int(measured.probabilities[at].argmax())
        taken_for = measured.classes[likeliest]
        if taken_for != one.label:
            sure = float(measured.probabilities[at, likeliest]) >= SURE
            found.setdefault((one.label, taken_for), []).append((taken_for in one.also, sure))
    kinds = [
        Kind(true, taken_for, len(hits), sum(allowed for allowed, _ in hits), sum(sure for _, sure in hits))
        for (true, taken_for), hits in found.items()
    ]
    return sorted(kinds, key=lambda kind: (-kind.count, -kind.sure, kind.true, kind.taken_for))


def errors_by_length(measured: Measured, paragraphs: Sequence[Judged]) -> list[tuple[str, int, int]]:
    """Return for each band of lengths in characters its name, how many paragraphs it holds, and how many are wrong."""
    wrong = measured.probabilities.argmax(axis=1) != measured.labels
    rows = []
    for first, end in _LENGTHS:
        inside = [
            at for at, one in enumerate(paragraphs) if first <= len(one.text) and (end is None or len(one.text) < end)
        ]
        name = f"{first} and more" if end is None else f"{first} to {end - 1}"
        rows.append((name, len(inside), int(wrong[inside].sum())))
    return rows
