"""A process and its descendants: their CPU time and memory, as Linux tells them."""

from __future__ import annotations

from pathlib import Path


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
    """Return the CPU time spent so far by all threads that are alive."""
    nanoseconds = 0
    for process in members(root):
        for schedule in Path(f"/proc/{process}/task").glob("*/schedstat"):
            nanoseconds += int((_read(schedule) or "0").split()[0])
    return nanoseconds / 1e9


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
