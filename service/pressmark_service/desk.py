"""What the service works with: the judge in place, and whether it may be asked for work."""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Literal

import pressmark
from pressmark_service import succession
from pressmark_service.board import Board
from pressmark_service.gate import Gate
from pressmark_service.metrics import LOADS, Meter
from pressmark_service.problems import NotReady
from pressmark_service.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pressmark import Judge
    from pressmark_service.settings import Settings
    from pressmark_service.succession import Load

State = Literal["starting", "ready", "draining"]
_SHARE_FOR_STREAMS = 0.8


class Desk:
    """Holds the judge and the state of the service; one for each process.

    A request takes `judge` once and keeps it to its end, so that a judge put in its place later never
    mixes into an answer.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[Path | None], Judge] = pressmark.load,
        board: Board | None = None,
        slot: int = 0,
    ) -> None:
        self.settings = settings
        self.state: State = "starting"
        # By the loop's clock: when streams that still go on are told how far they came.
        self.ends_at = math.inf
        # One thread: judging holds the interpreter, so more would only take turns and slow the probes.
        self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judging")
        self.turns = Turns()
        self.gate = Gate(settings)
        self.board = board or Board()
        self._ledger = self.board.take(slot)
        self.meter = Meter(self._ledger)
        self._load = load
        self._judge: Judge | None = None

    @property
    def judge(self) -> Judge:
        """The judge in place; raises NotReady while there is none."""
        if self._judge is None:
            raise self.not_ready()
        return self._judge

    @property
    def last_load(self) -> Load:
        """The last attempt to put a model in place: in all processes, where there are several."""
        return succession.load_of(self.board.ledgers[-1].note)

    def open(self, judge: Judge | None = None) -> None:
        """Load and verify the judge, which warms it; only then be ready. Raises pressmark.ReleaseError.

        Raises OSError where no thread can be had.
        """
        try:
            self.pool.submit(int)  # begins the thread, so that no request finds that it cannot
        except RuntimeError as refused:
            raise OSError(str(refused)) from None
        judge = judge or self._load(self.settings.model_dir)
        self._ledger.write_note(succession.note_of(judge, succession.first(), serving=True))
        self._judge = judge
        self.state = "ready"

    async def reload(self, expected: str | None = None) -> None:
        """Put the model that the folder now holds in place of this one, or tell why it is refused.

        One at a time. `expected` is the only digest that will do, where other processes have settled on one.
        """
        # A thread of its own: requests go on meanwhile, those that are judged in a thread included.
        loop = asyncio.get_running_loop()
        loaded: asyncio.Future[tuple[Judge, Load]] = loop.create_future()
        succession.in_a_thread(
            partial(succession.attempt, self._load, self.settings.model_dir, self.judge, expected),
            self.judge,
            partial(_hand_over, loop, loaded),
        )
        judge, load = await loaded
        self._ledger.write_note(succession.note_of(judge, load, serving=True))
        self.meter.count(LOADS, load.outcome, load.why)
        self._judge = judge

    def drain(self) -> None:
        """Want no new work from now on; work that comes nevertheless is still done."""
        self.state = "draining"
        self.ends_at = monotonic() + self.settings.drain_delay + _SHARE_FOR_STREAMS * self.settings.drain_timeout

    def close(self) -> None:
        """Take no more work into threads."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def require_ready(self) -> Judge:
        """Return the judge where the service wants new work; raise NotReady where it does not."""
        if self.state != "ready":
            raise self.not_ready()
        return self.judge

    def not_ready(self) -> NotReady:
        """Return the problem that says why not, and when to come back."""
        wait = math.ceil(self.settings.drain_delay + 1) if self.state == "draining" else 1
        return NotReady(headers={"Retry-After": str(wait)}, reason=self.state)


def _hand_over(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[tuple[Judge, Load]], result: tuple[Judge, Load]
) -> None:
    """Set the result from another thread, unless nobody waits for it any more."""

    def put() -> None:
        if not future.done():
            future.set_result(result)

    with suppress(RuntimeError):  # the loop is closed: the service has ended meanwhile
        loop.call_soon_threadsafe(put)
