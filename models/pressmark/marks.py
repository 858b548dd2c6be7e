"""What a judge says of an article: frozen records, the same for service, command line and notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal["empty", "too_short", "unfamiliar", "off_topic", "low_confidence"]
"""Why a paragraph has no category, from a closed list.

``empty``: nothing but white space. ``too_short``: fewer terms than the release asks for.
``unfamiliar``: too small a share of its terms is known (another language, gibberish). ``off_topic``:
none of the categories. ``low_confidence``: a category leads, but by too little.
"""

Span = tuple[int, int]
"""Start and end, in Unicode code points of the text as sent; ``text[start:end]`` is what is meant."""


@dataclass(frozen=True, slots=True)
class EvidenceTerm:
    """A term, what it added to the margin, and every place where it stands."""

    term: str
    weight: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why `of` got its margin: terms + remainder + context + intercept = margin, exactly.

    The margin is the calibrated logit: the softmax of the margins of all classes gives the scores.
    """

    of: str
    terms: tuple[EvidenceTerm, ...]
    remainder: float
    context: float
    intercept: float
    margin: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, located in its text and marked.

    `confidence` is the probability of `category`; where that is null, of the likeliest category.
    `scores` holds the probability of each category and of ``other``; they sum to one. `candidates` is
    the conformal set (may name ``other``). `known_terms` is the share of its terms the model knows.
    """

    index: int
    start: int
    end: int
    category: str | None
    confidence: float
    scores: dict[str, float]
    candidates: tuple[str, ...] | None
    reason: Reason | None
    known_terms: float
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Summary:
    """An article's composition: the share of each category by characters, of all marked paragraphs."""

    shares: dict[str, float]
    dominant: str | None
    paragraphs: int
    abstained: int


@dataclass(frozen=True, slots=True)
class Article:
    """The marked paragraphs of one article, in order, and their summary."""

    paragraphs: tuple[Paragraph, ...]
    summary: Summary
