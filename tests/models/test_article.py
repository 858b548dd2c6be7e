"""Cutting articles into located paragraphs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import texts

from pressmark.article import SPLITS, locate_paragraphs

lines = st.lists(
    st.sampled_from(["word", " ", "\t", "\n", "\r\n", "\u2028", "\u2029", "\x0b", "다", "\u0085"]),
    max_size=30,
)


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
