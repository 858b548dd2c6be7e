"""The service under load: a process of its own, and what the kernel says it holds."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_LOOKS = 100
_SECONDS_BETWEEN_LOOKS = 0.05
_COMMAND = Path(sys.executable).with_name("pressmark")


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    pid: int
    address: tuple[str, int]

    def megabytes(self) -> float:
        """Return its resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    async def settled(self, expected: int) -> int:
        """Return how many it has open once it has seen that its clients hung up, or has had time to."""
        for _ in range(_LOOKS):
            if self.descriptors() <= expected:
                break
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        return self.descriptors()


@dataclass(slots=True)
class Memory:
    """The memory of a service, second by second."""

    service: Service
    megabytes: list[float] = field(default_factory=list)

    def watch(self, now: float) -> None:
        """Look at it, once a second."""
        if now >= len(self.megabytes):
            self.megabytes.append(self.service.megabytes())

    @property
    def first(self) -> float:
        """What it held in the first tenth of the time."""
        return median(self.megabytes[: self._tenth])

    @property
    def growth(self) -> float:
        """How much more it held in the last tenth of the time than in the first."""
        return median(self.megabytes[-self._tenth :]) - self.first

    @property
    def _tenth(self) -> int:
        return max(len(self.megabytes) // 10, 3)


@contextmanager
def running(*flags: str, core: int | None = None) -> Iterator[Service]:
    """Start the service, on a core if one is given; kill what is left of it at the end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRESSMARK_")}
    command = [str(_COMMAND), "serve", "--port", "0", "--access-log", "off", *flags]
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean) as process:
        try:
            yield Service(process.pid, _address(process))
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Return where it listens, once it says so; raise RuntimeError if it ends before."""
    said = ""
    for line in cast("TextIO", process.stdout):
        said += line
        if found := re.search(r"listens on http://([0-9.]+):(\d+)\n", line):
            return found[1], int(found[2])
    raise RuntimeError(f"the service did not start: it said {said!r}")
