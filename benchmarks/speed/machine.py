"""What it was measured on, and which core is whose."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of what is measured, and the core of what measures; one and the same only where there is no other."""

    measured: int
    measuring: int


def cores() -> Cores:
    """Choose the cores, and go to the measuring one."""
    if not hasattr(os, "sched_setaffinity"):
        return Cores(0, 0)
    mine = sorted(os.sched_getaffinity(0))
    chosen = Cores(mine[0], mine[-1])
    os.sched_setaffinity(0, {chosen.measuring})
    return chosen


def described() -> str:
    """Return processor, cores, memory, system and Python in one line."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{_processor()}, {os.cpu_count()} cores, {pages / 2**30:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def load() -> float:
    """Return how many processes wanted a core in the last minute, of this benchmark and of others."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
