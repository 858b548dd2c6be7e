"""A server that runs: started on its core, paused while others are measured, ended with all it started."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from environments import EnvironmentFault, variables
from speed import process_tree
from speed.field import BARE, bodies, write_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from speed.field import Entry

_PATIENCE = 60.0
_LOOK = 0.005


class Host:
    """A context in which one server answers; what it says goes to ``log`` in its folder, access log and all."""

    def __init__(self, entry: Entry, python: Path, folder: Path, cores: str, extra: Sequence[str] = ()) -> None:
        self.entry = entry
        self.port = _free_port()
        self._python = python
        self._folder = folder
        self._cores = cores
        self._extra = extra
        self.ready_after = float("nan")

    def __enter__(self) -> Self:
        """Start the server and wait for its first right answer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_settings(self.entry, self._folder, self.port)
        command = [part.format(port=self.port, folder=self._folder) for part in self.entry.command]
        started = time.perf_counter()
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["taskset", "--cpu-list", self._cores, str(self._python), *command, *self._extra],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=variables(
                    **self.entry.variables, SPEED_PIPELINE=str(self._folder.parent / f"{self.entry.pipeline}.joblib")
                ),
                start_new_session=True,
            )
        try:
            self._wait_for_answer()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.ready_after = time.perf_counter() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End the server and its descendants, those that have left its process group too."""
        self.resume()
        tree = process_tree.members(self._process.pid)
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        for process in tree:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    def pause(self) -> None:
        """Let it use no CPU until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def settle(self) -> None:
        """Wait, for a while, until it does nothing more for clients that have gone."""
        before = -1.0
        deadline = time.monotonic() + 3
        while (now := self.cpu_seconds()) > before and time.monotonic() < deadline:
            before = now
            time.sleep(0.03)

    def cpu_seconds(self) -> float:
        """Return the CPU time of its whole process tree."""
        return process_tree.cpu_seconds(self._process.pid)

    def memory(self) -> tuple[float, float]:
        """Return resident and proportional set size of the tree, in MB."""
        return process_tree.memory(self._process.pid)

    def ask(self, body: str) -> tuple[int, bytes]:
        """Send one request; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", self.entry.path, body.encode(), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _wait_for_answer(self) -> None:
        body = bodies(self.entry, "one")[0] if self.entry.name != BARE else ""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.ask(body)[0] == 200:
                    return
            time.sleep(_LOOK)
        last = (self._folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
        raise EnvironmentFault(f"{self.entry.title} does not answer: {''.join(last) or 'it says nothing'}")

    def _signal(self, number: signal.Signals) -> None:
        for process in process_tree.members(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(process, number)


def _free_port() -> int:
    """Return a port that is free, with the next two, which some servers want besides."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
        with suppress(OSError), socket.socket() as second, socket.socket() as third:
            second.bind(("127.0.0.1", port + 1))
            third.bind(("127.0.0.1", port + 2))
            return port
