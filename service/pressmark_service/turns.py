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
_LOOKS = 3


class Turns:
    """Lets callers go on in the order in which they came, for some two milliseconds between looks at the network."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_new = True
        self._began = 0.0
        # How many went on in this turn, and whether those who come now have to wait behind others.
        self._taken = 0
        self._is_passing = False
        # How many times the loop has looked at the network since the last of them went on.
        self._looks = 0

    def renew(self) -> None:
        """Begin another turn: the loop has looked at the network. To be called whenever something came in."""
        self._is_new = True

    async def take(self) -> None:
        """Return when it is the caller's turn; what it does before it next awaits is its turn."""
        if not self._is_passing:
            now = self._clock()
            if self._is_new:
                self._begin(now)
            spent = now - self._began
            if spent + spent / max(self._taken, 1) <= _SECONDS:  # as long again as each of those before
                self._taken += 1
                return
        loop = asyncio.get_running_loop()
        if not self._is_passing:
            self._is_passing = True
            loop.call_soon(self._pass_on, loop)
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _begin(self, now: float) -> None:
        self._is_new = False
        self._began = now
        self._taken = 0

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with the next turn of the loop: let on as many as its time is likely to be enough for."""
        # Who has just come is let in or turned away first: that is soon done, and they would wait for all who go on.
        if self._is_new and self._looks < _LOOKS:
            self._is_new = False
            self._looks += 1
            loop.call_soon(self._pass_on, loop)
            return
        self._looks = 0
        now = self._clock()
        # No more than twice as many as before: those may have been the short ones.
        fit = min(self._taken * _SECONDS / max(now - self._began, _SECONDS / 100), 2 * self._taken)
        self._begin(now)
        while self._waiting and self._taken < max(int(fit), 1):
            following = self._waiting.popleft()
            if not following.done():  # who was cancelled has left the queue
                following.set_result(None)
                self._taken += 1
        self._is_passing = self._taken > 0
        if self._is_passing:
            # They go on in the next turn, and who arrives in that turn must see that it is taken: so not
            # behind them, but at the beginning of the one after.
            loop.call_soon(loop.call_soon, self._pass_on, loop)
