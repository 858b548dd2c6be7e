"""Taking turns at the event loop: after each judgement it looks at the network before the next begins.

Without this, sixty-four requests that arrive together are judged in one go, a probe among them waits for
all of them, and under steady load some connections wait far longer than others.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Lets one caller after another go on, in the order in which they came, one each turn of the loop."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False

    async def take(self) -> None:
        """Return when it is the caller's turn; what it does before it next awaits is its turn."""
        loop = asyncio.get_running_loop()
        if self._taken:
            mine = loop.create_future()
            self._waiting.append(mine)
            await mine
        else:
            self._taken = True
            loop.call_soon(self._pass_on, loop)

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            following = self._waiting.popleft()
            if not following.done():  # who was cancelled has left the queue
                following.set_result(None)
                loop.call_soon(self._pass_on, loop)
                return
        self._taken = False
