"""The same words as the North, the South and foreign desks spell them, to measure how much a judge minds."""

from __future__ import annotations

import re
from typing import Literal

# A syllable block is (initial * 21 + vowel) * 28 + final, from this code point on.
_FIRST_BLOCK, _VOWELS, _FINALS = 0xAC00, 21, 28
_NIEUN, _RIEUL, _SILENT = 2, 5, 11
_YEO, _I, _DOUBLE_SIOT = 6, 20, 20
# The vowels before which the South drops an initial r or n: those that begin with y, and i.
_PALATAL = frozenset({2, 3, 6, 7, 12, 17, 20})

# Stems whose first sound the South drops or changes, as the North writes them. Only those whose Southern
# form is no other word, so that the change can be undone.
_NORTHERN_STEMS = [
    "로동", "로력", "로선", "로후", "론의", "론평", "론설", "락원", "락후", "란관", "랭동", "래년", "래일",
    "량국", "량식", "량심", "량곡", "려객", "려단", "려행", "력량", "력사", "련결", "련계", "련관", "련대",
    "련락", "련방", "련속", "련습", "련합", "련맹", "렬사", "렬차", "령도", "령역", "령토", "령공", "령해",
    "례절", "례외", "료양", "룡성", "류역", "류통", "륙군", "륙해", "륭성", "리론", "리용", "리익", "린접",
    "림업", "립장", "립법", "녀성", "녀맹", "녀자", "년간", "년대", "년도", "년로",
]  # fmt: skip
# Stems that are looked for inside compounds too, where Northern spelling glues most.
_INNER_STEMS = ["력사", "련합", "련맹", "령도", "녀성", "려단"]
_LOANS = {
    "미싸일": "미사일",
    "로케트": "로켓",
    "에네르기": "에너지",
    "뜨락또르": "트랙터",
    "콤퓨터": "컴퓨터",
    "로씨야": "러시아",
    "땅크": "탱크",
    "뽐프": "펌프",
    "뻐스": "버스",
    "프로그람": "프로그램",
    "빨찌산": "빨치산",
    "콩크리트": "콘크리트",
    "세멘트": "시멘트",
    "키로와트": "킬로와트",
    "캄보쟈": "캄보디아",
    "수리아": "시리아",
    "뽈스까": "폴란드",
}
# The North writes auxiliaries and bound nouns together with the word before them, the South apart.
_SEAMS = (
    ("고있", "고 있"),
    ("할수", "할 수"),
    ("될수", "될 수"),
    ("할데", "할 데"),
    ("는것", "는 것"),
    ("할것", "할 것"),
    ("한것", "한 것"),
    ("것이였", "것이었"),
)
# Contribution; the vocative.
_NO_ENDINGS = frozenset({"기여", "이여"})
_NORTHERN_PAST = re.compile("([가-힣])([여였])")
_SOUTHERN_PAST = re.compile("(?:(?<=[되내쥐뛰띄])[어었]|[됐했]|[가-힣])")
# Vowels after which the North writes 여 where the South has 어: ae, e, oe, wi, ui.
_FRONT = frozenset({1, 5, 11, 16, 19})

_ROMANISED = {
    "Rodong": "Nodong",
    "Pyongyang": "P'yongyang",
    "Juche": "Chuche",
    "Songun": "Seongun",
    "Chollima": "Ch'ollima",
    "Phyongan": "Pyeongan",
    "Hamgyong": "Hamgyeong",
    "Ryanggang": "Yanggang",
    "Jagang": "Chagang",
    "Kangwon": "Gangwon",
    "Kaesong": "Gaeseong",
    "Hamhung": "Hamheung",
    "Chongjin": "Cheongjin",
    "Nampho": "Nampo",
    "Sunchon": "Suncheon",
    "Hwasong": "Hwaseong",
    "Paektu": "Baekdu",
    "Kumgang": "Geumgang",
    "Taedong": "Daedong",
    "Yongbyon": "Yeongbyeon",
    "Samjiyon": "Samjiyeon",
    "Rason": "Naseon",
    "Rajin": "Najin",
    "Ryomyong": "Yeomyeong",
    "Ryongsong": "Yongseong",
    "Kalma": "Galma",
}
_PLACE = re.compile(rf"\b(?:{'|'.join(_ROMANISED)})(?![a-z])")
_NAME = re.compile(r"\b((?:Kim|Ri|Pak|Choe|Jo|Kang|Hwang|Jong|Yun|Han) )([A-Z][a-z]+) ([A-Z])([a-z]+)\b")


def romanise(text: str) -> str:
    """Write Korean names and places after other romanisations than Pyongyang's own."""
    hyphened = _NAME.sub(lambda found: f"{found[1]}{found[2]}-{found[3].lower()}{found[4]}", text)
    return _PLACE.sub(lambda found: _ROMANISED[found.group()], hyphened)


def respell(text: str, *, to: Literal["north", "south"]) -> str:
    """Write Korean words as the other side does: first sounds, endings, loans, seams."""
    if to == "south":
        for northern, southern in (*_SEAMS, *_LOANS.items()):
            text = text.replace(northern, southern)
        return _NORTHERN_PAST.sub(_southern_ending, _STEM_OF_NORTH.sub(lambda found: _southern(found.group()), text))
    for northern, southern in (*_SEAMS, *_LOANS.items()):
        text = text.replace(southern, northern)
    return _STEM_OF_SOUTH.sub(lambda found: _OF_SOUTH[found.group()], _SOUTHERN_PAST.sub(_northern_ending, text))


def _parts(syllable: str) -> tuple[int, int, int]:
    rest, final = divmod(ord(syllable) - _FIRST_BLOCK, _FINALS)
    return *divmod(rest, _VOWELS), final


def _block(initial: int, vowel: int, final: int) -> str:
    return chr(_FIRST_BLOCK + (initial * _VOWELS + vowel) * _FINALS + final)


def _southern(stem: str) -> str:
    """Drop or change the first sound of a stem (the Southern rule of initial sounds)."""
    initial, vowel, final = _parts(stem[0])
    if initial in {_NIEUN, _RIEUL}:
        initial = _SILENT if vowel in _PALATAL else _NIEUN
    return _block(initial, vowel, final) + stem[1:]


def _southern_ending(found: re.Match[str]) -> str:
    before, ending = found.groups()
    initial, vowel, final = _parts(before)
    if final or found.group() in _NO_ENDINGS:
        return found.group()
    if vowel == _I:
        return _block(initial, _YEO, _parts(ending)[2])
    return before + (_block(_SILENT, 4, _parts(ending)[2]) if vowel in _FRONT else ending)


def _northern_ending(found: re.Match[str]) -> str:
    syllable = found.group()
    if syllable in {"어", "었"}:
        return "여" if syllable == "어" else "였"
    if syllable in {"됐", "했"}:
        return "되였" if syllable == "됐" else "하였"
    initial, vowel, final = _parts(syllable)
    split = vowel == _YEO and final == _DOUBLE_SIOT and initial != _SILENT
    return _block(initial, _I, 0) + "였" if split else syllable


def _stems(stems: list[str], inner: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![가-힣])(?:{'|'.join(stems)})|{'|'.join(inner)}")


_OF_SOUTH = {_southern(stem): stem for stem in _NORTHERN_STEMS}
_STEM_OF_NORTH = _stems(_NORTHERN_STEMS, _INNER_STEMS)
_STEM_OF_SOUTH = _stems(list(_OF_SOUTH), [_southern(stem) for stem in _INNER_STEMS])
