"""A listener that is about to close: nobody new, and nobody lost who has connected."""

from __future__ import annotations

import socket

import pytest

from pressmark_service.listener import let_in, listen, take_in, turn_away


def test_after_turning_away_no_connection_begins_and_those_there_are_can_be_taken_in() -> None:
    with listen("127.0.0.1", 0) as listener:
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
