"""Strategies for texts: both languages, every Unicode oddity, very long, very repetitive."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

from pressmark.normal import fold

KNOWN_WORDS = (
    "missile",
    "missiles",
    "farm",
    "farmers",
    "Party",
    "the",
    "Kim",
    "Jong",
    "Un",
    "U.S.",
    "US",
    "coal",
    "rice",
    "ComradeKim",
    "Jong Untold",
    "Kim Jong Ilgave",
    "DPRK",
    "전력",
    "석탄공업부문에서",
    "인민군대는",
    "농업",
    "당",
    "의",
    "혁명",
    "미싸일발사",
    "3대혁명",
    "100%",
    "steel-works",
    "people’s",
    "“Hwasong”",
    "farm's",
)
ODDITIES = (
    "\u00a0",
    "\r\n",
    "\n",
    "\t",
    "\u2028",
    "\ufeff",
    "\u200b",
    "\u00ad",
    "İ",
    "ﬁ",
    "ＫＣＮＡ",
    "１２３",
    "㎥",
    "℃",
    "😀",
    "👩‍👩‍👧",
    "e\u0301",
    "\u1112\u1161\u11ab",
    "ㅎㅏㄴ",
    "ﾊﾟ",
    "각",
    "\ud7b0",
    "ǅ",
    "ß",
    "ſ",
    "Å",
    "\u0345",
    "क्षि",
    "\u0000",
    "…",
    "‘",
    "’",
    "，",
)

_pieces = st.one_of(
    st.sampled_from(KNOWN_WORDS),
    st.sampled_from(ODDITIES),
    st.text(max_size=8),
    st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=6),
    st.sampled_from([" ", ". ", ", ", "-"]),
)


def _normalised(text: str, form: str) -> str:
    return unicodedata.normalize(form, text) if form else text


texts = st.builds(
    _normalised,
    st.lists(_pieces, max_size=40).map("".join)
    | st.lists(st.sampled_from(KNOWN_WORDS), max_size=30).map(" ".join)
    | st.text(max_size=60),
    st.sampled_from(["", "NFC", "NFD"]),
)
"""Any Unicode text, surrogates apart; much of it made of what the model knows."""

repetitive = st.builds(lambda word, times: f"{word} " * times, st.sampled_from(KNOWN_WORDS), st.integers(1, 6000))
"""One term, up to thousands of times."""


def holds(span: str, term: str) -> bool:
    """Tell whether the text of a span reads as `term`: its stems occur in it, in order."""
    written = fold(span).lower()
    written = "u.s." if written in {"us", "usa", "u.s.a."} else written
    at = 0
    for stem in term.replace("*", "").split(" "):
        readings = {"u.s.": ("u.s.", "us")}.get(stem, (stem, ".".join(stem) + "."))
        found = [place + len(reading) for reading in readings if (place := written.find(reading, at)) >= 0]
        if not found:
            return False
        at = min(found)
    return True
