"""What a process holds, as the kernel counts it."""

from __future__ import annotations

from pathlib import Path

_MEGABYTE = 1024


def resident(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    return _figure(pid, "VmRSS")


def most_resident(pid: int) -> float:
    """Return the most it was since `forget_most`, in MB."""
    return _figure(pid, "VmHWM")


def forget_most(pid: int) -> None:
    """Let `most_resident` begin again."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def descriptors(pid: int) -> int:
    """Return how many files and sockets it has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _figure(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) / _MEGABYTE
