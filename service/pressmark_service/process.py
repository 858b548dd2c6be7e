"""One process that serves: the event loop, its signals, and a stop that loses no request."""

from __future__ import annotations

import asyncio
import gc
import math
import signal
import sys
from asyncio import Runner, get_running_loop
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import uvicorn
import uvloop

from pressmark_service.app import create_app
from pressmark_service.desk import Desk
from pressmark_service.listener import BACKLOG, SECONDS_TO_SETTLE, let_in, take_in, turn_away
from pressmark_service.protocol import Protocol

if TYPE_CHECKING:
    import socket
    from asyncio import Task
    from collections.abc import Callable, Iterator
    from types import FrameType

    from fastapi import FastAPI

    from pressmark import Judge
    from pressmark_service.app import Application
    from pressmark_service.settings import Settings
    from pressmark_service.worker import Post

_SECONDS_BETWEEN_BEATS = 0.5
# How long a thread that judges may keep the interpreter from the loop. By default ten times as long, and under
# load every look at the network would wait for it.
_SECONDS_TO_GIVE_WAY = 0.0005
_TICKS_A_SWEEP = 10


class Server(uvicorn.Server):
    """Stops in the order that balancers need.

    Not ready at once; after the drain delay no new connections; requests in work finish; exit 0. A
    second signal ends it where it stands; a worker only where its supervisor had two.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        desk: Desk,
        on_start: Callable[[Judge], None],
        on_close: Callable[[], None],
        post: Post | None,
    ) -> None:
        super().__init__(config)
        self._desk = desk
        self._on_start = on_start
        self._on_close = on_close
        self._post = post
        self._closes_at = self._stops_at = float("inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, then say so."""
        await super().startup(sockets)
        self._on_start(self._desk.judge)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Begin to drain, or, the second time, end.

        uvicorn raises the signals that it remembers once more after a stop; none is remembered here, so a
        clean stop ends with exit code 0.
        """
        is_draining = self._desk.state == "draining"
        if is_draining if self._post is None else self._post.is_ending:
            self.should_exit = self.force_exit = True
        elif not is_draining:
            self._desk.drain()
            self._closes_at = monotonic() + self._desk.settings.drain_delay

    def leave(self, alive: int) -> None:
        """Drain, because the supervisor is gone."""
        get_running_loop().remove_reader(alive)
        self.handle_exit(signal.SIGTERM, None)

    async def on_tick(self, counter: int) -> bool:
        """Say whether it is time to stop accepting; uvicorn asks ten times a second."""
        if counter % _TICKS_A_SWEEP == 0:
            self._sweep()
        if monotonic() >= self._closes_at:
            self._closes_at, self._stops_at = float("inf"), monotonic() + SECONDS_TO_SETTLE
            self._on_close()
        return await super().on_tick(counter) or monotonic() >= self._stops_at

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in who has connected and has not been looked at yet, then close.

        The system completes connections by itself; closing the listener would reset those that wait.
        """
        loop = get_running_loop()
        listeners = [listener.dup() for listener in sockets or []]
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)
        waiting = [connection for listener in listeners for connection in take_in(listener)]
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        await super().shutdown(sockets)

    def _protocol(self) -> Protocol:
        kind = cast("Callable[..., Protocol]", self.config.http_protocol_class)
        return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _sweep(self) -> None:
        now = get_running_loop().time()
        for connection in list(self.server_state.connections):
            cast("Protocol", connection).sweep(now)


def run(
    settings: Settings, listener: socket.socket, on_start: Callable[[Judge], None], post: Post | None = None
) -> int:
    """Be a process that serves, alone or as the worker of a post, from here to its end; return the exit code.

    Raises ReleaseError before anything is accepted.
    """
    sys.setswitchinterval(_SECONDS_TO_GIVE_WAY)
    with Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(settings, listener, on_start, post))


async def _run(
    settings: Settings, listener: socket.socket, on_start: Callable[[Judge], None], post: Post | None
) -> int:
    if post is None:
        return await serve(create_app(settings), listener, on_start)
    desk = Desk(settings, board=post.board, slot=post.slot)
    desk.open(post.judge)

    def listening(judge: Judge) -> None:
        post.listens()
        on_start(judge)

    beating = get_running_loop().create_task(_beat(post))
    try:
        return await serve(create_app(settings, desk=desk), listener, listening, post)
    finally:
        beating.cancel()


async def _beat(post: Post) -> None:
    while True:
        post.beat()
        await asyncio.sleep(_SECONDS_BETWEEN_BEATS)


async def serve(
    app: FastAPI, listener: socket.socket, on_start: Callable[[Judge], None], post: Post | None = None
) -> int:
    """Serve an application on the loop that runs, until a signal; return the exit code.

    Raises ReleaseError before anything is accepted.
    """
    desk: Desk = app.state.desk
    # The listener of workers is shared; one of them may end alone, and the supervisor closes it for all.
    on_close = partial(turn_away, listener) if post is None else lambda: None
    server = Server(_config(app, desk), desk, on_start, on_close, post)
    # Entered here and not by uvicorn, so that what keeps it from starting arrives as what it is.
    async with app.router.lifespan_context(app):
        # What is here now stays: to look through it for garbage would stop everything for 35 ms, and find none.
        gc.freeze()
        with _reloading(desk, post):
            if post is None:
                let_in(listener)
            else:
                get_running_loop().add_reader(post.alive, server.leave, post.alive)
            await server.serve(sockets=[listener])
    return 1 if server.force_exit else 0


@contextmanager
def _reloading(desk: Desk, post: Post | None) -> Iterator[None]:
    """Have SIGHUP put another model in place; however many come during a load, one more follows it."""
    loop = get_running_loop()
    running: Task[None] | None = None
    is_wanted = False

    async def keep_up() -> None:
        nonlocal is_wanted
        while is_wanted:
            is_wanted = False
            await desk.reload(post.agreed if post else None)

    def reload() -> None:
        nonlocal is_wanted, running
        is_wanted = True
        if running is None or running.done():
            running = loop.create_task(keep_up())

    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _config(app: FastAPI, desk: Desk) -> uvicorn.Config:
    settings = desk.settings
    on_refusal = cast("Application", app).tell_refused
    protocol: Any = partial(
        Protocol, settings=settings, unread=desk.gate.unread, on_data=desk.turns.renew, on_refusal=on_refusal
    )
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        workers=1,  # else it would read WEB_CONCURRENCY
        timeout_keep_alive=cast("int", settings.keep_alive),  # any number of seconds will do
        timeout_graceful_shutdown=math.ceil(settings.drain_timeout),
    )
