"""Article text -> located paragraphs."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark.marks import Span

Split = Literal["auto", "line", "blank_line", "none"]
"""How an article is cut: at single newlines, at blank lines, not at all, or as the article itself does."""

SPLITS: tuple[Split, ...] = get_args(Split)

# What str.splitlines knows as the end of a line, less the information separators that nobody types.
_NEWLINE = r"(?>\r\n|[\n\r\v\f\u0085\u2028\u2029])"
_LINE_END = re.compile(_NEWLINE)
_BLANK_LINE = re.compile(rf"{_NEWLINE}[^\S\n\r\v\f\u0085\u2028\u2029]*(?:{_NEWLINE}|\u2029)|\u2029")


def locate_paragraphs(text: str, split: Split = "auto") -> list[Span]:
    """Return the extent of each paragraph of `text`, in order, without the white space around it."""
    # Most requests hold one paragraph; splitlines knows every end of a line that the patterns below know.
    if len(text.splitlines()) > 1:
        return list(each_paragraph(text, split))
    extent = trim(text, 0, len(text))
    return [] if extent is None else [extent]


def each_paragraph(text: str, split: Split = "auto") -> Iterator[Span]:
    """Give the extents one by one, for who may want to stop.

    ``auto`` cuts at blank lines where the article uses them and else at single newlines: most wire
    articles hold no blank line at all. Pieces of nothing but white space are no paragraphs.
    """
    start = 0
    for end, resume in chain(_cutter(text, split), ((len(text), len(text)),)):
        extent = trim(text, start, end)
        if extent is not None:
            yield extent
        start = resume


def trim(text: str, start: int, end: int) -> Span | None:
    """Return the extent of what is left between `start` and `end` without outer white space, if anything."""
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    first = start + len(piece) - len(piece.lstrip())
    return first, first + len(inner)


def _cutter(text: str, split: Split) -> Iterator[Span]:
    if split == "none":
        return iter(())
    if split != "line":
        # A blank line before the article or after it cuts nothing.
        first, past = len(text) - len(text.lstrip()), len(text.rstrip())
        if split == "blank_line" or _BLANK_LINE.search(text, first, past):
            return _matches(_BLANK_LINE, text, first, past)
    return _matches(_LINE_END, text, 0, len(text))


def _matches(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Span]:
    return (match.span() for match in pattern.finditer(text, start, end))
