"""Answers that clients have yet to read: how much they hold of the memory, and whether that is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Transport


class Unread:
    """The connections that have more to send than the network takes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._transports: set[Transport] = set()

    def add(self, transport: Transport) -> None:
        """Count what a connection has to send, from now on."""
        self._transports.add(transport)

    def discard(self, transport: Transport) -> None:
        """Count it no longer."""
        self._transports.discard(transport)

    def is_too_much(self) -> bool:
        """Return whether so much waits that nothing more should be answered. May be asked from any thread."""
        if not self._transports:
            return False
        # A copy, made in one step: connections come and go in the loop's thread.
        waiting = tuple(self._transports)
        return sum(transport.get_write_buffer_size() for transport in waiting) > self._most_bytes
