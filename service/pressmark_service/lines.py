"""A body taken line by line: never more of it in memory than one line and what the network just brought."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressmark_service.body import ClientGone
from pressmark_service.problems import TooSlow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import Message, Receive

    from pressmark_service.desk import Desk

# How often a stream that waits for its sender looks whether the service is about to stop; while lines come it goes on.
_LOOK_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, and its number from 1; `content` is None where it is beyond the limit."""

    number: int
    content: bytes | None


class LineCutter:
    """Cuts a body at newlines as it comes in."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun = bytearray()
        self._skipping = False
        self.number = 0

    def feed(self, part: bytes) -> Iterator[Line]:
        """Take a part of the body; yield the lines that end in it."""
        at = 0
        while (end := part.find(b"\n", at)) >= 0:
            self._keep(part[at:end])
            yield from self._end()
            at = end + 1
        self._keep(part[at:])

    def rest(self) -> Iterator[Line]:
        """Yield the last line, if it did not end in a newline."""
        if self._begun or self._skipping:
            yield from self._end()

    def _keep(self, part: bytes) -> None:
        if self._skipping or len(self._begun) + len(part) > self._limit:
            self._skipping = True
            self._begun = bytearray()
        else:
            self._begun += part

    def _end(self) -> Iterator[Line]:
        self.number += 1
        content = bytes(self._begun)
        too_long = self._skipping
        self._begun, self._skipping = bytearray(), False
        if too_long:
            yield Line(self.number, None)
        elif content.strip():
            yield Line(self.number, content)


async def read_lines(receive: Receive, desk: Desk) -> AsyncIterator[Line]:
    """Yield the lines of a body.

    No more is read before the line yielded last has been dealt with, so that a sender is held back by whoever
    does not read the answers. Raises TooSlow after too long a silence, NotReady when the service is about to
    stop, ClientGone.
    """
    lines = LineCutter(desk.settings.body_bytes)
    more = True
    while more:
        message = await _receive(receive, desk)
        if message["type"] != "http.request":
            raise ClientGone
        more = message.get("more_body", False)
        for line in lines.feed(message.get("body", b"")):
            yield line
    for line in lines.rest():
        yield line


async def _receive(receive: Receive, desk: Desk) -> Message:
    loop = asyncio.get_running_loop()
    silent_until = loop.time() + desk.settings.stream_silence
    while loop.time() < silent_until:
        if loop.time() > desk.ends_at:
            raise desk.not_ready()
        try:
            async with asyncio.timeout(min(_LOOK_UP_SECONDS, desk.settings.stream_silence)):
                return await receive()
        except TimeoutError:
            if desk.state == "draining":
                raise desk.not_ready() from None
    raise TooSlow
