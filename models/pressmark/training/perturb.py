"""Damage and variety that real text arrives with, and the share of paragraphs that each gives another label."""

from __future__ import annotations

import random
import re
import unicodedata
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.training.corpus import Judged
from pressmark.training.measure import measure
from pressmark.training.spelling import respell, romanise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pressmark.classifier import Judge

_HANGUL = re.compile("[가-힣]")
_DOUBLE_QUOTED = re.compile(r'"([^"]*)"')
_SINGLE_QUOTED = re.compile(r"(?<!\w)'([^']*)'(?!\w)")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
# Of all characters; scanned newspapers of the 1960s are worse, a good scan of today is better.
_OCR_RATE = 0.01
# What scanners take for each other in Latin print.
_LATIN_SLIPS = {
    "l": "1",
    "1": "l",
    "I": "l",
    "O": "0",
    "0": "O",
    "e": "c",
    "c": "e",
    "h": "b",
    "n": "u",
    "m": "rn",
    "S": "5",
}
# ... and in Hangul: vowels and finals of one stroke more or less, by their place in a syllable block.
_VOWEL_SLIPS = {0: 4, 4: 0, 8: 13, 13: 8, 18: 13, 20: 0, 1: 5, 5: 1}
_FINAL_SLIPS = {0: 4, 4: 0, 16: 21, 21: 16, 8: 1, 1: 8}
_FIRST_SYLLABLE, _FINALS, _VOWELS = 0xAC00, 28, 21


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A change of a paragraph that leaves its subject as it is.

    At most the share `limit` of real paragraphs that it changes may get another likeliest class by it.
    `throughout`: it befalls the neighbours too, as spelling does; else the paragraph alone, as a dateline does.
    """

    name: str
    change: Callable[[str], str]
    limit: float
    throughout: bool


@dataclass(frozen=True, slots=True)
class Flips:
    """What a perturbation did: to how many paragraphs, and the share of them that got another likeliest class.

    `right_before` and `right_after` are the shares of the same paragraphs whose likeliest class is the true one.
    """

    name: str
    limit: float
    language: str
    touched: int
    alone: float
    in_article: float
    right_before: float
    right_after: float

    def figures(self) -> dict[str, Any]:
        """Return everything by name, rounded to four digits."""
        shares = {
            name: round(getattr(self, name), 4) for name in ("alone", "in_article", "right_before", "right_after")
        }
        return {"name": self.name, "language": self.language, "limit": self.limit, "touched": self.touched} | shares


def curly_quotes(text: str) -> str:
    """Set straight quotes and apostrophes as printers do."""
    text = _DOUBLE_QUOTED.sub("\u201c\\1\u201d", text)
    return _SINGLE_QUOTED.sub("\u2018\\1\u2019", text).replace("'", "\u2019")


def full_width(text: str) -> str:
    """Set Latin letters, digits, quotes and marks in the width of an East Asian character."""
    return text.translate(_FULL_WIDTH)


def dateline(text: str) -> str:
    """Put the agency's dateline before the paragraph."""
    return f"(평양 3월 12일발 조선중앙통신) {text}" if _HANGUL.search(text) else f"Pyongyang, March 12 (KCNA) -- {text}"


def page_marker(text: str) -> str:
    """Put before the paragraph where in the newspaper it stands."""
    return f"3면에는 {text}" if _HANGUL.search(text) else f"On Page 3: {text}"


def truncated(text: str, share: float) -> str:
    """Cut the paragraph off after a share of its characters: in a sentence, and often in a word."""
    return text[: max(1, round(len(text) * share))]


def ocr_slips(text: str) -> str:
    """Misread one character in a hundred as a scanner would; the same text gets the same slips."""
    chance = random.Random(zlib.crc32(text.encode()))  # noqa: S311  repeatable damage, no secret
    return "".join(_misread(char, chance) if chance.random() < _OCR_RATE else char for char in text)


