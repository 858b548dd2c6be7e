"""A body taken line by line: never more of it in memory than one line and what the network just brought."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressmark_service.body import ClientGone
from pressmark_service.problems import BodyTooLarge, Overloaded, TooSlow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from starlette.types import Message, Receive

    from pressmark_service.desk import Desk
    from pressmark_service.gate import Bytes
    from pressmark_service.problem import Problem

# How often a stream that waits for its sender looks whether the service is about to stop; while lines come it goes on.
_LOOK_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, and its number from 1; `refused` says why its content was not kept, if so."""

    number: int
    content: bytes
    refused: Problem | None


class LineCutter:
    """Cuts a body at newlines as it comes in; what it keeps of it counts at the gate."""

    def __init__(self, limit: int, room: Bytes) -> None:
        self._limit = limit
        self._room = room
        # In pieces, since one that grows leaves a hole of memory behind at every step.
        self._begun: list[bytes] = []
        self._held = 0
        self._refused: Problem | None = None
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
        if self._begun or self._refused:
            yield from self._end()

    def let_go(self) -> None:
        """Forget what was kept."""
        self._room.let_go(self._held)
        self._begun, self._held = [], 0

    def _keep(self, part: bytes) -> None:
        if self._refused or not part:
            return
        if self._held + len(part) > self._limit:
            self._refuse(BodyTooLarge("Send shorter lines; GET /v1/model tells the limits.", limit=self._limit))
            return
        try:
            self._room.hold(len(part))
        except Overloaded:
            # To wait for room would wait for ever where every stream has begun a line.
            self._refuse(Overloaded("Send the line again later: there was no room for it."))
        else:
            self._begun.append(part)
            self._held += len(part)

    def _refuse(self, problem: Problem) -> None:
        self._refused = problem
        self.let_go()

    def _end(self) -> Iterator[Line]:
        self.number += 1
        content, refused = b"".join(self._begun), self._refused
        self._begun, self._refused = [], None
        if refused or content.strip():
            yield Line(self.number, content, refused)
        self.let_go()


async def read_lines(receive: Receive, desk: Desk) -> AsyncGenerator[Line]:
    """Yield the lines of a body.

    No more is read before the line yielded last has been dealt with, so that a sender is held back by whoever
    does not read the answers; until then it counts at the gate. Raises TooSlow after too long a silence, NotReady
    when the service is about to stop, ClientGone.
    """
    lines = LineCutter(desk.settings.body_bytes, desk.gate.lines)
    more = True
    try:
        while more:
            message = await _receive(receive, desk)
            if message["type"] != "http.request":
                raise ClientGone
            more = message.get("more_body", False)
            for line in lines.feed(message.get("body", b"")):
                yield line
        for line in lines.rest():
            yield line
    finally:
        lines.let_go()


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
