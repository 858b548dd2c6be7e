"""Damage and other spellings leave labels as they are, up to the share stated for each."""

from __future__ import annotations

import json
import math
import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pressmark.release import BUNDLED, GOLDEN
from pressmark.training.corpus import Judged, read_judged
from pressmark.training.perturb import PERTURBATIONS, count_flips, curly_quotes, ocr_slips
from pressmark.training.spelling import respell, romanise

if TYPE_CHECKING:
    import pressmark
    from pressmark.training.perturb import Flips

VARIABLE = "PRESSMARK_EVALUATION"
NAMES = [one.name for one in PERTURBATIONS]


def by_name(flips: list[Flips]) -> dict[str, list[Flips]]:
    return {name: [one for one in flips if one.name == name] for name in NAMES}


@pytest.fixture(scope="module")
def golden_flips(judge: pressmark.Judge) -> dict[str, list[Flips]]:
    """What befalls the golden articles; their labels do not matter here."""
    judged = []
    for line in (BUNDLED / GOLDEN).read_text(encoding="utf-8").splitlines():
        texts = json.loads(line)["paragraphs"]
        korean = any("가" <= char <= "힣" for char in texts[0])
        judged += [
            Judged(text, judge.classes[0], (), "ko" if korean else "en", tuple(texts[:at]), tuple(texts[at + 1 :]))
            for at, text in enumerate(texts)
        ]
    return by_name(count_flips(judge, judged))


@pytest.fixture(scope="module")
def real_flips(judge: pressmark.Judge) -> dict[str, list[Flips]]:
    """What befalls the paragraphs of the evaluation file."""
    if VARIABLE not in os.environ:
        pytest.skip(f"set {VARIABLE} to a file of evaluation paragraphs to perturb them")
    return by_name(count_flips(judge, read_judged([Path(os.environ[VARIABLE])])))


@pytest.mark.parametrize("name", NAMES)
def test_real_labels_flip_no_more_than_stated(real_flips: dict[str, list[Flips]], name: str) -> None:
    for one in real_flips[name]:
        print(one)
        assert max(one.alone, one.in_article) <= one.limit


@pytest.mark.parametrize("name", NAMES)
def test_golden_labels_flip_no_more_than_stated(golden_flips: dict[str, list[Flips]], name: str) -> None:
    """The golden paragraphs are some fifty, so that chance alone may double a share."""
    touched = sum(one.touched for one in golden_flips[name])
    assert touched, "no golden article has anything that this changes"
    for share in ("alone", "in_article"):
        flipped = sum(round(getattr(one, share) * one.touched) for one in golden_flips[name])
        assert flipped <= math.ceil(2 * golden_flips[name][0].limit * touched)


def test_southern_spelling_can_be_undone() -> None:
    northern = "로동계급은 련합기업소에서 력사에 남을 성과를 내여 승리자가 되였다."
    southern = respell(northern, to="south")
    assert southern == "노동계급은 연합기업소에서 역사에 남을 성과를 내어 승리자가 되었다."
    assert respell(southern, to="north") == northern


def test_other_romanisations_are_those_of_foreign_desks() -> None:
    assert romanise("Kim Jong Un told Rodong Sinmun.") == "Kim Jong-un told Nodong Sinmun."


def test_quotes_are_set_as_printers_do() -> None:
    assert curly_quotes("The \"act\" and the people's 'law'") == "The “act” and the people’s ‘law’"


def test_the_same_text_gets_the_same_slips() -> None:
    text = "The officials of the ministry went to the coal mines in the northern area. " * 20
    slipped = ocr_slips(text)
    assert slipped == ocr_slips(text) != text
    assert len(slipped) == pytest.approx(len(text), rel=0.02)


def test_misread_hangul_is_hangul() -> None:
    text = "석탄공업부문에서 석탄생산을 결정적으로 늘여야 한다. " * 40
    slipped = ocr_slips(text)
    assert slipped != text
    assert all(unicodedata.name(char).startswith("HANGUL SYLLABLE") for char in slipped if char not in " .")
