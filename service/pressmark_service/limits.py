"""The size of a request, held against what the service takes."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from pressmark.article import each_paragraph
from pressmark_service.json_rules import pointer
from pressmark_service.problems import ParagraphTooLong, TooManyArticles, TooManyParagraphs, TooManyValues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark.article import Split
    from pressmark_service.json_rules import Path
    from pressmark_service.settings import Settings

# A paragraph with an id takes three; the rest is room for members that are read over.
_VALUES_PER_PARAGRAPH = 5
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRINGS = re.compile(_STRING, re.DOTALL)
# Taken a thousand strings at a time: all at once they would take the memory that is to be saved.
_PORTIONS = re.compile(rb'[^"]*+(?:' + _STRING + rb'[^"]*+){0,1000}', re.DOTALL)


def most_values(settings: Settings) -> int:
    """Return how many JSON values a body may be made of."""
    return _VALUES_PER_PARAGRAPH * max(settings.batch_paragraphs, settings.paragraphs)


def check_values(body: bytes, settings: Settings) -> None:
    """Raise TooManyValues if a body, once read, would be very many small things, seventy times its size.

    What ends a value is counted, so that endless nesting is left to who reads it.
    """
    most = most_values(settings)
    if len(body) <= most or _ends(body) <= most:
        return
    ends = 0
    for portion in _PORTIONS.finditer(body):
        ends += _ends(_STRINGS.sub(b"", portion[0]))
        if ends > most:
            raise TooManyValues(limit=most)


def _ends(body: bytes) -> int:
    return body.count(b",") + body.count(b"}") + body.count(b"]")


def check_article(source: str | Sequence[str], split: Split, settings: Settings, under: Path = ()) -> None:
    """Raise TooManyParagraphs or ParagraphTooLong if the article is beyond a limit."""
    if isinstance(source, str):
        # What is shorter than this can neither hold too long a paragraph nor, newline by newline, too many.
        if len(source) <= min(settings.paragraph_characters, 2 * settings.paragraphs):
            return
        # One more than the limit is enough to know; a body can hold a million.
        extents = list(islice(each_paragraph(source, split), settings.paragraphs + 1))
        _check_count(len(extents), settings, (*under, "text"))
        _check_lengths([end - start for start, end in extents], settings, (*under, "text"), by_item=False)
    else:
        _check_count(len(source), settings, (*under, "paragraphs"))
        _check_lengths([len(text) for text in source], settings, (*under, "paragraphs"), by_item=True)


def check_batch(articles: int, settings: Settings) -> None:
    """Raise TooManyArticles if the batch is beyond the limit."""
    if articles > settings.articles:
        raise TooManyArticles(limit=settings.articles, pointer="#/articles")


class Room:
    """How many paragraphs a batch may still have, all its articles together."""

    def __init__(self, body: bytes, settings: Settings, evidence: int = 0) -> None:
        # Of evidence a batch may ask for as much as one article may.
        explained = settings.paragraphs * settings.evidence_terms // evidence if evidence else settings.batch_paragraphs
        self._most = self._left = min(settings.batch_paragraphs, explained)
        # Each takes at least two bytes, so that most bodies are no matter.
        self._is_counting = len(body) > 2 * self._left

    def take(self, source: str | Sequence[str], split: Split, under: Path = ()) -> None:
        """Count the paragraphs of an article; raise TooManyParagraphs if they no longer fit."""
        if not self._is_counting:
            return
        taken = sum(1 for _ in each_paragraph(source, split)) if isinstance(source, str) else len(source)
        if taken > self._left:
            told = "The batch has too many paragraphs with those of this article. Send smaller batches."
            raise TooManyParagraphs(told, limit=self._most, pointer=pointer(under))
        self._left -= taken


def _check_count(paragraphs: int, settings: Settings, where: Path) -> None:
    if paragraphs > settings.paragraphs:
        raise TooManyParagraphs(limit=settings.paragraphs, pointer=pointer(where))


def _check_lengths(lengths: Sequence[int], settings: Settings, where: Path, *, by_item: bool) -> None:
    for at, length in enumerate(lengths):
        if length > settings.paragraph_characters:
            item = (*where, at) if by_item else where
            raise ParagraphTooLong(limit=settings.paragraph_characters, pointer=pointer(item))
