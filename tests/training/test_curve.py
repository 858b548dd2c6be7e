"""The learning curve: what is drawn, what is measured, and how it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pressmark.cli.train import labels_of
from pressmark.training.corpus import CorpusError, Example, Judged
from pressmark.training.curve import ALONE, IN_ARTICLE, Curve, learning_curve, read_curve
from pressmark.training.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS = {
    "farm": "The farmers of team {} sowed rice and maize in the paddy fields.",
    "mine": "Miners of pit {} raised coal output with a new conveyor and drills.",
}
ARTICLES = 40


def example(at: int, label: str) -> Example:
    text = SUBJECTS[label].format(at)
    return Example(f"{label}-{at // 2}", at % 2, "en", "", "", "", label, (), text, f"{label}.jsonl:{at + 1}")


@pytest.fixture(scope="module")
def curve() -> Curve:
    """The curve of a corpus that is easily learned."""
    examples = [example(at, label) for label in SUBJECTS for at in range(2 * ARTICLES)]
    judged = [
        Judged(SUBJECTS[label].format("nine"), label, (), "en", (SUBJECTS[label].format("ten"),), ())
        for label in SUBJECTS
        for _ in range(12)
    ]
    labels = labels_of(None, examples)
    return learning_curve(examples, judged, labels, Recipe(), lambda *_: None, shares=(0.05, 0.5, 1.0), seeds=3)


def test_shares_are_drawn_several_times_and_the_whole_once(curve: Curve) -> None:
    assert [(point.share, point.seed) for point in curve.points] == [(0.5, 0), (0.5, 1), (0.5, 2), (1.0, 0)]


def test_a_share_that_holds_too_little_of_a_label_is_left_out(curve: Curve) -> None:
    """Four articles of eighty cannot hold ten paragraphs of both labels."""
    assert 0.05 not in {point.share for point in curve.points}


def test_whole_articles_are_drawn(curve: Curve) -> None:
    assert {point.paragraphs["en"] for point in curve.points} == {2 * ARTICLES, 4 * ARTICLES}


def test_what_is_easily_learned_is_learned_alone_and_in_its_article(curve: Curve) -> None:
    for reading in (ALONE, IN_ARTICLE):
        assert [float(scores.min()) for _, _, scores in curve.spread("en", reading)] == [1.0, 1.0]


def test_a_curve_is_read_as_it_was_written(curve: Curve, tmp_path: Path) -> None:
    curve.write(tmp_path / "curve.json")
    assert read_curve(tmp_path / "curve.json") == curve


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"corpus": "", "measured_on": 1, "points": [{"share": 1}]}'])
def test_what_is_no_curve_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"other.json: is no learning curve"):
        read_curve(path)
