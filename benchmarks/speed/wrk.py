"""The load: wrk on the measuring core, sending bodies in turn over connections that stay open."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from environments import EnvironmentFault
from speed.field import CASES, bodies

if TYPE_CHECKING:
    from pathlib import Path

    from speed.host import Host

_SCRIPT = """
local bodies = {{ {bodies} }}
local at = 0
local requests = {{}}
function init(args)
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "{path}", {{ ["Content-Type"] = "application/json" }}, body)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\30{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


_LONGEST = 20.0


@dataclass(frozen=True, slots=True)
class Shot:
    """What one run of the load showed: requests per second, latencies in seconds, CPU seconds of a request."""

    rate: float
    p50: float
    p99: float
    cpu: float
    errors: int


def ensure() -> str:
    """Return the path of wrk, installing it where that is ours to do."""
    path = shutil.which("wrk")
    if path is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "--quiet=2"], check=False)
        subprocess.run(["apt-get", "install", "--yes", "--quiet=2", "wrk"], check=False)
        path = shutil.which("wrk")
    if path is None:
        raise EnvironmentFault("wrk is missing: install it (on Debian: apt-get install wrk)")
    return path


def scripts(host: Host, folder: Path) -> dict[str, Path]:
    """Write what wrk is to send to a server, by case."""
    written: dict[str, Path] = {}
    for case in host.entry.cases or CASES:
        quoted = ", ".join(map(_quoted, bodies(host.entry, case)))
        written[case] = folder / f"{host.entry.name}-{case}.lua"
        written[case].write_text(_SCRIPT.format(bodies=quoted, path=host.entry.path), encoding="utf-8")
    return written


def shoot(host: Host, script: Path, connections: int, seconds: float) -> Shot:
    """Load the server for a while; for longer where it did not get to answer a single request."""
    before = host.cpu_seconds()
    load = command(host, script, connections, seconds)
    ran = subprocess.run(load, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    host.settle()
    told = json.loads(ran.stdout.rpartition("\x1e")[2])
    done = told["requests"]
    if not done and seconds < _LONGEST:
        return shoot(host, script, connections, 2 * seconds)
    cpu = (host.cpu_seconds() - before) / done
    return Shot(done / told["seconds"], told["p50"], told["p99"], cpu, told["errors"])


def command(host: Host, script: Path, connections: int, seconds: float) -> list[str]:
    """Return the command of a load; wrk takes whole seconds, so `timeout` is what ends it sooner."""
    address = f"http://127.0.0.1:{host.port}"
    load = ["wrk", "-t1", f"-c{connections}", "-d3600s", "--timeout", "60s", "-s", str(script), address]
    return ["timeout", "--foreground", "--preserve-status", "--signal", "INT", f"{seconds}s", *load]


def _quoted(body: str) -> str:
    # Equal signs enough that no body closes the bracket; a newline behind the opening one is not part of the string.
    return f"[==[\n{body}]==]"
