"""What the service writes of its doings: one JSON object a line, never any submitted text.

Exceptions are told by type and place. Their messages are left out, since many quote what they failed on.
A log that nobody reads keeps nobody from an answer: lines that find no room are dropped and counted.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import select
import stat
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, lru_cache
from time import time_ns
from typing import TYPE_CHECKING

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import MutableSequence
    from types import TracebackType

_STANDARD_ERROR = 2
# Of a pipe: what its reader may fall behind before lines are dropped. By default it is a sixteenth of this.
_PIPE_BYTES = 2**20
# Linux' flag for a single write that would rather fail than wait. Elsewhere: 0, with which the write is refused.
_NOT_WAITING = getattr(os, "RWF_NOWAIT", 0)
_NO_SUCH_WRITE = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EPERM}


class Lines:
    """Writes lines to a descriptor, and never waits for whoever reads them.

    The descriptor stays as it was given, since other processes may share it: to make it non-blocking would make
    theirs so, too. Whether there is room is not asked beforehand, either: another worker may take it in between.
    """

    def __init__(self, descriptor: int) -> None:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(mode):
            with suppress(OSError, AttributeError):  # more than this user may have, or no Linux
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._descriptor = descriptor
        # A file always has room, or else its disk is full, which is told at once.
        self._is_file = stat.S_ISREG(mode)
        self._poll: select.poll | None = None
        self._dropped: MutableSequence[float] | memoryview[float] = [0.0]
        self._untold = 0
        self._begun = b""  # what is still to come of a line
        # The loop's thread and the one that judges; a signal may come while either writes.
        self._lock = threading.RLock()

    def count_into(self, numbers: memoryview[float]) -> None:
        """Count dropped lines into the first of these numbers from now on."""
        self._dropped = numbers

    def write(self, line: bytes) -> None:
        """Write a line, or count it as dropped."""
        with self._lock:
            if self._untold or self._begun:
                self.catch_up()
            if self._untold or self._begun or not self._put(line + b"\n"):
                self._untold += 1
                self._dropped[0] += 1

    def catch_up(self) -> None:
        """Write what is still to come of a line, and how many were dropped, as far as there is room by now."""
        with self._lock:
            if self._begun:
                self._begun = self._begun[self._send(self._begun) :]
            if self._untold and not self._begun:
                told = _head("warning", "log lines dropped") | {"lines": self._untold}
                if self._put(to_json(told) + b"\n"):
                    self._untold = 0

    def owe_nothing(self) -> None:
        """Forget what is still to be written: it is left to the process that this one was forked from."""
        self._untold, self._begun = 0, b""

    def _put(self, line: bytes) -> bool:
        taken = self._send(line)
        if 0 < taken < len(line):
            self._begun = line[taken:]
        return taken > 0

    def _send(self, data: bytes) -> int:
        """Return how many bytes were taken."""
        try:
            if self._is_file:
                return os.write(self._descriptor, data)
            if self._poll is None:
                return os.pwritev(self._descriptor, (data,), -1, _NOT_WAITING)
            return os.write(self._descriptor, data[: select.PIPE_BUF]) if self._poll.poll(0) else 0
        except OSError as error:
            if self._poll is None and not self._is_file and error.errno in _NO_SUCH_WRITE:
                self._do_without()
                return self._send(data)
            return 0

    def _do_without(self) -> None:
        """Do without such writes, which terminals do not know, and nothing but files does before Linux 6.4.

        What has a name is opened once more, so that it can be made non-blocking for this process alone. Else,
        for sockets, and for pipes that belong to another user, it is asked beforehand.
        """
        with suppress(OSError):
            self._descriptor = os.open(
                f"/dev/fd/{self._descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            )
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLOUT)


@cache
def standard_error() -> Lines:
    """Return where all lines of this process go."""
    return Lines(_STANDARD_ERROR)


class JsonLine(logging.Formatter):
    """Formats a record of the standard library's logging."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = _head(record.levelname.lower(), record.getMessage().strip())
        line["logger"] = record.name
        if record.exc_info and record.exc_info[1] is not None:
            line |= told(record.exc_info[1])
        line |= getattr(record, "members", {})
        return to_json(line).decode()


class AccessLog:
    """Writes one line for each answered request."""

    def __init__(self) -> None:
        self._lines = standard_error()

    def write(self, members: dict[str, object]) -> None:
        """Write the line."""
        self._lines.write(to_json(_head("info", "request") | members))


class _Handler(logging.Handler):
    """Writes what is logged by the standard library's means."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode()
        except Exception:  # noqa: BLE001 - whoever logs must not fail for it
            # The standard library would quote what it could not format.
            line = to_json(_head("error", "record cannot be told") | {"logger": record.name})
        standard_error().write(line)

    def flush(self) -> None:
        standard_error().catch_up()


def configure_logs() -> None:
    """Send everything that is logged in this process to standard error, as JSON lines."""
    handler = _Handler()
    handler.setFormatter(JsonLine())
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def told(error: BaseException) -> dict[str, object]:
    """Return the type of an exception and where it came from."""
    return {"error": type(error).__qualname__, "frames": _frames(error.__traceback__)}


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def _head(level: str, event: str) -> dict[str, object]:
    seconds, milliseconds = divmod(time_ns() // 1_000_000, 1000)
    return {"time": f"{_second(seconds)}.{milliseconds:03}Z", "level": level, "event": event}


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
