"""The socket that connections come in by: bound, opened, closed to newcomers, and emptied before it goes."""

from __future__ import annotations

import ctypes
import socket
import struct
from contextlib import suppress

SECONDS_TO_SETTLE = 0.2
"""After `turn_away`, what a handshake that had begun is given to complete: many times what a data centre needs."""

BACKLOG = 2048
"""How many connections may wait to be accepted."""

# How much of an answer the system takes in before it is sent. By default megabytes, of which it asks for more when a
# third is free: whoever reads slowly would not be seen to read at all.
_MOST_UNSENT = 128 * 1024

_SO_ATTACH_FILTER = 26  # asm-generic/socket.h; Python has no name for it
# Classic BPF over the TCP header: of what opens a connection nothing is taken, of everything else all.
_NO_FURTHER_SYN = (
    (0x30, 0, 0, 13),  # load the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # pass it
)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, which lets nobody in yet; raise OSError in one clear line."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise OSError(f"cannot listen on {host!r}: {_reason(error)}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # a system without it sees slow readers in its own steps
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _MOST_UNSENT)  # as have those accepted
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host} port {port}: {_reason(error)}") from None
    return listener


def let_in(listener: socket.socket) -> None:
    """Have connections begin; raise OSError with one clear line where another process lets them in.

    Two processes may be bound to one address; that only one may listen is found out here.
    """
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        host, port, *_ = listener.getsockname()
        raise OSError(f"cannot listen on {host} port {port}: {_reason(error)}") from None


def turn_away(listener: socket.socket) -> None:
    """Let no further connection begin; those that have begun still complete, and can be accepted.

    The system completes connections by itself, and resets those that wait in its queue when the socket is
    closed: between the last that is accepted and the close there is always room for one more. A client whose
    first packet is dropped sends it again a second later, and is refused by then or finds another server.
    """
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _NO_FURTHER_SYN)
    code = ctypes.create_string_buffer(program, len(program))
    filter_of = struct.pack("HP", len(_NO_FURTHER_SYN), ctypes.addressof(code))
    with suppress(OSError):  # a system without such filters keeps the moment in which one may be lost
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filter_of)


def take_in(listener: socket.socket) -> list[socket.socket]:
    """Accept until nobody waits, close the listener, and return the connections."""
    accepted: list[socket.socket] = []
    listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
    with listener:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return accepted
            connection.setblocking(False)  # noqa: FBT003 - the same
            accepted.append(connection)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
