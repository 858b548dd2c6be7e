"""How much work is let in: a bounded number of requests in work and waiting, and of bytes of their bodies and answers.

What comes beyond is turned away at once, which costs little; to let it wait would cost everybody.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pressmark_service.problems import Overloaded, TooManyStreams
from pressmark_service.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pressmark_service.settings import Settings


class Bytes:
    """Bytes that are kept for a while, so many at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.held = 0

    def hold(self, count: int) -> None:
        """Count bytes that are kept until `let_go`; raise Overloaded if they are too many."""
        if self.held + count > self._most:
            raise Overloaded
        self.held += count

    def let_go(self, count: int) -> None:
        """Count bytes that are kept no longer."""
        self.held -= count


class Gate:
    """Counts who is in; used from the event loop's thread only, unless it says otherwise."""

    def __init__(self, settings: Settings) -> None:
        self._places = settings.requests
        # Room for some large bodies at a time, so that neither slow senders of them nor a queue of them can
        # fill the memory.
        most_bytes = max(settings.reading_bytes, settings.body_bytes)
        self.bodies = Bytes(most_bytes)
        # Of streams, which may take their time with a line: they are not to shut out everybody else.
        self.lines = Bytes(most_bytes)
        self._most_streams = settings.streams
        self.unread = Unread(settings.unread_bytes)
        self.taken = 0
        self.streams = 0

    def require_room(self) -> None:
        """Raise Overloaded if nobody more may come in."""
        if self.taken >= self._places:
            raise Overloaded
        self.require_readers()

    def require_readers(self) -> None:
        """Raise Overloaded if too much was answered that nobody has read yet. May be asked from any thread."""
        if self.unread.is_too_much():
            raise Overloaded

    def enter(self, count: int = 0) -> None:
        """Take a place, and hold the bytes of a body, until `leave`; raise Overloaded if there is no room."""
        self.require_room()
        self.bodies.hold(count)
        self.taken += 1

    def leave(self, count: int = 0) -> None:
        """Give the place back, and let go of the bytes."""
        self.taken -= 1
        self.bodies.let_go(count)

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Keep a stream open; raise TooManyStreams if there are too many. It takes no place while nothing is judged."""
        if self.streams >= self._most_streams:
            raise TooManyStreams(limit=self._most_streams)
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1
