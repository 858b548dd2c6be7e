"""The accuracy benchmark measures what it says, and its own articles are no training text."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from accuracy.entrants import PEERS
from accuracy.figures import Figure, macro_f1, measure, resamples
from accuracy.treatment import Field, articles_of, enter
from environments import lock_file
from pressmark.training.corpus import Judged, articles, read_corpus

REPOSITORY = Path(__file__).parents[2]
REVIEWS = REPOSITORY / "benchmarks" / "accuracy" / "page-reviews.jsonl"


def judged(text: str, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Judged:
    return Judged(text, "economy", (), "en", before, after)


@pytest.mark.parametrize("occurring", [5, 3])
def test_macro_f1_is_that_of_scikit_learn(occurring: int) -> None:
    chance = np.random.default_rng(1)
    labels, predicted = chance.integers(0, occurring, (2, 60))
    expected = f1_score(labels, predicted, average="macro", zero_division=0.0)
    assert macro_f1(labels, predicted, 5) == pytest.approx(expected)


def test_resamples_take_whole_articles() -> None:
    for rows in resamples([0, 0, 1, 2, 2])[:50]:
        counts = np.bincount(rows, minlength=5)
        assert counts[0] == counts[1]
        assert counts[3] == counts[4]


def test_a_classifier_has_no_lead_over_itself() -> None:
    labels = np.array([0, 1, 2, 0, 1, 2])
    figure = measure(labels, [labels[::-1]], 3, np.arange(6), resamples(range(6)))
    lead = figure.lead_over(Figure(figure.value, figure.resampled))
    assert (lead.value, lead.low, lead.high) == (0, 0, 0)


def test_paragraphs_that_share_a_neighbour_are_of_one_article() -> None:
    first, second, third = judged("a", after=("b",)), judged("c", before=("b",)), judged("d", after=("e",))
    numbers = articles_of([first, second, third])
    assert numbers[0] == numbers[1]
    assert numbers[0] != numbers[2]


def test_peers_get_their_neighbours_help_as_the_judge_does() -> None:
    field = Field([judged("a", before=("b",), after=("c",)), judged("d")], 4, np.array([0, 1]), [], [0, 1])
    scores = {text: np.full(5, float(at)) for at, text in enumerate("abcd", 1)}
    entry = enter(field, scores, {"en": 0.5})
    assert entry.alone[:, 0].tolist() == [1, 4]
    assert entry.in_article[:, 0].tolist() == [1 + 0.5 * (2 + 3) / 2, 4]
    assert entry.helped.tolist() == [True, False]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_there_are_five_page_by_page_reviews_in_each_language(language: str) -> None:
    reviews = articles(one for one in read_corpus([REVIEWS]) if one.language == language)
    assert len(reviews) == 5
    for paragraphs in reviews.values():
        assert 5 <= len(paragraphs) <= 8
        assert [one.position for one in paragraphs] == list(range(len(paragraphs)))
        assert "other" in {one.label for one in paragraphs}
        changes = sum(one.label != after.label for one, after in pairwise(paragraphs))
        assert changes >= len(paragraphs) - 2


def test_the_reviews_are_no_training_text() -> None:
    corpus = read_corpus([REPOSITORY / "models" / "corpus"])
    reviews = read_corpus([REVIEWS])
    assert not {one.text for one in corpus} & {one.text for one in reviews}
    assert not {one.article for one in corpus} & {one.article for one in reviews}


@pytest.mark.parametrize("lock", sorted({peer.lock for peer in PEERS} | {"chart"}))
def test_locks_pin_by_hash_and_tell_no_source(lock: str) -> None:
    text = lock_file("accuracy", lock).read_text(encoding="utf-8")
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in line and line.endswith("\\") for line in requirements)
    assert not re.search(r"https?:|^-", text, re.MULTILINE)
