"""Why a paragraph got its margin: the terms that moved it most, where they stand, and what is left, adding up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pressmark.marks import Evidence, EvidenceTerm
from pressmark.terms import locate_terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pressmark.marks import Span
    from pressmark.scoring import Scorer


def explain(
    scorer: Scorer,
    paragraph: str,
    *,
    offset: int,
    of: tuple[int, str],
    most: int,
    temperature: float,
    context: float,
    intercept: float,
) -> Evidence:
    """Explain the margin of class `of` (number, name): up to `most` terms, spans shifted by `offset`."""
    number, name = of
    numbers, added = scorer.contributions(paragraph)
    weights: list[float] = (added[:, number] / temperature).tolist()
    order = sorted(range(len(weights)), key=lambda at: (-abs(weights[at]), at))
    named = {scorer.vocabulary.term(int(numbers[at])): weights[at] for at in order[:most]}
    spans = _spans(paragraph, named, offset)
    remainder = sum(weights[at] for at in order[most:])
    return Evidence(
        of=name,
        terms=tuple(EvidenceTerm(term, weight, tuple(spans[term])) for term, weight in named.items()),
        remainder=remainder,
        context=context,
        intercept=intercept,
        margin=sum(weights) + context + intercept,
    )


def _spans(paragraph: str, wanted: Iterable[str], offset: int) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {term: [] for term in wanted}
    for term, (start, end) in locate_terms(paragraph):
        found = spans.get(term)
        if found is not None and (not found or found[-1] != (start + offset, end + offset)):
            found.append((start + offset, end + offset))
    return spans
