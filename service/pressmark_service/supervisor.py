"""Several workers on one address: forked from a process that holds the verified model, replaced when they die.

The supervisor serves nothing itself. It loads the model once, so that workers share its memory, and so that
a worker that must be replaced gets the model that the others serve, whatever the folder holds by then.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

import pressmark
from pressmark_service import process, succession
from pressmark_service.board import Board
from pressmark_service.keys import keys_of
from pressmark_service.listener import let_in, turn_away
from pressmark_service.logs import standard_error
from pressmark_service.metrics import LOADS, REPLACED, Meter
from pressmark_service.worker import Post, Worker, announce_end

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from threading import Thread

    from pressmark import Judge
    from pressmark_service.settings import Settings
    from pressmark_service.succession import Load

_STOPS = {signal.SIGTERM, signal.SIGINT}
_SIGNALS = _STOPS | {signal.SIGHUP, signal.SIGCHLD}
_AWAITED = _SIGNALS | {signal.SIGALRM}
# A worker that dies again and again is not replaced faster than this.
_SECONDS_BETWEEN_STARTS = 1.0
# How much longer than it may take a worker is waited for.
_SECONDS_TO_END = 2.0
_SECONDS_BETWEEN_LOOKS = 1.0
# What a worker may take at least until its loop turns.
_SECONDS_TO_BEGIN = 30.0
_MOST_FAILURES = 3
_TICK = 0.05

_log = logging.getLogger(__name__)


class Supervisor:
    """Keeps the workers."""

    def __init__(self, settings: Settings, listener: socket.socket, on_start: Callable[[Judge], None]) -> None:
        self._settings = settings
        self._listener = listener
        self._on_start = on_start
        self._board = Board(settings.workers + 1)
        self._ledger = self._board.ledgers[-1]
        self._meter = Meter(self._ledger)
        self._meter.count(REPLACED, by=0)  # there from the start, so that alerts see the first one
        self._workers = [Worker(slot, self._board.ledgers[slot]) for slot in range(settings.workers)]
        self._looks_at = float("-inf")
        self._judge = pressmark.load(settings.model_dir)
        # Workers begin with what these hold when they are forked.
        self._keys = keys_of(settings.key_file) if settings.key_file else None
        self._loading: Thread | None = None
        self._loaded: list[tuple[Judge, Load]] = []
        # What became of the last attempt, while not every worker has followed; it is told to clients after that.
        self._untold: Load | None = None
        self._is_to_load_again = False
        # Until when workers may take to follow, while any of them has not.
        self._follows_until: float | None = None
        self._agreed_at = 0
        self._is_announced = False
        # How many workers have failed in a row while the service never was announced.
        self._failures = 0
        self._stopping = 0
        self._closes_at = self._ends_at = float("inf")
        self._code = 0
        # Workers see the end of this pipe when the supervisor is gone, however it went.
        self._alive, self._kept_open = os.pipe()

    def run(self) -> int:
        """Keep the workers until a signal to stop; return the exit code.

        Raises OSError before a worker is forked, and when none is left where they failed before any served.
        """
        let_in(self._listener)
        self._write_note(self._judge, succession.first())
        # Where it is ignored, as some parents have it, nobody hears of deaths.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
        gc.freeze()  # what is here now stays in memory that the workers share
        while not self._stopping or any(worker.pid for worker in self._workers):
            if self._keys is not None:
                self._keys.look_again()
            self._start_missing()
            self._announce_once()
            # Short at first, for the announcement, and at last, to close in time; in between a signal ends the wait.
            is_calm = self._is_announced and self._is_whole() and not self._stopping
            is_calm = is_calm and self._loading is None and self._follows_until is None
            number = _await_signal(1.0 if is_calm else _TICK)
            if number != signal.SIGALRM:
                self._heed(number)
            self._put_in_place()
            self._dismiss_a_straggler()
            self._tell_outcome()
            self._kill_the_hung()
            self._close_in_time()
            self._end_in_time()
        if self._failures >= _MOST_FAILURES:
            raise ChildProcessError("its workers fail before they serve; the log above tells why")
        return self._code

    def _heed(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._bury()
        elif number == signal.SIGHUP:
            self._reload()
        else:
            if not self._stopping:
                self._closes_at = monotonic() + self._settings.drain_delay
                self._ends_at = self._closes_at + self._settings.drain_timeout + _SECONDS_TO_END
            else:
                self._ends_at = monotonic() + _SECONDS_TO_END
                announce_end(self._ledger)
            self._stopping += 1
            self._tell(signal.SIGTERM)

    def _close_in_time(self) -> None:
        """Close the listener for all workers at once; they still take in who has connected by then."""
        if monotonic() >= self._closes_at:
            self._closes_at = float("inf")
            turn_away(self._listener)
            self._listener.close()

    def _end_in_time(self) -> None:
        """Kill the workers that heed no signal."""
        if monotonic() >= self._ends_at:
            self._ends_at = float("inf")
            self._tell(signal.SIGKILL)

    def _kill_the_hung(self) -> None:
        """Kill the workers whose loop has not turned for too long; they are replaced like any that die.

        Counted in looks and not by the clock: where all processes were suspended together, none of them hung.
        """
        if self._stopping or monotonic() < self._looks_at:
            return
        self._looks_at = monotonic() + _SECONDS_BETWEEN_LOOKS
        for worker in self._workers:
            may_take = self._settings.worker_timeout
            if not worker.has_begun:  # all start at once, so each may wait for the others
                may_take = max(may_take, _SECONDS_TO_BEGIN)
            if worker.looks_without_beat() * _SECONDS_BETWEEN_LOOKS > may_take:
                _log.warning("worker hung", extra={"members": {"worker": worker.slot}})
                worker.send(signal.SIGKILL)

    def _is_whole(self) -> bool:
        return all(worker.pid for worker in self._workers)

    def _start_missing(self) -> None:
        # What is forked while another thread runs may find locks held for good. A load takes a second.
        if self._loading is not None:
            return
        for worker in self._workers:
            rested = monotonic() - worker.started >= _SECONDS_BETWEEN_STARTS
            if not worker.pid and rested and not self._stopping:
                worker.prepare(monotonic())
                try:
                    worker.pid = os.fork() or self._become_worker(worker.slot)
                except OSError as error:  # out of memory or of processes; it is tried again after the pause
                    told = {"worker": worker.slot, "reason": error.strerror}
                    _log.error("worker not started", extra={"members": told})
                    self._count_failure()

    def _become_worker(self, slot: int) -> NoReturn:
        """Be the worker from here on."""
        code = 1
        try:
            os.setpgid(0, 0)  # an interrupt from the terminal is for the supervisor, which passes it on
            os.close(self._kept_open)
            for stop in _STOPS:  # until it serves, when both get another meaning
                signal.signal(stop, lambda *_: os._exit(0))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            standard_error().owe_nothing()
            post = Post(self._board, slot, self._judge, self._alive)
            code = process.run(self._settings, self._listener, lambda _: None, post)
        except BaseException:  # noqa: BLE001 - nothing may get out of here into the supervisor's own loop
            _log.exception("worker failed")
        finally:
            logging.shutdown()
            os._exit(code)

    def _bury(self) -> None:
        for worker in self._workers:
            is_dead, code = worker.bury()
            if is_dead:
                self._mourn(worker, code)

    def _mourn(self, worker: Worker, code: int | None) -> None:
        if self._stopping:
            self._code = self._code or int(code != 0)
            return
        self._meter.count(REPLACED)
        _log.warning("worker replaced", extra={"members": {"worker": worker.slot, "exit_code": code}})
        self._count_failure()

    def _count_failure(self) -> None:
        """Give up where worker after worker fails and none of them was ever seen to serve."""
        if self._is_announced or self._stopping:
            return
        self._failures += 1
        if self._failures >= _MOST_FAILURES:
            self._closes_at = monotonic()
            self._ends_at = self._closes_at + self._settings.drain_timeout + _SECONDS_TO_END
            self._stopping += 1
            self._tell(signal.SIGTERM)

    def _announce_once(self) -> None:
        if self._is_announced or self._stopping:
            return
        if self._all_listen():
            self._is_announced = True
            self._failures = 0
            self._on_start(self._judge)

    def _reload(self) -> None:
        """Try the model that the folder now holds; where a load is under way, once more after it."""
        if self._loading is not None:
            self._is_to_load_again = True
        elif not self._stopping:
            attempt = partial(succession.attempt, pressmark.load, self._settings.model_dir, self._judge)
            self._loading = succession.in_a_thread(attempt, self._judge, self._loaded.append)

    def _put_in_place(self) -> None:
        """Take what was loaded, and have the workers put it in place only if it is sound."""
        if not self._loaded or self._stopping:
            return
        if self._loading is not None:
            self._loading.join()
            self._loading = None
        judge, self._untold = self._loaded.pop()
        if self._untold.outcome == "swapped":
            # What they are to agree on; clients are told what they were told last.
            self._write_note(judge, succession.load_of(self._ledger.note))
            self._judge = judge
            self._agreed_at = self._untold.moment
            self._follows_until = monotonic() + self._settings.worker_timeout
            self._tell(signal.SIGHUP)
        else:
            self._meter.count(LOADS, self._untold.outcome, self._untold.why)
        if self._is_to_load_again:
            self._is_to_load_again = False
            self._reload()

    def _dismiss_a_straggler(self) -> None:
        """Replace workers that did not follow: all are to serve the same model.

        One after another, since the others serve meanwhile; at once where a worker refused what is sound, which
        was exchanged under it.
        """
        if self._follows_until is None or self._stopping or not self._is_whole() or not self._all_listen():
            return
        late = [worker for worker in self._workers if worker.is_behind(self._judge.sha256)]
        if not late:
            self._follows_until = None
        elif not any(worker.is_dismissed for worker in self._workers):
            is_over = monotonic() >= self._follows_until
            refused = (worker for worker in late if is_over or worker.has_refused_since(self._agreed_at))
            if (worker := next(refused, None)) is not None:
                worker.is_dismissed = True
                worker.send(signal.SIGTERM)

    def _tell_outcome(self) -> None:
        """Tell clients what became of the last attempt once it is so in every worker."""
        if self._untold is not None and self._follows_until is None:
            self._write_note(self._judge, self._untold)
            self._untold = None

    def _all_listen(self) -> bool:
        return all(worker.is_listening for worker in self._workers)

    def _tell(self, number: signal.Signals) -> None:
        for worker in self._workers:
            worker.send(number)

    def _write_note(self, judge: Judge, load: Load) -> None:
        self._ledger.write_note(succession.note_of(judge, load, serving=False))


def _await_signal(seconds: float) -> int:
    """Return the number of the next signal, SIGALRM where none comes in time.

    Not by `signal.sigtimedwait`: where a stopped process goes on after the time is up, CPython takes what
    its memory happens to hold for a signal.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    number = signal.sigwaitinfo(_AWAITED).si_signo
    signal.setitimer(signal.ITIMER_REAL, 0)
    return number