def _misread(char: str, chance: random.Random) -> str:
    if char == " ":
        return ""
    if _HANGUL.match(char) is None:
        return _LATIN_SLIPS.get(char, char if not char.isalnum() else f"{char} ")
    rest, final = divmod(ord(char) - _FIRST_SYLLABLE, _FINALS)
    initial, vowel = divmod(rest, _VOWELS)
    if chance.random() < 0.5 and vowel in _VOWEL_SLIPS:
        vowel = _VOWEL_SLIPS[vowel]
    else:
        final = _FINAL_SLIPS.get(final, 0)
    return chr(_FIRST_SYLLABLE + (initial * _VOWELS + vowel) * _FINALS + final)


PERTURBATIONS = (
    Perturbation("NFD", lambda text: unicodedata.normalize("NFD", text), limit=0.0, throughout=True),
    Perturbation("curly quotes", curly_quotes, limit=0.0, throughout=True),
    Perturbation("full-width characters", full_width, limit=0.0, throughout=True),
    Perturbation("ALL CAPS", str.upper, limit=0.05, throughout=True),
    Perturbation("dateline", dateline, limit=0.08, throughout=False),
    Perturbation("page marker", page_marker, limit=0.05, throughout=False),
    Perturbation("other romanisation", romanise, limit=0.07, throughout=True),
    Perturbation("Southern spelling", lambda text: respell(text, to="south"), limit=0.05, throughout=True),
    Perturbation("Northern spelling", lambda text: respell(text, to="north"), limit=0.05, throughout=True),
    Perturbation("OCR slips, 1 in 100", ocr_slips, limit=0.08, throughout=True),
    Perturbation("cut off at 80 %", lambda text: truncated(text, 0.8), limit=0.15, throughout=False),
    Perturbation("cut off at 60 %", lambda text: truncated(text, 0.6), limit=0.25, throughout=False),
)
"""What is measured, each with what is promised of it; the cuts take away subject as well as spelling."""


def count_flips(judge: Judge, paragraphs: Sequence[Judged]) -> list[Flips]:
    """Return what each perturbation does to the `paragraphs` of each language that it changes at all."""
    found = []
    for language in sorted({one.language for one in paragraphs}):
        of_language = [one for one in paragraphs if one.language == language]
        plain = {context: measure(judge, of_language, context=context) for context in (False, True)}
        before = {context: measured.probabilities.argmax(axis=1) for context, measured in plain.items()}
        for perturbation in PERTURBATIONS:
            changed = [_changed(one, perturbation) for one in of_language]
            touched = np.array([new.text != old.text for new, old in zip(changed, of_language, strict=True)])
            if touched.any():
                found.append(_flips(judge, perturbation, changed, touched, before))
    return found


def _changed(one: Judged, perturbation: Perturbation) -> Judged:
    change = perturbation.change
    before, after = one.before, one.after
    if perturbation.throughout:
        before, after = tuple(map(change, before)), tuple(map(change, after))
    return Judged(change(one.text), one.label, one.also, one.language, before, after)


def _flips(
    judge: Judge,
    perturbation: Perturbation,
    changed: Sequence[Judged],
    touched: NDArray[np.bool_],
    before: dict[bool, NDArray[np.int64]],
) -> Flips:
    chosen = [one for one, hit in zip(changed, touched, strict=True) if hit]
    after = {context: measure(judge, chosen, context=context).probabilities.argmax(axis=1) for context in before}
    labels = np.array([judge.classes.index(one.label) for one in chosen])
    flipped = {context: float((after[context] != before[context][touched]).mean()) for context in before}
    return Flips(
        name=perturbation.name,
        limit=perturbation.limit,
        language=chosen[0].language,
        touched=len(chosen),
        alone=flipped[False],
        in_article=flipped[True],
        right_before=float((before[True][touched] == labels).mean()),
        right_after=float((after[True] == labels).mean()),
    )
