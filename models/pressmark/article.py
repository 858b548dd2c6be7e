"""Article text -> located paragraphs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from pressmark.marks import Span

Split = Literal["auto", "line", "blank_line", "none"]
"""How an article is cut: at single newlines, at blank lines, not at all, or as the article itself does."""

SPLITS: tuple[Split, ...] = get_args(Split)

# What str.splitlines knows as the end of a line, less the information separators that nobody types.
_NEWLINE = r"(?>\r\n|[\n\r\v\f\u0085\u2028\u2029])"
_LINE_END = re.compile(_NEWLINE)
_BLANK_LINE = re.compile(rf"{_NEWLINE}[^\S\n\r\v\f\u0085\u2028\u2029]*(?:{_NEWLINE}|\u2029)|\u2029")


def locate_paragraphs(text: str, split: Split = "auto") -> list[Span]:
    """Return the extent of each paragraph of `text`, in order, without the white space around it.

    ``auto`` cuts at blank lines where the article uses them and else at single newlines: most wire
    articles hold no blank line at all. Pieces of nothing but white space are no paragraphs.
    """
    # Most requests hold one paragraph; splitlines knows every end of a line that the patterns below know.
    cut = _cutter(text, split) if len(text.splitlines()) > 1 else []
    spans: list[Span] = []
    start = 0
    for end, resume in [*cut, (len(text), len(text))]:
        extent = trim(text, start, end)
        if extent is not None:
            spans.append(extent)
        start = resume
    return spans


def trim(text: str, start: int, end: int) -> Span | None:
    """Return the extent of what is left between `start` and `end` without outer white space, if anything."""
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    first = start + len(piece) - len(piece.lstrip())
    return first, first + len(inner)


def _cutter(text: str, split: Split) -> list[Span]:
    if split == "none":
        return []
    if split == "line":
        return _matches(_LINE_END, text)
    blank = _matches(_BLANK_LINE, text.strip())
    if split == "blank_line" or blank:
        offset = len(text) - len(text.lstrip())
        return [(start + offset, end + offset) for start, end in blank]
    return _matches(_LINE_END, text)


def _matches(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [match.span() for match in pattern.finditer(text)]
