"""Paragraph -> terms: the one analyzer that training and serving share.

A text is cut into words; each word gives its pieces (itself, its stems, for Hangul also the runs of syllables
inside it), and each two neighbouring words give the pair of their stems. Prefixes stand for stems because
Korean particles hang on the end of words and English plurals and tenses do too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressmark.normal import fold, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark.marks import Span

ANALYZER = "words-stems-syllables-pairs/2"
"""Names what `terms` does; a release tells it, and one made with another analyzer is refused."""

_LATIN_STEM = 5
_HANGUL_STEM = 3
_HANGUL_PREFIXES = (1, 2, 3)
# Northern spelling writes whole phrases as one word; what stands inside is found by its syllables.
_HANGUL_INNER = (2, 3)

# Dotted acronyms are one word; a lower-case letter ends a word where a capital follows ("ComradeKim").
# No word holds white space, so that a text may be analysed blank by blank.
_WORD_SHAPES = (
    r"[a-zß-öø-ÿ]+",
    r"(?:[A-Z]\.){2,}",
    r"[A-ZÀ-ÖØ-Þ]+[a-zß-öø-ÿ]*",
    r"[가-힣]+",
    r"[^\W\d_가-힣A-Za-z]+",
)
_WORD = re.compile("|".join(_WORD_SHAPES))
# Wire copy loses the blank behind names that its site sets in bold: "Kim Jong Unreceived".
_GLUED_NAME = re.compile(r"Kim (?:Jong (?:Un|Il)|Il Sung)(?=[a-z])")
# Finds the same words where no blank can be put in; a letter that is not taken for glue above must not be here.
_NO_GLUE = "(?![ß-öø-ÿ])"
_NAMES = (rf"(?<=Kim Jong )(?:Un|Il){_NO_GLUE}", rf"(?<=Kim Il )Sung{_NO_GLUE}")
_WORD_AFTER_NAME = re.compile("|".join((*_NAMES, *_WORD_SHAPES)))
_UNITED_STATES = frozenset({"US", "USA", "U.S.", "U.S.A."})


@dataclass(frozen=True, slots=True)
class Pieces:
    """What one word gives: its terms, the stem it brings to pairs, and the terms that tell it is known.

    `stem` is null and `terms` empty for words that carry nothing (single Latin letters).
    """

    terms: tuple[str, ...]
    stem: str | None
    hangul: bool

    @property
    def telling(self) -> tuple[str, ...]:
        """The word itself and its longest stem: knowing either is knowing the word."""
        return self.terms[:2]


_NOTHING = Pieces((), None, hangul=False)


def tokens(normal: str) -> list[str]:
    """Cut a text in normal form at white space, and behind names that were glued to the next word.

    The words of a text are the words of its tokens, in order.
    """
    if "Kim " in normal:
        normal = _GLUED_NAME.sub(r"\g<0> ", normal)
    return normal.split()


def find_words(token: str) -> list[str]:
    """Cut a token into words, as they are written."""
    return _WORD.findall(token)


def locate_words(normal: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of a text in normal form, with start and end of each."""
    # The look-behind costs a test at every character, so only texts that need it pay for it.
    glued = "Kim " in normal and _GLUED_NAME.search(normal) is not None
    for match in (_WORD_AFTER_NAME if glued else _WORD).finditer(normal):
        yield match.group(), match.start(), match.end()


def pieces(word: str) -> Pieces:
    """Take a word, as written, apart."""
    if "가" <= word[0] <= "힣":
        return _hangul_pieces(word)
    if word in _UNITED_STATES:
        return Pieces(("u.s.",), "u.s.", hangul=False)
    lowered = word.replace(".", "").lower()
    if len(lowered) < 2:
        return _NOTHING
    stem = lowered[:_LATIN_STEM]
    return Pieces((lowered, f"{stem}*") if len(lowered) > len(stem) else (lowered,), stem, hangul=False)


def terms(text: str) -> list[str]:
    """Return all terms of `text`, repeated as often as they occur; any text is allowed."""
    found: list[str] = []
    stems: list[str] = []
    for token in tokens(fold(text)):
        for word in find_words(token):
            taken = pieces(word)
            found.extend(taken.terms)
            if taken.stem is not None:
                stems.append(taken.stem)
    found.extend(map(pair, stems, stems[1:]))
    return found


def locate_terms(text: str) -> Iterator[tuple[str, Span]]:
    """Yield the terms of `text`, each with the span, in `text` as sent, of the word or words it stands in."""
    normal = normalise(text)
    before: tuple[str, int] | None = None
    for word, start, end in locate_words(normal.text):
        taken = pieces(word)
        for term in taken.terms:
            yield term, normal.source(start, end)
        if taken.stem is None:
            continue
        if before is not None:
            yield pair(before[0], taken.stem), normal.source(before[1], end)
        before = taken.stem, start


def pair(first: str, second: str) -> str:
    """Name the term of two neighbouring stems."""
    return f"{first} {second}"


def _hangul_pieces(word: str) -> Pieces:
    prefixes = [f"{word[:size]}*" for size in reversed(_HANGUL_PREFIXES) if len(word) > size]
    inner = [f"*{word[at : at + size]}*" for size in _HANGUL_INNER for at in range(1, len(word) - size + 1)]
    return Pieces((word, *prefixes, *inner), word[:_HANGUL_STEM], hangul=True)
