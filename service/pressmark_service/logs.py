"""What the service writes of its doings: one JSON object a line, never any submitted text.

Exceptions are told by type and place. Their messages are left out, since many quote what they failed on.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from time import time_ns
from typing import TYPE_CHECKING, TextIO

from pydantic_core import to_json

if TYPE_CHECKING:
    from types import TracebackType

SERVICE = "pressmark_service"


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

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, members: dict[str, object]) -> None:
        """Write the line; a stream that cannot be written to must not keep anybody from an answer."""
        line = to_json(_head("info", "request") | members).decode()
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return


def configure_logs(stream: TextIO = sys.stderr) -> None:
    """Send everything that is logged in this process to the stream, as JSON lines."""
    handler = logging.StreamHandler(stream)
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
