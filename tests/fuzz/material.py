"""Bytes -> inputs: whatever a fuzzer makes up becomes texts, numbers and requests that are worth trying."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, TypeVar

from texts import KNOWN_WORDS, ODDITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

One = TypeVar("One")

_SEPARATORS = (" ", " ", " ", "\n", "\n\n", "\n \n", "\r\n", ". ", ", ", "-", ".", "Kim Jong Un", "Kim Il Sung")
_ODD = ("\u0300", "\u0327", "\ud800", "\udfff", "\U0010ffff", "\u1161", "\u0f71", "\u2029", "\x85", "\x0b", "a" * 70)
_PIECES = (*KNOWN_WORDS, *ODDITIES, *_SEPARATORS, *_ODD)
TEXT_TABLE = (*_PIECES, *map(chr, range(256 - len(_PIECES))))
"""A piece of text for each byte."""

_JSON = (
    *("{", "}", "[", "]", ",", ":", '"', "\\", "null", "true", "false", "0", "-1", "1e999", "NaN", "2", "9" * 120),
    *('"text":', '"paragraphs":[', '"articles":[', '"id":"a"', '"split":"line"', '"evidence":3', '"context":false'),
    *('"abstain":false', '"candidates":false', '"inputs":[', '"tasks":[', '"data":{"text":"missile"}', '"name":"text"'),
    *('"shape":[1]', '"datatype":"BYTES"', '"data":["rice"]', '"outputs":[{"name":"scores"}]', '"raw_scores":true'),
    *('"parameters":{"classification":2}', '"the army drilled"', '"석탄"', '"\\ud800"', '"\\u0000"', '{"text":""}'),
    *("\"label_config\":\"<View><Text name='t' value='$text'/><Labels name='l' toName='t'>\"", '"schema":"<V/>"'),
    *('{"text":"The army drilled.\\n\\nRice."}', '{"id":"x","text":"coal"}', "\ufeff", "\n", '"\xff', '""', "[]", "{}"),
)
JSON_TABLE = (*_JSON, *map(chr, range(256 - len(_JSON))))
"""A piece of a request for each byte."""


class Material:
    """Draws values from bytes, front to back; where they end, the first of everything."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = 0

    def byte(self) -> int:
        """Draw a number below 256."""
        self._at += 1
        return self._source[self._at - 1] if self._at <= len(self._source) else 0

    def one_of(self, choices: Sequence[One]) -> One:
        """Draw one of the choices."""
        return choices[self.byte() % len(choices)]

    def number(self) -> float:
        """Draw a finite number, of any size."""
        (number,) = struct.unpack("<d", bytes(self.byte() for _ in range(8)))
        return number if math.isfinite(number) else 0.0

    def rest(self) -> bytes:
        """Draw all that is left."""
        left = self._source[self._at :]
        self._at = len(self._source)
        return left

    def text(self) -> str:
        """Draw a text from what is left: piece by piece, or as it is encoded."""
        form = self.byte() % 4
        left = self.rest()
        if form < 2:
            return "".join(TEXT_TABLE[byte] for byte in left)
        if form == 2:
            return left.decode("utf-8", "surrogateescape")
        return left.decode("utf-16-le", "replace")

    def request(self) -> bytes:
        """Draw the body of a request from what is left."""
        as_it_is = self.byte() % 4 == 3
        left = self.rest()
        return left if as_it_is else "".join(JSON_TABLE[byte] for byte in left).encode("utf-8", "surrogatepass")
