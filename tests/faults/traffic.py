"""Bounded traffic for fault tests: clients that ask without pause until told to stop, and what became of it."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAGRAPHS = ["The army held a live-fire drill.", "Farmers brought in the harvest."]
BODY = json.dumps({"text": "\n".join(PARAGRAPHS)})
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Lost:
    """A request that got no whole answer, and the client's port of the connection that it was sent on."""

    error: str
    port: int


@dataclass
class Traffic:
    """What became of the requests of all clients."""

    statuses: Counter[int] = field(default_factory=Counter)
    # By the version that they name, without repetition.
    answers: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    refused: int = 0
    lost: list[Lost] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Client(threading.Thread):
    """Asks on one connection until told to stop; opens another where the server says that it closes it.

    HTTP lets a server close a kept connection unasked, and clients ask again. None of that is forgiven here: who asks
    without pause is told `connection: close` long before any stop closes anything.
    """

    def __init__(self, port: int, path: str, body: str, traffic: Traffic, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._path = path
        self._body = body
        self._traffic = traffic
        self._stop_asked = stop

    def run(self) -> None:
        """Ask."""
        connection = self._ask_on()
        if connection is not None:
            connection.close()

    def _ask_on(self) -> http.client.HTTPConnection | None:
        connection: http.client.HTTPConnection | None = None
        port = 0
        while not self._stop_asked.is_set():
            try:
                started = perf_counter()
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
                    connection.connect()
                    port = connection.sock.getsockname()[1]
                connection.request("POST", self._path, self._body, HEADERS)
                answer = connection.getresponse()
                content = answer.read()
            except ConnectionRefusedError:
                self._traffic.refused += 1
                return connection
            except (OSError, http.client.HTTPException) as error:
                self._traffic.lost.append(Lost(repr(error), port))
                if connection is not None:
                    connection.close()
                connection = None
                continue
            self._traffic.seconds.append(perf_counter() - started)
            self._traffic.statuses[answer.status] += 1
            if answer.status == http.client.OK:
                self._traffic.answers[json.loads(content)["model"]["version"]].add(content)
            if answer.will_close:
                connection.close()
                connection = None
        return connection


@contextmanager
def traffic(port: int, clients: int = 4, path: str = "/classify", body: str = BODY) -> Iterator[Traffic]:
    """Run clients for as long as the context lasts."""
    seen, stop = Traffic(), threading.Event()
    threads = [Client(port, path, body, seen, stop) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(40)
