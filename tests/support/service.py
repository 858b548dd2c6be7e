"""The real service as a process: started on a free port of the loopback, and killed at the end."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

COMMAND = str(Path(sys.executable).with_name("pressmark"))
_STOPS_WITHIN = 20


@dataclass(frozen=True)
class Server:
    """A running service."""

    process: subprocess.Popen[str]
    host: str
    port: int
    log: Path
    said: str

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.host}:{self.port}"

    def connect(self) -> socket.socket:
        """Return a connection, for what a proper client would not send."""
        return socket.create_connection((self.host, self.port), timeout=10)

    def listens(self) -> bool:
        """Return whether any of its processes listens."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any(row[1].endswith(f":{self.port:04X}") and row[3] == "0A" for row in rows)

    def refuses(self) -> bool:
        """Return whether it lets nobody in."""
        try:
            self.connect().close()
        except ConnectionError:
            return True
        return False

    def send(self, sent: bytes) -> bytes:
        """Send bytes, and return all that comes back until the server hangs up."""
        with self.connect() as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def workers(self) -> set[int]:
        """Return its processes but the supervisor."""
        return children(self.process.pid)

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


def children(process: int) -> set[int]:
    """Return the processes that any thread of a process has begun and that live."""
    begun: set[int] = set()
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            begun.update(map(int, (task / "children").read_text().split()))
    return begun


def environment(**variables: str) -> dict[str, str]:
    """Return the environment without any setting of ours but these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRESSMARK_")}
    return clean | variables


@contextmanager
def serving(
    log: Path, *flags: str, program: Sequence[str] = (COMMAND, "serve"), variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server on a free port of the loopback; kill what is left of it at the end."""
    command = [*program, "--port", "0", *flags]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment(**(variables or {}))
        )
    assert process.stdout is not None
    try:
        said = "".join(process.stdout.readline() for _ in range(3))
        found = re.search(r"listens on http://\[?([0-9a-f.:]+?)\]?:(\d+)\n", said)
        assert found, f"it said {said!r} and logged {log.read_text()}"
        yield Server(process, found[1], int(found[2]), log, said)
    finally:
        process.kill()
        process.wait(_STOPS_WITHIN)
        process.stdout.close()


def until(happens: Callable[[], bool], seconds: float = 20) -> None:
    """Ask again and again; fail if it does not happen."""
    end = monotonic() + seconds
    while not happens():
        assert monotonic() < end, "it never happened"
        sleep(0.005)
