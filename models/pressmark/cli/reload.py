"""``pressmark reload``: has the service on this machine take the model that its folder now holds.

The service is found by its port, in what the system tells of sockets: that needs no file that could be
stale and no route that could be called from outside. The outcome is then read from ``/health``.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from pressmark.cli.health import nearest, parser_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What a service has the system call its process. Others would mostly die of the signal.
_SERVICE = "pressmark"
_LISTENING = "0A"
_PROCESSES = Path("/proc")


def main(argv: Sequence[str]) -> int:
    """Signal the service and wait for the outcome; return 0 if the folder's model is in place, else 1."""
    parser = parser_of("reload", "Have the service on this machine take the model that its folder now holds.")
    parser.set_defaults(timeout=30.0)
    asked = parser.parse_args(argv)
    host = nearest(asked.host)
    process = service_on(asked.port)
    if process is None:
        return _tell(f"not reloaded: no process of yours listens on port {asked.port}", 1)
    if _name(process) != _SERVICE:
        return _tell(f"not reloaded: process {process}, which listens on port {asked.port}, is no Pressmark service", 1)
    before = last_load(host, asked.port)
    os.kill(process, signal.SIGHUP)
    end = monotonic() + asked.timeout
    while monotonic() < end:
        after = last_load(host, asked.port)
        if after is not None and after != before:
            return _outcome(after)
        sleep(0.05)
    return _tell(f"told process {process} to reload, but it does not say how that went", 1)


def service_on(port: int) -> int | None:
    """Return the process that listens on a port: of a supervisor and its workers, the supervisor."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    holders = {process for process in _own_processes() if sockets & set(_opened(process))}
    return next((one for one in sorted(holders) if _parent(one) not in holders), None)


def last_load(host: str, port: int) -> dict[str, Any] | None:
    """Return what ``/health`` says of the last attempt to put a model in place, if it says anything."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health")
        told = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    load: dict[str, Any] | None = told.get("last_load")
    return load


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        path = _PROCESSES / "net" / table
        for row in path.read_text().splitlines()[1:] if path.exists() else []:
            columns = row.split()
            if columns[3] == _LISTENING and int(columns[1].rsplit(":", 1)[1], 16) == port:
                yield columns[9]


def _own_processes() -> Iterator[int]:
    for path in _PROCESSES.iterdir():
        if path.name.isdigit() and os.access(path / "fd", os.R_OK):
            yield int(path.name)


def _opened(process: int) -> Iterator[str]:
    try:
        for path in (_PROCESSES / str(process) / "fd").iterdir():
            yield str(path.readlink())
    except OSError:  # it has ended meanwhile
        return


def _name(process: int) -> str:
    return (_PROCESSES / str(process) / "comm").read_text("utf-8", "replace").strip()


def _parent(process: int) -> int:
    # The name before the last parenthesis may hold anything; what follows it is: state, parent ...
    return int((_PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()[1])


def _outcome(load: dict[str, Any]) -> int:
    if load["outcome"] == "refused":
        return _tell(f"refused, the model before serves on: {load['error']}", 1)
    return _tell(f"model {load['outcome']}", 0)


def _tell(line: str, code: int) -> int:
    sys.stdout.write(line + "\n")
    return code
