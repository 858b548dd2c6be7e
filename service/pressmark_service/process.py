"""One process that serves: the event loop, its signals, and a stop that loses no request."""

from __future__ import annotations

from asyncio import Runner, get_running_loop
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import uvicorn
import uvloop

from pressmark_service.app import create_app
from pressmark_service.protocol import Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI

    from pressmark_service.desk import Desk
    from pressmark_service.settings import Settings

_BACKLOG = 2048
_TICKS_A_SWEEP = 10


class Server(uvicorn.Server):
    """Stops in the order that balancers need.

    Not ready at once; after the drain delay no new connections; requests in work finish; exit 0. A
    second signal ends it where it stands.
    """

    def __init__(self, config: uvicorn.Config, desk: Desk, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._desk = desk
        self._on_start = on_start
        self._stops_at = float("inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, then say so."""
        await super().startup(sockets)
        self._on_start()

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
        if counter % _TICKS_A_SWEEP == 0:
            self._sweep()
        return await super().on_tick(counter) or monotonic() >= self._stops_at

    def _sweep(self) -> None:
        now = get_running_loop().time()
        for connection in list(self.server_state.connections):
            cast("Protocol", connection).sweep(now)


def run(settings: Settings, listener: socket.socket, on_start: Callable[[Desk], None]) -> int:
    """Serve until a signal; return the exit code. Raises ReleaseError before anything is accepted."""
    with Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(create_app(settings), listener, on_start))


async def serve(app: FastAPI, listener: socket.socket, on_start: Callable[[Desk], None]) -> int:
    """Serve until a signal; return the exit code. Raises ReleaseError before anything is accepted."""
    desk: Desk = app.state.desk
    protocol: Any = partial(Protocol, settings=desk.settings)
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=int(desk.settings.drain_timeout),
    )
    server = Server(config, desk, partial(on_start, desk))
    # Entered here and not by uvicorn, so that what keeps it from starting arrives as what it is.
    async with app.router.lifespan_context(app):
        await server.serve(sockets=[listener])
    return 1 if server.force_exit else 0
