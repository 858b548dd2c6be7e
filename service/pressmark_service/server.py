"""The process: listens, serves, and stops without losing a request."""

from __future__ import annotations

import os
import socket
import sys
from asyncio import Runner
from time import monotonic
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from pressmark import ReleaseError
from pressmark_service import announcement
from pressmark_service.app import create_app
from pressmark_service.logs import configure_logs
from pressmark_service.protocol import Protocol
from pressmark_service.settings import settings_or_exit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from fastapi import FastAPI

    from pressmark_service.desk import Desk

_BACKLOG = 2048


class Server(uvicorn.Server):
    """Stops in the order that balancers need.

    Not ready at once; after the drain delay no new connections; requests in work finish; exit 0. A
    second signal ends it where it stands.
    """

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk
        self._stops_at = float("inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, then say so."""
        await super().startup(sockets)
        for listener in sockets or []:
            announcement.tell(self._desk.judge, listener.getsockname())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to drain, or, the second time, end.

        uvicorn raises the signals that it remembers once more after a stop; none is remembered here, so a
        clean stop ends with exit code 0.
        """
        if self._desk.state == "draining":
            self.should_exit = self.force_exit = True
            return
        self._desk.drain()
        self._stops_at = monotonic() + self._desk.settings.drain_delay

    async def on_tick(self, counter: int) -> bool:
        """Say whether it is time to stop accepting; uvicorn asks ten times a second."""
        return await super().on_tick(counter) or monotonic() >= self._stops_at


def main(argv: Sequence[str]) -> int:
    """Run ``pressmark serve``; return its exit code."""
    settings = settings_or_exit(argv, os.environ)
    configure_logs()
    try:
        with (
            listen(settings.host, settings.port) as listener,
            Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            return runner.run(serve(create_app(settings), listener))
    except (ReleaseError, OSError) as error:
        sys.stderr.write(f"pressmark serve: {error}\n")
        return 1


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; raise OSError with one clear line if that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise OSError(f"cannot listen on {host!r}: {_reason(error)}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host} port {port}: {_reason(error)}") from None
    return listener


async def serve(app: FastAPI, listener: socket.socket) -> int:
    """Serve until a signal; return the exit code. Raises ReleaseError before anything is accepted."""
    desk: Desk = app.state.desk
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=int(desk.settings.drain_timeout),
    )
    server = Server(config, desk)
    # Entered here and not by uvicorn, so that what keeps it from starting arrives as what it is.
    async with app.router.lifespan_context(app):
        await server.serve(sockets=[listener])
    return 1 if server.force_exit else 0


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
