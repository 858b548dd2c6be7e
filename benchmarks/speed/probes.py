"""How long health probes wait while the service is loaded: each on a connection of its own, as kubelets ask."""

from __future__ import annotations

import http.client
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speed import wrk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from speed.field import Entry
    from speed.tournament import Place

_EVERY = 0.02
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Waits:
    """How long probes waited, in seconds, sorted; and how many had no good answer."""

    seconds: list[float]
    failed: int

    def quantile(self, share: float) -> float:
        """Return how long that share of the probes waited at most."""
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def probe(entry: Entry, place: Place, cases: Sequence[str], seconds: float) -> dict[str, Waits]:
    """Probe one server under each load in turn."""
    found: dict[str, Waits] = {}
    with place.host(entry) as host:
        scripts = wrk.scripts(host, place.folder)
        for case in cases:
            wrk.shoot(host, scripts[case], 8, 0.5)  # warms it
            load = subprocess.Popen(wrk.command(host, scripts[case], _CONNECTIONS, seconds), stdout=subprocess.DEVNULL)
            found[case] = _ask_while(load, host.port, entry.probe)
            host.settle()
    return found


def _ask_while(load: subprocess.Popen[bytes], port: int, path: str) -> Waits:
    waits: list[float] = []
    failed = 0
    time.sleep(0.2)  # the load takes that long to open its connections
    while load.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        started = time.perf_counter()
        try:
            connection.request("GET", path)
            failed += connection.getresponse().status != 200
        except OSError:
            failed += 1
        waits.append(time.perf_counter() - started)
        connection.close()
        time.sleep(_EVERY)
    return Waits(sorted(waits), failed)
