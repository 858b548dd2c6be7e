"""Progress in rows on standard error, with rate and time left: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def rate_shown() -> Iterator[Callable[[int, int, int], None]]:
    """Yield a function that takes the rows done before this run, done by now, and to be done."""
    if not sys.stderr.isatty():
        yield _Lines().show
        return
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("rows", pace="")
        began = time.monotonic()

        def show(before: int, done: int, of: int) -> None:
            bars.update(task, completed=done, total=of, pace=pace(before, done, of, time.monotonic() - began))

        yield show


class _Lines:
    def __init__(self) -> None:
        self._began = self._told = time.monotonic()

    def show(self, before: int, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_LINES or done == of:
            self._told = now
            line = f"{done:,} of {of:,} rows"
            print(", ".join(filter(None, (line, pace(before, done, of, now - self._began)))), file=sys.stderr)


def pace(before: int, done: int, of: int, seconds: float) -> str:
    """Say how fast it goes and how long it still takes; nothing where nothing was done yet."""
    if done <= before or seconds <= 0:
        return ""
    rate = (done - before) / seconds
    return f"{rate:,.0f} rows/s, {timedelta(seconds=round((of - done) / rate))} left"
