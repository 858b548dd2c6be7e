"""Texts of every size that try to make scoring cost more than their size."""

from __future__ import annotations

import random
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from speed import corpus

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def _running_text(language: str) -> str:
    return " ".join(one.text for one in corpus.read(language))


def _text(language: str, characters: int) -> str:
    whole = _running_text(language)
    return (whole * (characters // len(whole) + 1))[:characters]


def _strangers(count: int) -> str:
    drawn = random.Random(1)  # noqa: S311 - words that mean nothing
    return " ".join("".join(drawn.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(count))


def _decomposed(characters: int) -> list[str]:
    return [unicodedata.normalize("NFD", _text("ko", characters))[:characters]]


def _paragraphs(count: int) -> list[str]:
    texts = [one.text for one in corpus.read("en")]
    return (texts * (count // len(texts) + 1))[:count]


SHAPES: dict[str, tuple[str, Callable[[int], list[str]], tuple[int, ...]]] = {
    "one term, repeated": ("times", lambda size: ["missile " * size], (1_000, 10_000, 100_000, 1_000_000)),
    "one English paragraph": ("characters", lambda size: [_text("en", size)], (10**4, 10**5, 10**6, 10**7)),
    "one Korean paragraph": ("characters", lambda size: [_text("ko", size)], (10**4, 10**5, 10**6, 10**7)),
    "paragraphs in one call": ("paragraphs", _paragraphs, (10, 100, 1_000, 10_000)),
    "words never seen": ("words", lambda size: [_strangers(size)], (1_000, 10_000, 100_000, 1_000_000)),
    "one word without an end": ("letters", lambda size: ["a" * size], (10**4, 10**5, 10**6, 10**7)),
    "one Hangul word without an end": ("syllables", lambda size: ["로" * size], (10**4, 10**5, 10**6)),
    "decomposed Hangul": ("characters", _decomposed, (10**4, 10**5, 10**6)),
    "marks upon one letter": ("marks", lambda size: ["a" + "\u0301" * (size // 2) + "\u0323" * (size // 2)],
                              (10**3, 10**4, 10**5)),
}  # fmt: skip
"""What is sent, the unit of its size, how it is made, and the sizes."""

UNITS = {name: unit for name, (unit, _, _) in SHAPES.items()}
