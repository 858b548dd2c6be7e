"""Has the C library give memory back: else a process keeps, for good, much of the most that a request ever took."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# From glibc's malloc.h; its own defaults grow with use, up to 32 MB that are not given back.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_BYTES = 1024 * 1024


def give_back() -> None:
    """Set it so where the C library is glibc; elsewhere do nothing. To be called before there are threads."""
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _BYTES)
        mallopt(_TRIM_THRESHOLD, _BYTES)
        mallopt(_ARENA_MAX, 1)
