"""The body of a request: read whole, and never further than a limit."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pressmark_service.problems import BodyTooLarge, UnsupportedMediaType

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

Media = Literal["json", "text"]

_MEDIA: dict[str, Media] = {"application/json": "json", "text/plain": "text"}
_READ = "pressmark.body_read"
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}
_ACCEPTED = {"Accept-Post": ", ".join(_MEDIA), "Accept-Encoding": "identity"}

# How much and how long a refused sender is listened to, so that it gets to read the answer: closing
# at once would make its system throw the answer away with the connection.
_LINGER_BYTES = 64 * 1024 * 1024
_LINGER_SECONDS = 2.0


class ClientGone(Exception):  # noqa: N818 - no error of ours, and nobody is left to tell
    """The client hung up before its request was whole."""


def media_of(scope: Scope, accepted: frozenset[Media]) -> Media:
    """Return in which form the body comes; raise UnsupportedMediaType unless it is accepted."""
    declared = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            declared = value
        elif name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            raise UnsupportedMediaType("Send the body uncompressed.", headers=_ACCEPTED)
    media = _parse_media(declared)
    if media not in accepted:
        raise UnsupportedMediaType(headers=_ACCEPTED)
    return media


@lru_cache(maxsize=64)
def _parse_media(declared: bytes) -> Media | None:
    name, *parameters = declared.decode("latin-1").split(";")
    charset = ""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return _MEDIA.get(name.strip().lower()) if charset in _CHARSETS else None


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the body; raise BodyTooLarge as soon as it is announced or seen to pass the limit."""
    if _announced(scope) > limit:
        raise BodyTooLarge(limit=limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body") and len(message["body"]) <= limit:
        scope[_READ] = True  # nearly always all of it is there at once
        whole: bytes = message["body"]
        return whole
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
        if not message.get("more_body"):
            scope[_READ] = True
            return bytes(body)
        message = await receive()
    raise ClientGone


def leaves_unread(scope: Scope, limit: int) -> bool:
    """Return whether the rest of a refused body may be more than is worth reading to the end."""
    if _READ in scope:
        return False
    chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    return chunked or _announced(scope) > limit


async def discard_body(receive: Receive) -> None:
    """Read on for a bounded while and keep nothing."""
    left = _LINGER_BYTES
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
    return 0
