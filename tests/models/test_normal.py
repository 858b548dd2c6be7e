"""The normal form and the way back from it."""

from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from texts import texts

from pressmark.normal import _JOINS, fold, is_normal, normalise


@given(texts)
def test_folding_and_normalising_give_the_same_text(text: str) -> None:
    assert normalise(text).text == fold(text)


@given(texts)
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_every_position_leads_back_to_characters_that_fold_to_it(text: str) -> None:
    normal = normalise(text)
    for at, char in enumerate(normal.text):
        start, end = normal.source(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert char in fold(text[start:end])


def test_composed_and_decomposed_hangul_are_one() -> None:
    assert fold(unicodedata.normalize("NFD", "군사 훈련")) == "군사 훈련"


def test_decomposed_hangul_keeps_its_place() -> None:
    decomposed = unicodedata.normalize("NFD", "인민군 훈련")
    start, end = normalise(decomposed).source(4, 6)
    assert unicodedata.normalize("NFC", decomposed[start:end]) == "훈련"


def test_full_width_forms_and_blanks_fold_to_plain_ones() -> None:
    assert fold("ＫＣＮＡ\u00a0１２") == "KCNA 12"


def test_invisible_characters_vanish() -> None:
    assert fold("mis\u00adsile\u200b") == "missile"


def test_lower_case_never_moves_offsets_after_folding() -> None:
    for code_point in range(sys.maxunicode + 1):
        folded = "" if 0xD800 <= code_point <= 0xDFFF else fold(chr(code_point))
        assert len(folded.lower()) == len(folded), hex(code_point)


def test_joining_starters_are_those_of_the_unicode_database() -> None:
    seconds = set()
    for code_point in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code_point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            second = chr(int(parts[1], 16))
            composed = unicodedata.normalize("NFC", chr(int(parts[0], 16)) + second) == chr(code_point)
            if composed and unicodedata.combining(second) == 0:
                seconds.add(second)
    missing = [hex(ord(char)) for char in seconds if not _JOINS.match(char)]
    assert missing == []


def test_a_long_run_of_marks_folds_to_its_normal_form() -> None:
    """Beyond some length the marks are put in order first, because sorting them by insertion takes seconds."""
    marks = "\u0301\u0327\u0323" * 40
    assert fold(f"a{marks}b") == unicodedata.normalize("NFKC", f"a{marks}b")


def test_plain_text_is_not_rebuilt() -> None:
    assert is_normal("조선인민군의 “훈련”")
    assert normalise("plain").starts is None
