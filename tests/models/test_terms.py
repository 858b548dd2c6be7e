"""The one analyzer."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from texts import holds, repetitive, texts

from pressmark.terms import locate_terms, terms


@given(texts | repetitive)
def test_located_terms_are_the_terms(text: str) -> None:
    assert Counter(term for term, _ in locate_terms(text)) == Counter(terms(text))


@given(texts)
def test_every_span_holds_its_term(text: str) -> None:
    for term, (start, end) in locate_terms(text):
        assert holds(text[start:end], term)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("farmers", ["farmers", "farme*"]),
        ("farms", ["farms"]),
        ("iron ore", ["iron", "ore", "iron ore"]),
        (
            "인민군대는",
            ["인민군대는", "인민군*", "인민*", "인*", "*민군*", "*군대*", "*대는*", "*민군대*", "*군대는*"],
        ),
        ("당", ["당"]),
        ("a 12 b", []),
        ("fired 3 missiles", ["fired", "missiles", "missi*", "fired missi"]),
        ("the U.S.", ["the", "u.s.", "the u.s."]),
        ("the US and us", ["the", "u.s.", "and", "us", "the u.s.", "u.s. and", "and us"]),
    ],
)
def test_a_text_gives_its_terms(text: str, expected: list[str]) -> None:
    assert sorted(terms(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("glued", "apart"),
    [
        ("ComradeKim Jong Untold them", "Comrade Kim Jong Un told them"),
        ("ChairmanKim Jong Ilgave it", "Chairman Kim Jong Il gave it"),
        ("PresidentKim Il Sungwas born", "President Kim Il Sung was born"),
    ],
)
def test_names_glued_by_the_wire_are_split(glued: str, apart: str) -> None:
    assert terms(glued) == terms(apart)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("STEEL OUTPUT", "steel output"),
        ("ＫＣＮＡ　ｎｅｗｓ", "KCNA news"),
        ("people’s “army”", 'people\'s "army"'),
        ("인민군\u00a0훈련", "인민군 훈련"),
        ("mis\u00adsile", "missile"),
    ],
)
def test_spellings_of_one_text_give_the_same_terms(written: str, plain: str) -> None:
    assert Counter(terms(written)) == Counter(terms(plain))
