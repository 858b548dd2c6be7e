"""What the judge says of articles."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import texts

if TYPE_CHECKING:
    import pressmark

ENGLISH = (
    "Pyongyang, July 13 (KCNA) -- The General Missile Bureau test-fired a new intercontinental ballistic missile.\n"
    "Farmers of the Ripsok Farm finished rice transplanting and now weed and fertilize the paddy fields.\n"
    "The blast furnace of the Hwanghae Iron and Steel Complex was rebuilt and its pig iron output went up.\n"
    "Party members studied the works on the Juche idea and pledged loyalty to the Party Central Committee."
)
KOREAN = (
    "조선인민군 포병부대들이 방사포 사격훈련을 진행하였다.\n"
    "협동농장들에서 모내기를 끝내고 논벼 비배관리를 하고있다.\n"
    "황해제철련합기업소의 용광로에서 선철생산이 늘어났다.\n"
    "당원들은 주체사상을 깊이 학습하고 당중앙에 충성을 다할것을 맹세하였다."
)
CATEGORIES = ["military", "economy", "industry", "ideology"]


@pytest.mark.parametrize("article", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_an_article_comes_back_with_every_paragraph_marked(judge: pressmark.Judge, article: str) -> None:
    marked = judge.classify(article)
    assert [paragraph.category for paragraph in marked.paragraphs] == CATEGORIES
    assert [article[one.start : one.end] for one in marked.paragraphs] == article.split("\n")


@pytest.mark.parametrize("article", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_decomposed_text_is_marked_alike_and_located_in_itself(judge: pressmark.Judge, article: str) -> None:
    decomposed = unicodedata.normalize("NFD", article)
    marked = judge.classify(decomposed)
    assert [paragraph.category for paragraph in marked.paragraphs] == CATEGORIES
    assert [decomposed[one.start : one.end] for one in marked.paragraphs] == decomposed.split("\n")


@given(texts)
def test_every_paragraph_is_located_and_its_scores_sum_to_one(judge: pressmark.Judge, text: str) -> None:
    for index, paragraph in enumerate(judge.classify(text).paragraphs):
        assert paragraph.index == index
        assert text[paragraph.start : paragraph.end].strip() == text[paragraph.start : paragraph.end] != ""
        assert sum(paragraph.scores.values()) == pytest.approx(1.0, abs=1e-9)
        assert (paragraph.category is None) == (paragraph.reason is not None)
        assert 0 <= paragraph.known_terms <= 1
        assert paragraph.candidates


@given(articles=st.lists(st.lists(texts, max_size=6), max_size=4), context=st.booleans())
def test_a_batch_is_its_articles_one_by_one(
    judge: pressmark.Judge, articles: list[list[str]], *, context: bool
) -> None:
    together = judge.classify_batch(articles, context=context)
    for article, marked in zip(articles, together, strict=True):
        alone = judge.classify(article, context=context)
        for one, other in zip(marked.paragraphs, alone.paragraphs, strict=True):
            assert one.scores == pytest.approx(other.scores, abs=1e-12)
            assert (one.category, one.reason, one.candidates) == (other.category, other.reason, other.candidates)
            assert (one.start, one.end, one.known_terms) == (other.start, other.end, other.known_terms)


def test_neighbours_help_unless_told_not_to(judge: pressmark.Judge) -> None:
    article = [
        "The artillery unit fired rockets at the target island.",
        "It took four minutes.",
        "Soldiers cheered.",
    ]
    alone = judge.classify(article, context=False).paragraphs[1].scores["military"]
    assert judge.classify(article).paragraphs[1].scores["military"] > alone
    assert judge.classify([article[1]]).paragraphs[0].scores["military"] == pytest.approx(alone)


def test_articles_of_a_batch_are_no_context_to_each_other(judge: pressmark.Judge) -> None:
    first, second = judge.classify_batch([["Soldiers fired artillery."], ["It took four minutes."]])
    assert second.paragraphs[0].scores == judge.classify(["It took four minutes."]).paragraphs[0].scores
    assert first.paragraphs[0].category == "military"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \u00a0", "empty"),
        ("2024, 12.5 %", "too_short"),
        ("Xyzzy qwrtpsd vbnmlkj zzzq", "unfamiliar"),
        ("The national football team met the visiting team in a friendly match at the stadium.", "off_topic"),
    ],
)
def test_a_paragraph_that_cannot_be_marked_says_why(judge: pressmark.Judge, text: str, reason: str) -> None:
    paragraph = judge.classify([text]).paragraphs[0]
    assert (paragraph.category, paragraph.reason) == (None, reason)


def test_without_abstaining_any_known_term_gives_a_category(judge: pressmark.Judge) -> None:
    football = "The national football team met the visiting team in a friendly match at the stadium."
    paragraph = judge.classify([football], abstain=False).paragraphs[0]
    assert paragraph.category in judge.categories
    assert paragraph.reason is None


@given(text=texts)
def test_without_a_known_term_nothing_is_ever_named(judge: pressmark.Judge, text: str) -> None:
    for paragraph in judge.classify(text, abstain=False).paragraphs:
        if paragraph.known_terms == 0 and paragraph.reason == "unfamiliar":
            assert paragraph.category is None
            assert len(set(paragraph.scores.values())) == 1


def test_the_summary_counts_characters(judge: pressmark.Judge) -> None:
    marked = judge.classify(ENGLISH)
    lengths = [one.end - one.start for one in marked.paragraphs]
    assert marked.summary.shares["military"] == pytest.approx(lengths[0] / sum(lengths))
    assert marked.summary.dominant == CATEGORIES[lengths.index(max(lengths))]
    assert (marked.summary.paragraphs, marked.summary.abstained) == (4, 0)


def test_an_empty_article_has_no_paragraphs(judge: pressmark.Judge) -> None:
    marked = judge.classify("\n \n")
    assert marked.paragraphs == ()
    assert marked.summary.dominant is None
