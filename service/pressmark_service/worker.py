"""One of several workers, as its supervisor sees it, and the supervisor as a worker sees it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signal import Signals

    from pressmark import Judge
    from pressmark_service.board import Board, Ledger

# Keys under which the two tell each other, each in its own ledger: that a worker accepts connections; a number that
# goes up for as long as its loop turns; that the next signal is to end workers where they stand.
_LISTENING = ("listening",)
_PULSE = ("pulse",)
_ENDING = ("ending",)


@dataclass(frozen=True, slots=True)
class Post:
    """What a worker gets from its supervisor: its ledger, its model, and a pipe that ends with the supervisor."""

    board: Board
    slot: int
    judge: Judge
    alive: int

    @property
    def agreed(self) -> str | None:
        """The digest of the model that the supervisor found sound."""
        digest: str | None = self.board.ledgers[-1].note.get("sha256")
        return digest

    @property
    def is_ending(self) -> bool:
        """Whether the supervisor was told a second time to stop.

        Signals alone cannot say so to a worker: who stops a whole group of processes sends it one, the
        supervisor passes on another.
        """
        return self.board.ledgers[-1].series(_ENDING)[0] > 0

    def listens(self) -> None:
        """Tell that connections are accepted."""
        self.board.ledgers[self.slot].series(_LISTENING)[0] = 1

    def beat(self) -> None:
        """Give a sign of life."""
        self.board.ledgers[self.slot].series(_PULSE)[0] += 1


class Worker:
    """The process in one slot, if there is one now, and what it tells in its ledger."""

    def __init__(self, slot: int, ledger: Ledger) -> None:
        self.slot = slot
        self.pid = 0
        self.started = float("-inf")
        self.is_dismissed = False
        self._ledger = ledger
        self._listening = ledger.series(_LISTENING)
        self._pulse = ledger.series(_PULSE)
        self._beat = self._before = 0.0
        self._looks_without_beat = 0

    @property
    def is_listening(self) -> bool:
        """Whether it accepts connections."""
        return self._listening[0] > 0

    @property
    def has_begun(self) -> bool:
        """Whether it has given a sign of life."""
        return self._pulse[0] > self._before

    def prepare(self, now: float) -> None:
        """Forget the process before, since another is about to take its place."""
        self.started = now
        self.is_dismissed = False
        self._listening[0] = 0
        self._before = self._pulse[0]
        self._looks_without_beat = 0

    def send(self, number: Signals) -> None:
        """Send a signal, if it is alive."""
        if self.pid:
            with suppress(ProcessLookupError):  # dead and not buried yet
                os.kill(self.pid, number)

    def bury(self) -> tuple[bool, int | None]:
        """Return whether it has died since it was asked last, and with which exit code, if that is known."""
        if not self.pid:
            return False, None
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # dead, and somebody else was told how it ended
            self.pid = 0
            return True, None
        if pid:
            self.pid = 0
        return pid != 0, os.waitstatus_to_exitcode(status)

    def looks_without_beat(self) -> int:
        """Return how many times in a row this was asked since it last gave a sign of life."""
        beat = self._pulse[0]
        self._looks_without_beat = self._looks_without_beat + 1 if self.pid and beat == self._beat else 0
        self._beat = beat
        return self._looks_without_beat

    def is_behind(self, sha256: str) -> bool:
        """Whether it serves another model than this."""
        return bool(self._ledger.note.get("sha256") != sha256)

    def has_refused_since(self, moment: int) -> bool:
        """Whether it refused a model after a moment of the system's steady clock, in nanoseconds."""
        note = self._ledger.note
        return note["outcome"] == "refused" and bool(note["moment"] > moment)


def announce_end(supervisors: Ledger) -> None:
    """Tell workers that the next signal is to end them where they stand."""
    supervisors.series(_ENDING)[0] = 1
