"""The local engine: chunks to parts in this process, or in as many as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from pressmark.batch.sources import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from pressmark.batch.chunks import Chunk
    from pressmark.batch.parts import Maker, Part

# Chunks that wait for a process: enough that none idles, few enough that memory stays bounded.
_AHEAD = 2


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mark(chunks: Iterable[Chunk], maker: Maker, workers: int) -> Iterator[Part]:
    """Yield the parts of `chunks`, in order."""
    if workers == 1:
        yield from map(maker, chunks)
        return
    # Spawned, not forked: a fork copies locks that other threads hold (Arrow has some).
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(maker,))
    waiting: deque[Future[Part]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_make, chunk))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ArchiveError(
            "a worker process was killed, for want of memory perhaps; call it again to go on, with fewer --workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_maker: list[Maker] = []


def _start(maker: Maker) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _maker[:] = [maker]


def _make(chunk: Chunk) -> Part:
    return _maker[0](chunk)


def _end_with_parent() -> None:
    """End when the run is killed: its queue, which workers hold open too, would never tell."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
