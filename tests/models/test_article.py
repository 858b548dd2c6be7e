"""Cutting articles into located paragraphs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import texts

from pressmark import article
from pressmark.article import SPLITS, locate_paragraphs, trim

lines = st.lists(
    st.sampled_from(["word", " ", "\t", "\n", "\r\n", "\u2028", "\u2029", "\x0b", "다", "\u0085", "\x1c", "\r"]),
    max_size=30,
)

# The same cuts, told as patterns.
NEWLINE = r"(?>\r\n|[\n\r\v\f\u0085\u2028\u2029])"
BLANK_LINE = rf"{NEWLINE}[^\S\n\r\v\f\u0085\u2028\u2029]*(?:{NEWLINE}|\u2029)|\u2029"


def cut(text: str, split: str = "auto") -> list[str]:
    return [text[start:end] for start, end in locate_paragraphs(text, split)]


@pytest.mark.parametrize("split", SPLITS)
@given(text=lines.map("".join) | texts)
def test_paragraphs_lie_in_order_and_lose_nothing_but_white_space(text: str, split: str) -> None:
    spans = locate_paragraphs(text, split)
    rest, at = "", 0
    for start, end in spans:
        assert at <= start < end
        rest += text[at:start]
        at = end
        assert text[start:end] == text[start:end].strip()
    rest += text[at:]
    assert rest.strip() == ""


def by_pattern(pattern: str, text: str) -> list[tuple[int, int]]:
    ends = [match.span() for match in re.finditer(pattern, text)]
    pieces = zip([0, *(end for _, end in ends)], [*(start for start, _ in ends), len(text)], strict=True)
    return [extent for start, end in pieces if (extent := trim(text, start, end))]


@pytest.mark.parametrize("portion", [1, 2, 3, 65_536])
def test_cuts_are_where_the_patterns_are(portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article, "_PORTION", portion)

    @given(text=lines.map("".join) | texts)
    def same(text: str) -> None:
        by_line, by_blank_line = by_pattern(NEWLINE, text), by_pattern(BLANK_LINE, text)
        assert locate_paragraphs(text, "line") == by_line
        assert locate_paragraphs(text, "blank_line") == by_blank_line
        assert locate_paragraphs(text) == (by_blank_line if len(by_blank_line) > 1 else by_line)

    same()


def test_single_newlines_part_paragraphs_where_there_is_no_blank_line() -> None:
    assert cut("One.\nTwo.\r\nThree.") == ["One.", "Two.", "Three."]


def test_blank_lines_win_where_the_article_uses_them() -> None:
    assert cut("One,\nstill one.\n \nTwo.") == ["One,\nstill one.", "Two."]


def test_blank_lines_around_the_article_do_not_count_as_use() -> None:
    assert cut("\n\nOne.\nTwo.\n\n") == ["One.", "Two."]


def test_a_rule_asked_for_is_kept() -> None:
    text = "One\ntwo\n\nthree"
    assert cut(text, "line") == ["One", "two", "three"]
    assert cut(text, "blank_line") == ["One\ntwo", "three"]
    assert cut(text, "none") == [text]


def test_nothing_but_white_space_is_no_paragraph() -> None:
    assert cut(" \n\u00a0\n\t") == []
