"""Text in one normal form, with the way back: each code point knows where it came from in the text as sent."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pressmark.marks import Span

# Starters that join the character before them (second halves of canonical compositions, among them
# the vowels and final consonants of decomposed Hangul): a cluster must not be cut in front of one.
# tests/models/test_normal.py derives the same set from the Unicode database of the running Python.
_JOINING_STARTERS = (
    "\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u102e"
    "\u1161-\u1175\u11a8-\u11c2\u1b35\U000110ba\U00011127\U0001133e\U00011357\U000114b0\U000114ba"
    "\U000114bd\U000115af\U00011930"
)
_JOINS = re.compile(f"[{_JOINING_STARTERS}]")
# Characters that are not there for a reader: soft hyphen, zero-width space and joiners, byte order mark.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
# The one character whose lower case is longer than itself: folded here, so that no later step moves offsets.
_DOTTED_I = "\u0130"
_ODD = re.compile(f"[{_INVISIBLE}{_DOTTED_I}]")
# Python sorts the marks of a cluster by insertion, which takes seconds for 20,000 of them; no real cluster has so many.
_LONG_CLUSTER = 32
_DROP = {ord(char): None for char in _INVISIBLE} | {ord(_DOTTED_I): "I"}


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text and the source extent of each of its code points.

    The extents are null where the text was in normal form already, so that positions are the same.
    """

    text: str
    starts: tuple[int, ...] | None
    ends: tuple[int, ...] | None

    def source(self, start: int, end: int) -> Span:
        """Turn the non-empty span `start`, `end` of the normal form into one of the text as sent."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def is_normal(text: str) -> bool:
    """Tell whether `text` is its own normal form, which nearly all real text is."""
    return text.isascii() or (unicodedata.is_normalized("NFKC", text) and _ODD.search(text) is None)


def fold(text: str) -> str:
    """Return the normal form alone: NFKC, without invisible characters."""
    if is_normal(text):
        return text
    return "".join(map(_fold_cluster, _clusters(text)))


def normalise(text: str) -> Normal:
    """Return the normal form with its offset map."""
    if is_normal(text):
        return Normal(text, None, None)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for cluster in _clusters(text):
        folded = _fold_cluster(cluster)
        pieces.append(folded)
        starts.extend([position] * len(folded))
        position += len(cluster)
        ends.extend([position] * len(folded))
    return Normal("".join(pieces), tuple(starts), tuple(ends))


def _fold_cluster(cluster: str) -> str:
    if cluster.isascii():
        return cluster
    if len(cluster) > _LONG_CLUSTER:
        cluster = _in_order(cluster)
    return unicodedata.normalize("NFKC", cluster).translate(_DROP)


def _in_order(cluster: str) -> str:
    """Return `cluster` decomposed, with its marks in canonical order: the same text to every normal form."""
    ordered: list[str] = []
    marks: list[str] = []
    for char in chain.from_iterable(unicodedata.normalize("NFKD", char) for char in cluster):
        if unicodedata.combining(char):
            marks.append(char)
        else:
            ordered += [*sorted(marks, key=unicodedata.combining), char]
            marks = []
    return "".join([*ordered, *sorted(marks, key=unicodedata.combining)])


def _clusters(text: str) -> list[str]:
    """Cut `text` where normalising the parts is the same as normalising the whole."""
    clusters: list[str] = []
    start = 0
    for position in range(1, len(text)):
        if _opens_cluster(text[position]):
            clusters.append(text[start:position])
            start = position
    if text:
        clusters.append(text[start:])
    return clusters


def _opens_cluster(char: str) -> bool:
    if char < "\u0300":
        return True
    first = unicodedata.normalize("NFKD", char)[:1]
    return unicodedata.combining(first) == 0 and _JOINS.match(first) is None
