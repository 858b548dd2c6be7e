"""Taking turns at the event loop: after some milliseconds of judging it looks at the network before it goes on.

Without this, sixty-four requests that arrive together are judged in one go, a probe among them waits for
all of them, and under steady load some connections wait far longer than others. To look after every
judgement instead costs as much as a third of a judgement.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 0.002


class Turns:
    """Lets callers go on in the order in which they came, for some two milliseconds each turn of the loop."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._began = 0.0
        # How many were let on in this turn of the loop, and how many of them have not gone on yet.
        self._taken = 0
        self._let_on = 0

    async def take(self) -> None:
        """Return when it is the caller's turn; what it does before it next awaits is its turn."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._began = self._clock()
            loop.call_soon(self._pass_on, loop)
        elif self._waiting or self._let_on or self._clock() - self._began > _SECONDS:
            await self._wait(loop.create_future())
            return
        self._taken += 1

    async def _wait(self, mine: asyncio.Future[None]) -> None:
        self._waiting.append(mine)
        try:
            await mine
        finally:
            if not mine.cancelled():
                self._let_on -= 1

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with the next turn of the loop: let on as many as its time is likely to be enough for."""
        now = self._clock()
        fit = self._taken * _SECONDS / max(now - self._began, _SECONDS / 100)
        self._began = now
        self._taken = 0
        while self._waiting and self._taken < max(fit, 1):
            following = self._waiting.popleft()
            if not following.done():  # who was cancelled has left the queue
                following.set_result(None)
                self._taken += 1
                self._let_on += 1
        if self._taken:
            # They go on in the next turn, and who arrives in that turn must see that it is taken: so not
            # behind them, but at the beginning of the one after.
            loop.call_soon(loop.call_soon, self._pass_on, loop)
