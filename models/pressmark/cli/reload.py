"""``pressmark reload``: has the service on this machine take the model that its folder now holds.

The service is found by its port, in what the system tells of sockets: that needs no file that could be
stale and no route that could be called from outside. The outcome is then read from ``/health``.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
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
# Before an address of IPv4 where a socket of IPv6 is bound to it.
_MAPPED = bytes(10) + b"\xff\xff"
_PROCESSES = Path("/proc")


def main(argv: Sequence[str]) -> int:
    """Signal the service and wait for the outcome; return 0 if the folder's model is in place, else 1."""
    parser = parser_of("reload", "Have the service on this machine take the model that its folder now holds.")
    parser.set_defaults(timeout=30.0)
    asked = parser.parse_args(argv)
    host = nearest(asked.host)
    process = service_on(host, asked.port)
    if process is None:
        return _tell(f"not reloaded: no process of yours listens on {host} port {asked.port}", 1)
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


def service_on(host: str, port: int) -> int | None:
    """Return the process that listens on an address: of a supervisor and its workers, the supervisor."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(_addresses(host), port)}
    holders = {process for process in _own_processes() if sockets & set(_opened(process))}
    return next((one for one in sorted(holders) if _parent(one) not in holders), None)


def last_load(host: str, port: int) -> dict[str, Any] | None:
    """Return what ``/health`` says of the last attempt to put a model in place, if it says anything."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health")
        told = json.loads(connection.getresponse().read())  # a ValueError is no JSON, or no host
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    load: dict[str, Any] | None = told.get("last_load")
    return load


def _addresses(host: str) -> set[str]:
    """Return what the system's tables of sockets call a host, and everywhere that it is a part of."""
    found: set[str] = set()
    try:
        known = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return found
    for family, *_, address in known:
        packed = socket.inet_pton(family, str(address[0]).partition("%")[0])
        found |= {_in_table(packed), _in_table(bytes(len(packed))), _in_table(bytes(16))}
        if family == socket.AF_INET:
            found.add(_in_table(_MAPPED + packed))
    return found


def _in_table(packed: bytes) -> str:
    """Return an address as the tables write it: in words of 32 bits, as this machine reads them."""
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def _inodes(addresses: set[str], port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        path = _PROCESSES / "net" / table
        for row in path.read_text().splitlines()[1:] if path.exists() else []:
            columns = row.split()
            address, _, its_port = columns[1].rpartition(":")
            if columns[3] == _LISTENING and address in addresses and int(its_port, 16) == port:
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
