"""Many articles, cut into parcels that the service takes at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressmark_client.requests import article_object, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark_client.answers import Limits
    from pressmark_client.requests import ArticleInput, Options

# What stands around the articles in a batch.
_ENVELOPE_BYTES = 512
# Less than a server takes in without being read from. HTTP/1.1 clients send the whole request before they read
# the answer; were this larger, both sides could come to wait for each other to read.
STREAM_BYTES = 48 * 1024


@dataclass(frozen=True, slots=True)
class Parcel:
    """Some encoded articles in a row, their ids, and the place of the first among all."""

    first: int
    articles: tuple[bytes, ...]
    ids: tuple[str | None, ...]

    def halves(self) -> tuple[Parcel, Parcel]:
        """Return the two halves of a parcel of at least two."""
        middle = len(self.articles) // 2
        return (
            Parcel(self.first, self.articles[:middle], self.ids[:middle]),
            Parcel(self.first + middle, self.articles[middle:], self.ids[middle:]),
        )


class Packer:
    """Gathers articles, and hands over a parcel whenever the next article would not fit."""

    def __init__(self, *, articles: int, size: int, options: Options | None = None) -> None:
        self._most = articles
        self._size = size
        self._options = options or {}
        self._first = 0
        self._articles: list[bytes] = []
        self._ids: list[str | None] = []
        self._bytes = 0

    def add(self, article: ArticleInput) -> Iterator[Parcel]:
        """Take an article; yield the parcels that are full."""
        told = article_object(article)
        encoded = encode(told | self._options)
        if self._bytes + len(encoded) + 1 > self._size:
            yield from self.rest()
        given = told.get("id")
        self._articles.append(encoded)
        self._ids.append(given if isinstance(given, str) else None)
        self._bytes += len(encoded) + 1
        if len(self._articles) >= self._most:
            yield from self.rest()

    def rest(self) -> Iterator[Parcel]:
        """Yield what is left, if anything is."""
        if self._articles:
            parcel = Parcel(self._first, tuple(self._articles), tuple(self._ids))
            self._first += len(self._articles)
            self._articles, self._ids, self._bytes = [], [], 0
            yield parcel


def batch_packer(limits: Limits) -> Packer:
    """Return a packer for batches within the limits of the service."""
    return Packer(articles=limits.articles, size=limits.body_bytes - _ENVELOPE_BYTES)


def stream_packer(ahead: int, options: Options) -> Packer:
    """Return a packer for streams, each line with the options in it."""
    return Packer(articles=ahead, size=STREAM_BYTES, options=options)
