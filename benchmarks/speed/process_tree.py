"""A process and its descendants: their CPU time and memory, as Linux tells them."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def members(root: int) -> list[int]:
    """Return the process and all its descendants that are alive."""
    found = [root]
    for process in found:
        try:
            threads = list(Path(f"/proc/{process}/task").iterdir())
        except OSError:
            continue
        for thread in threads:
            found.extend(map(int, _read(thread / "children").split()))
    return found


def cpu_seconds(root: int) -> float:
    """Return the CPU time spent so far."""
    ticks = 0
    for process in members(root):
        # The name, in brackets, may hold blanks; the times are the 12th and 13th field behind it.
        fields = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12]) if fields else 0
    return ticks / _TICKS


def memory(root: int) -> tuple[float, float]:
    """Return resident and proportional set size in MB: the former counts pages shared with others in full."""
    resident = proportional = 0
    for process in members(root):
        for line in _read(Path(f"/proc/{process}/smaps_rollup")).splitlines():
            name, _, value = line.partition(":")
            if name == "Rss":
                resident += int(value.split()[0])
            elif name == "Pss":
                proportional += int(value.split()[0])
    return resident / 1024, proportional / 1024


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
