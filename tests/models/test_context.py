"""Neighbours help within one story, and leave page-by-page reviews alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressmark.context import ContextRule, neighbours_help, neighbours_help_many, reviews_pages

if TYPE_CHECKING:
    import pressmark

RULE = ContextRule(strength=0.5, reach=2)
NUMBERS = st.floats(-1e3, 1e3)


def test_neighbours_add_their_mean_margin_at_the_strength_of_the_rule() -> None:
    added = neighbours_help([[1.0, 0.0], [3.0, 2.0], [5.0, 4.0], [100.0, 0.0]], RULE)
    assert added[0] == pytest.approx([2.0, 1.5])
    assert added[3] == pytest.approx([2.0, 1.5])
    assert added[1] == pytest.approx([0.5 * 106 / 3, 0.5 * 4 / 3])


def test_a_paragraph_alone_gets_no_help() -> None:
    assert neighbours_help([[1.0, 2.0]], RULE) == [[0.0, 0.0]]
    assert not RULE.helps(["alone"])


@given(articles=st.lists(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9), min_size=1, max_size=6))
def test_articles_side_by_side_help_as_each_by_itself(articles: list[list[tuple[float, float]]]) -> None:
    rows = np.array([row for article in articles for row in article])
    owners = np.repeat(np.arange(len(articles)), [len(article) for article in articles])
    apart = [row for article in articles for row in neighbours_help(article, RULE)]
    assert neighbours_help_many(rows, owners, RULE) == pytest.approx(np.array(apart), abs=1e-9)
    alone = np.array(articles[0])
    helped = neighbours_help_many(alone, None, RULE)
    assert helped == pytest.approx(np.array(neighbours_help(articles[0], RULE)), abs=1e-9)


@pytest.mark.parametrize(
    ("paragraphs", "reviews"),
    [
        (["On Page 3, the paper writes of rice.", "The fourth page has football.", "Also steel."], True),
        (["노동신문은 1면에 미사일 소식을 실었다.", "2면은 농사 소식이다.", "철강 소식도 있다."], True),
        (["The front page was read.", "The unit fired.", "It hit.", "It flew.", "It fell."], False),
        (["The unit fired.", "It hit the island."], False),
        (["이렇게 하면 생산이 늘어난다.", "농장 면적 31면 이상"], False),
    ],
)
def test_a_page_by_page_review_is_known_by_its_marks(paragraphs: list[str], *, reviews: bool) -> None:
    assert reviews_pages(paragraphs) is reviews


def test_paragraphs_of_a_page_review_are_judged_alone(judge: pressmark.Judge) -> None:
    review = [
        "On Page 1, the paper reports the test-firing of a new anti-aircraft missile.",
        "The second page is given to rice transplanting at co-op farms of South Hwanghae Province.",
        "Page 4 carries the news of the football league and the results of the volleyball matches.",
    ]
    together = [paragraph.scores for paragraph in judge.classify(review).paragraphs]
    assert together == [judge.classify([one]).paragraphs[0].scores for one in review]
