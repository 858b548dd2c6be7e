"""The size of an article, held against what the service takes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pressmark.article import each_paragraph
from pressmark_service.json_rules import pointer
from pressmark_service.problems import ParagraphTooLong, TooManyArticles, TooManyParagraphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark.article import Split
    from pressmark_service.json_rules import Path
    from pressmark_service.settings import Settings


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


def _check_count(paragraphs: int, settings: Settings, where: Path) -> None:
    if paragraphs > settings.paragraphs:
        raise TooManyParagraphs(limit=settings.paragraphs, pointer=pointer(where))


def _check_lengths(lengths: Sequence[int], settings: Settings, where: Path, *, by_item: bool) -> None:
    for at, length in enumerate(lengths):
        if length > settings.paragraph_characters:
            item = (*where, at) if by_item else where
            raise ParagraphTooLong(limit=settings.paragraph_characters, pointer=pointer(item))
