"""Article text -> located paragraphs."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark.marks import Span

Split = Literal["auto", "line", "blank_line", "none"]
"""How an article is cut: at single newlines, at blank lines, not at all, or as the article itself does."""

SPLITS: tuple[Split, ...] = get_args(Split)

# str.splitlines takes them for ends of lines; nobody types them.
_INFORMATION_SEPARATORS = ("\x1c", "\x1d", "\x1e")
_PARAGRAPH_SEPARATOR = "\u2029"
# The lines of a text of nothing but line ends take thirty times its memory; so they are cut in portions.
_PORTION = 65_536


def locate_paragraphs(text: str, split: Split = "auto") -> list[Span]:
    """Return the extent of each paragraph of `text`, in order, without the white space around it."""
    # Most requests hold one paragraph, and nothing that ends a line is printable.
    if text.isprintable():
        extent = trim(text, 0, len(text))
        return [] if extent is None else [extent]
    return list(each_paragraph(text, split))


def each_paragraph(text: str, split: Split = "auto") -> Iterator[Span]:
    """Give the extents one by one, for who may want to stop.

    ``auto`` cuts at blank lines where the article uses them and else at single newlines: most wire
    articles hold no blank line at all. Pieces of nothing but white space are no paragraphs.
    """
    for start, end in _pieces(text, split):
        extent = trim(text, start, end)
        if extent is not None:
            yield extent


def trim(text: str, start: int, end: int) -> Span | None:
    """Return the extent of what is left between `start` and `end` without outer white space, if anything."""
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    first = start + len(piece) - len(piece.lstrip())
    return first, first + len(inner)


def _pieces(text: str, split: Split) -> Iterator[Span]:
    if split == "none":
        return iter([(0, len(text))])
    if split == "line":
        return _lines(text)
    blocks = _blocks(text)
    first_two = list(islice(blocks, 2))
    if split == "auto" and len(first_two) < 2:
        return _lines(text)
    return chain(first_two, blocks)


def _blocks(text: str) -> Iterator[Span]:
    """Give the extents of what lies between blank lines and paragraph separators."""
    start = end = 0
    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        if not line.isspace():
            start, end = (start if end else line_start), line_end
        if end and (line.isspace() or line.endswith(_PARAGRAPH_SEPARATOR)):
            yield start, end
            end = 0
    if end:
        yield start, end


def _lines(text: str) -> Iterator[Span]:
    """Give the extents of the lines, ends included."""
    start = at = 0
    size = _PORTION
    while at < len(text):
        lines = text[at : at + size].splitlines(keepends=True)
        if at + size < len(text):
            lines.pop()  # may go on
            size = _PORTION if lines else 2 * size
        for line in lines:
            at += len(line)
            if not line.endswith(_INFORMATION_SEPARATORS):
                yield start, at
                start = at
    if start < at:
        yield start, at
