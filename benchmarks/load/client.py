"""Clients that send by the clock: a request leaves when it is due, however long those before it take."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from itertools import cycle
from time import perf_counter
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Where more than this share could not be sent when due, it was less of a load than it says.
MOST_LEFT_OUT = 0.01
_SECONDS_TO_FINISH = 30.0
_MOST_SECONDS_FOR_ALL = 300.0


@dataclass(slots=True)
class Seen:
    """What became of the requests: the answers of each status, and how long each took from when it was due."""

    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    # Were due, and no connection was free to send them on.
    unsent: int = 0

    @property
    def lost(self) -> int:
        """How many requests got no answer."""
        return self.asked - self.statuses.total()

    @property
    def left_out(self) -> float:
        """Which share of what was due could not be sent."""
        return self.unsent / (self.asked + self.unsent) if self.unsent else 0.0

    def is_answered(self, *right: int) -> bool:
        """Whether something was asked, and all of it answered with what is right."""
        return self.asked > 0 and self.lost == 0 and self.statuses.keys() <= set(right)

    def answered(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        self.seconds[status].append(seconds)

    def within(self, share: float, status: int = 200) -> float:
        """Return the time within which a share of the answers of a status came."""
        ordered = sorted(self.seconds[status])
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


class _Connection(asyncio.Protocol):
    """One connection: a request at a time, and of its answer the status and when it was whole."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._transport: asyncio.Transport
        self._due = 0.0
        self._head = b""
        self._left = 0
        self.is_waiting = False
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at a time: from then on its wait counts."""
        self._due, self._head, self._left = due, b"", 0
        self.is_waiting = True
        self._transport.write(request)

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            head, ends, body = self._head.partition(b"\r\n\r\n")
            if not ends:
                return
            self._left = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]) - len(body)
        if self._left == 0:
            self._clients.seen.answered(int(self._head[9:12]), perf_counter() - self._due)
            if b"\r\nconnection: close\r\n" in self._head.lower():
                self.close()
            self._free()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Be of no more use; a request that waits is lost."""
        self.is_open = False
        if self.is_waiting:
            self._free()
        self._clients.gone(self)

    def _free(self) -> None:
        self.is_waiting = False
        self._clients.free(self)


class Clients:
    """Sends requests, in turn, over so many connections."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes]) -> None:
        self._address = address
        self._count = len(requests)
        self._requests: Iterator[bytes] = cycle(requests)
        self._open: set[_Connection] = set()
        # The one that has been idle longest comes first, so that the service closes none for its silence.
        self._idle: deque[_Connection] = deque()
        self._changed = asyncio.Event()
        self._goes_on: Callable[[], bool] = _never
        self.seen = Seen()

    async def by_clock(
        self, rate: float, seconds: float, *, connections: int, watch: Callable[[float], None] | None = None
    ) -> Seen:
        """Send so many a second for so long, whatever becomes of them; call `watch` with the time, often."""
        await self._begin(connections)
        began = perf_counter()
        while (now := perf_counter() - began) < seconds:
            while self.seen.asked < now * rate and await self._is_one_idle(connections):
                self._send(self._idle.popleft(), began + self.seen.asked / rate)
            if watch is not None:
                watch(now)
            await asyncio.sleep(0)  # its core is its own, and a timer would be up to two milliseconds late
        self.seen.unsent = max(int(seconds * rate) - self.seen.asked, 0)
        return await self._finish()

    async def in_turn(self, connections: int, seconds: float) -> Seen:
        """Have each connection ask, wait for its answer and ask again, for so long."""
        end = perf_counter() + seconds
        await self._begin(connections, lambda: perf_counter() < end)
        await asyncio.sleep(end - perf_counter())
        return await self._finish()

    async def once(self, connections: int) -> Seen:
        """Have the connections ask, in turn, until every request was sent once."""
        await self._begin(connections, lambda: self.seen.asked < self._count)
        await self._until(lambda: not (self._goes_on() and self._open), _MOST_SECONDS_FOR_ALL)
        return await self._finish()

    def free(self, connection: _Connection) -> None:
        """Let a connection that had its answer ask again, now or when it is its turn."""
        if connection.is_open and self._goes_on():
            self._send(connection, perf_counter())
        elif connection.is_open:
            self._idle.append(connection)
        self._changed.set()

    def gone(self, connection: _Connection) -> None:
        """Do without a connection."""
        self._open.discard(connection)
        self._changed.set()

    def _send(self, connection: _Connection, due: float) -> None:
        self.seen.asked += 1
        connection.ask(next(self._requests), due)

    async def _begin(self, connections: int, goes_on: Callable[[], bool] | None = None) -> None:
        self.seen = Seen()
        # Beforehand, so that what is measured is requests and not a rush of new connections.
        for _ in range(connections):
            await self._connect()
        self._goes_on = goes_on or _never
        while self._idle and self._goes_on():
            self._send(self._idle.popleft(), perf_counter())

    async def _is_one_idle(self, connections: int) -> bool:
        while self._idle and not self._idle[0].is_open:
            self._idle.popleft()
        if not self._idle and len(self._open) < connections:
            await self._connect()
        return bool(self._idle)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: _Connection(self), *self._address)
        self._open.add(connection)
        self._idle.append(connection)

    async def _finish(self) -> Seen:
        """Wait for the answers that are due, then hang up."""
        await self._until(lambda: not any(one.is_waiting for one in self._open))
        self._goes_on = _never
        for connection in list(self._open):
            connection.close()
        await self._until(lambda: not self._open)
        self._idle.clear()
        return self.seen

    async def _until(self, is_so: Callable[[], bool], seconds: float = _SECONDS_TO_FINISH) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return


def _never() -> bool:
    return False
