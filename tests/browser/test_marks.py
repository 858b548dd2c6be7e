"""The marked article: what is shown is what the service answered, in English, Korean and stranger scripts."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    Mark = Callable[[str], Any]

pytestmark = pytest.mark.browser

ASTRAL = "🚜🚜 𝒻𝒶𝓇𝓂 The farm harvested rice 🌾 ahead of the plan.\n𠀀 The steel furnace 🏭 was rebuilt."
DECOMPOSED = unicodedata.normalize("NFD", "농장에서 벼를 거두어들이였다. 제강소에서 강재를 생산하였다.")


def sent_text(page: Page) -> str:
    return page.input_value("#text")


def test_an_example_shows_every_paragraph_with_its_text(page: Page, example: Any) -> None:
    text = sent_text(page)
    shown = page.locator(".paragraph .text").all_text_contents()
    assert shown == [text[one["start"] : one["end"]] for one in example["paragraphs"]]


def test_an_example_holds_every_category_and_something_unclear(example: Any) -> None:
    """So that who looks at it sees the whole page at work."""
    found = {one["category"] for one in example["paragraphs"]}
    assert found == {*example["summary"]["shares"], None}


def test_a_paragraph_carries_its_category_and_confidence(page: Page, mark: Mark) -> None:
    answer = mark("The General Missile Bureau test-fired a new ballistic missile on Wednesday.")
    (paragraph,) = answer["paragraphs"]
    assert page.locator(".margin .name").all_text_contents() == [paragraph["category"].capitalize()]
    assert "% sure" in page.inner_text(".margin .confidence")


def test_each_category_has_its_own_colour_and_pattern(page: Page, example: Any) -> None:
    kinds = len(example["summary"]["shares"])
    looks = page.locator(".legend .swatch").evaluate_all(
        "all => all.map(one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).backgroundImage])"
    )
    colours, patterns = ({look[at] for look in looks[:kinds]} for at in (0, 1))
    assert (len(colours), len(patterns)) == (kinds, kinds)


@pytest.mark.parametrize("text", [ASTRAL, DECOMPOSED], ids=["astral", "decomposed"])
def test_words_stand_where_the_service_counted_them(page: Page, mark: Mark, text: str) -> None:
    """Code points in the service, UTF-16 units in the browser."""
    answer = mark(text)
    spans = [
        (term["weight"], start, end)
        for one in answer["paragraphs"]
        for term in one["evidence"]["terms"]
        for start, end in term["spans"]
    ]
    covered = {at for _, start, end in spans for at in range(start, end)}
    expected = "".join(text[at] for at in sorted(covered))
    assert expected
    assert "".join(page.locator(".word").all_text_contents()) == expected
    assert "\n".join(page.locator(".text").all_text_contents()) == text


def test_hover_tells_the_weight(page: Page, mark: Mark) -> None:
    text = "The farm harvested rice."
    evidence = mark(text)["paragraphs"][0]["evidence"]
    word = page.locator(".word").first
    start = text.index(word.inner_text())
    inside = range(start, start + len(word.inner_text()))
    weight = sum(term["weight"] for term in evidence["terms"] if any(at in inside for at, _ in term["spans"]))
    word.hover()
    told = page.inner_text("#tip p").replace("−", "-")
    assert told.split() == [f"{weight:+.2f}", "for" if weight > 0 else "against", evidence["of"].capitalize()]


def test_a_word_that_speaks_against_says_so(page: Page, mark: Mark) -> None:
    """The service's own answer with its weights turned round on the way."""

    def turn_round(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for term in body["paragraphs"][0]["evidence"]["terms"]:
            term["weight"] = -abs(term["weight"])
        route.fulfill(response=answer, json=body)

    page.route("**/v1/classify", turn_round)
    mark("The farm harvested rice.")
    word = page.locator(".word").first
    word.hover()
    told = word.evaluate("one => document.getElementById(one.getAttribute('aria-describedby')).textContent")
    assert re.match(r"−\d\.\d\d against ", told)
    assert page.inner_text("#tip p") == told
    assert word.evaluate("one => getComputedStyle(one).textDecorationStyle") == "dotted"


def test_a_word_of_several_terms_tells_each(page: Page, example: Any) -> None:
    words = page.locator(".paragraph:first-child .word")
    overlapping = words.evaluate_all("all => all.findIndex(one => one.place.terms.length > 1)")
    words.nth(overlapping).hover()
    count = words.nth(overlapping).evaluate("one => one.place.terms.length")
    assert example["paragraphs"][0]["evidence"]
    assert page.locator("#tip li").count() == count


def test_uncertain_paragraphs_look_uncertain(page: Page, mark: Mark) -> None:
    answer = mark("The harvest of rice was good.\n\nQwertz uiop asdfg hjkl yxcv.\n\nRice.")
    reasons = [one["reason"] for one in answer["paragraphs"]]
    assert reasons[1:] == ["unfamiliar", "too_short"]
    assert page.locator(".unmarked .margin .name").all_text_contents() == ["Unfamiliar", "Too short"]
    style = page.locator(".unmarked .body").first.evaluate("one => getComputedStyle(one, '::before').borderLeftStyle")
    assert style == "dashed"


def test_an_unclear_paragraph_names_its_candidates(page: Page, mark: Mark) -> None:
    """The service's own answer, made unclear on its way: no text stays unclear to every model."""

    def make_unclear(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["paragraphs"][0] |= {
            "category": None,
            "reason": "low_confidence",
            "scores": {"military": 0.4, "economy": 0.3, "ideology": 0.05, "industry": 0.2, "other": 0.05},
            "candidates": ["military", "economy", "other"],
        }
        route.fulfill(response=answer, json=body)

    page.route("**/v1/classify", make_unclear)
    mark("The farm harvested rice.")
    shown = page.locator(".unmarked .chip").all_text_contents()
    assert shown == ["Military 40 %", "Economy 30 %", "Industry 20 %", "none of these 5 %"]
    assert page.inner_text(".unmarked .margin .name") == "Unclear"


def test_the_bar_is_the_composition(page: Page, example: Any) -> None:
    shares = [share for share in example["summary"]["shares"].values() if share]
    pieces = page.locator("#bar .piece").evaluate_all("all => all.map(one => Number(one.style.flexGrow))")
    assert pieces[: len(shares)] == pytest.approx(shares, abs=1e-5)
    assert sum(pieces) == pytest.approx(1, abs=1e-5)


def test_why_adds_up(page: Page, mark: Mark) -> None:
    answer = mark("The farm harvested rice.\nThe mill was repaired.")
    page.locator(".why summary").first.click()
    page.locator(".account").wait_for()
    figures = page.locator(".account table").nth(1).locator(".figure").all_text_contents()
    *parts, total = (float(figure.replace("−", "-")) for figure in figures)
    assert total == pytest.approx(answer["paragraphs"][0]["evidence"]["margin"], abs=0.005)
    assert sum(parts) == pytest.approx(total, abs=0.005 * len(figures))


def test_markup_in_an_article_stays_text(page: Page, mark: Mark) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"> The farm harvested <b>rice</b>."
    mark(hostile)
    assert page.locator(".text").all_text_contents() == [hostile]
    assert page.title() == "Pressmark"
    assert page.locator("#article img, #article .text b").count() == 0


def test_korean_is_told_to_be_korean(page: Page, mark: Mark) -> None:
    mark("The farm harvested rice.\n농장에서 벼를 거두었다.")
    assert page.locator(".text").evaluate_all("all => all.map(one => one.lang)") == ["en", "ko"]
