"""``pressmark health``: asks the service on this machine whether it is ready, for container health checks."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A service that listens everywhere is asked at the nearest place.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - recognised here, not bound
_MOST_SECONDS = 1_000_000


def main(argv: Sequence[str]) -> int:
    """Ask ``/readyz``; print one line; return 0 if ready and 1 if not."""
    asked = parser_of("health", "Ask the service on this machine whether it is ready.").parse_args(argv)
    host = nearest(asked.host)
    connection = http.client.HTTPConnection(host, asked.port, timeout=asked.timeout)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last of a name that cannot be one
        return _tell(f"not ready: {host} port {asked.port} does not answer ({type(error).__name__})", 1)
    finally:
        connection.close()
    if status == http.client.OK:
        return _tell(f"ready: {host} port {asked.port}", 0)
    return _tell(f"not ready: {host} port {asked.port} answers {status}", 1)


def nearest(host: str) -> str:
    """Return where a service that listens on a host is asked from this machine."""
    return _EVERYWHERE.get(host, host)


def parser_of(command: str, told: str) -> argparse.ArgumentParser:
    """Return the command line of a command that turns to the service on this machine."""
    parser = argparse.ArgumentParser(prog=f"pressmark {command}", description=told)
    parser.add_argument(
        "--host", type=_host, default=os.environ.get("PRESSMARK_HOST") or "127.0.0.1", help="PRESSMARK_HOST"
    )
    # A default that is text goes through `type`, so a bad variable is told like a bad flag.
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("PRESSMARK_PORT") or "8000",
        help="PRESSMARK_PORT, else 8000",
    )
    parser.add_argument("--timeout", type=_seconds, default=3.0, help="seconds to wait (default: %(default)s)")
    return parser


def _host(text: str) -> str:
    if not text.isprintable():
        raise argparse.ArgumentTypeError(f"must be a name or an address, not {text!r}")
    return text


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to 65535, not {text!r}")
    return port


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, at most {_MOST_SECONDS}, not {text!r}")
    return seconds


def _tell(line: str, code: int) -> int:
    sys.stdout.write(line + "\n")
    return code
