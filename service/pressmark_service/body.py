"""The body of a request: read whole, and never further than a limit."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pressmark_service.problems import BodyTooLarge, TooSlow, UnsupportedMediaType

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

    from pressmark_service.gate import Gate
    from pressmark_service.settings import Settings

Media = Literal["json", "text", "lines"]

_MEDIA: dict[str, Media] = {"application/json": "json", "text/plain": "text", "application/x-ndjson": "lines"}
ARRIVED = "pressmark.body_arrived"
"""In the scope of a request whose body has come whole before anybody asked for it, as small ones mostly do."""
_READ = "pressmark.body_read"
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}

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
            raise UnsupportedMediaType("Send the body uncompressed.", headers=_told(accepted))
    media = _parse_media(declared)
    if media not in accepted:
        raise UnsupportedMediaType(headers=_told(accepted))
    return media


def _told(accepted: frozenset[Media]) -> dict[str, str]:
    names = [name for name, media in _MEDIA.items() if media in accepted]
    return {"Accept-Post": ", ".join(names), "Accept-Encoding": "identity"}


@lru_cache(maxsize=64)
def _parse_media(declared: bytes) -> Media | None:
    name, *parameters = declared.decode("latin-1").split(";")
    charset = ""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return _MEDIA.get(name.strip().lower()) if charset in _CHARSETS else None


async def read_body(scope: Scope, receive: Receive, settings: Settings, gate: Gate) -> bytes:
    """Return the body.

    Raises BodyTooLarge as soon as it is announced or seen to pass the limit, TooSlow if it does not come
    at the least rate, ClientGone if it never comes.
    """
    if _announced(scope) > settings.body_bytes:
        raise BodyTooLarge(limit=settings.body_bytes)
    if ARRIVED in scope:  # a timer would cost more than the reading
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        body: bytes = message.get("body", b"")
    else:
        message, body = await _await_body(receive, settings, gate)
    if not message.get("more_body"):
        scope[_READ] = True
    if len(body) > settings.body_bytes:
        raise BodyTooLarge(limit=settings.body_bytes)
    return body


async def _await_body(receive: Receive, settings: Settings, gate: Gate) -> tuple[Message, bytes]:
    """Return the last message that was read, and the body as far as it is within the limit or just past it."""
    try:
        async with asyncio.timeout(min(settings.body_grace, settings.body_timeout)) as patience:
            message = await receive()
            if message.get("more_body") or message["type"] != "http.request":
                return await _read_on(message, receive, settings, gate, patience)
            return message, message.get("body", b"")
    except TimeoutError:
        raise TooSlow from None


async def _read_on(
    message: Message, receive: Receive, settings: Settings, gate: Gate, patience: asyncio.Timeout
) -> tuple[Message, bytes]:
    """Go on from a first `message` that does not hold the whole body."""
    started = asyncio.get_running_loop().time()
    body = bytearray()
    try:
        while message["type"] == "http.request":
            part = message.get("body", b"")
            gate.bodies.hold(len(part))
            body += part
            if not message.get("more_body") or len(body) > settings.body_bytes:
                return message, bytes(body)
            earned = settings.body_grace + len(body) / settings.body_rate
            patience.reschedule(started + min(settings.body_timeout, earned))
            message = await receive()
    finally:
        gate.bodies.let_go(len(body))
    raise ClientGone


def leaves_unread(scope: Scope, limit: int) -> bool:
    """Return whether the rest of a refused body may be more than is worth reading to the end, or may never come."""
    if _READ in scope:
        return False
    # Who asked for leave to send and is refused may leave the body out, or send it nevertheless.
    is_open = any(name in {b"transfer-encoding", b"expect"} for name, _ in scope["headers"])
    return is_open or _announced(scope) > limit


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
