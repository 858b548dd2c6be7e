"""A listener that is about to close: nobody new, and nobody lost who has connected."""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pressmark_service.listener import bind, let_in, take_in, turn_away

if TYPE_CHECKING:
    from collections.abc import Callable

    from service import Server

_PIDFD_GETFD = 438  # asm-generic/unistd.h; Python has no name for it


def test_after_turning_away_no_connection_begins_and_those_there_are_can_be_taken_in() -> None:
    with bind("127.0.0.1", 0) as listener:
        let_in(listener)
        address = listener.getsockname()
        with socket.create_connection(address, timeout=10) as before:
            before.sendall(b"before")
            turn_away(listener)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.2)
            (taken,) = take_in(listener)
            with taken:
                taken.settimeout(10)
                assert taken.recv(100) == b"before"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=10)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_service_turns_newcomers_away_before_it_closes(start: Callable[..., Server], workers: str) -> None:
    """Held open here beyond its end, its listener shows what it was told last."""
    server = start("--workers", workers, "--drain-delay", "0")
    with duplicate_of_the_listener(server.process.pid) as listener:
        server.process.terminate()
        assert server.process.wait(20) == 0
        with pytest.raises(TimeoutError):
            socket.create_connection(listener.getsockname(), timeout=0.2)


def duplicate_of_the_listener(process: int) -> socket.socket:
    """Return the one socket of a process that listens."""
    number = os.pidfd_open(process)
    try:
        for entry in Path(f"/proc/{process}/fd").iterdir():
            if str(entry.readlink()).startswith("socket:"):
                found = socket.socket(fileno=ctypes.CDLL(None).syscall(_PIDFD_GETFD, number, int(entry.name), 0))
                if found.family == socket.AF_INET and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    return found
                found.close()
    finally:
        os.close(number)
    raise LookupError("none listens")
