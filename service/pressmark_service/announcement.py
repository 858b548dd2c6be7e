"""What a started service says on standard output: where it is, and how to try it."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import pressmark

if TYPE_CHECKING:
    from pressmark import Judge

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not bound


def tell(judge: Judge, address: tuple[Any, ...]) -> None:
    """Print the announcement for a service at a socket address."""
    host, port = address[:2]
    here = url(_EVERYWHERE.get(host, host), port)
    said = (
        f"Pressmark {pressmark.__version__} with model {judge.version} listens on {url(host, port)}\n"
        f"  try it:  curl -s {here}/classify -H 'Content-Type: text/plain' "
        "--data-binary 'The unit held a live-fire drill.'\n"
        f"  docs:    {here}/docs\n"
    )
    # Serving matters more than saying so: standard output may be closed.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(said)
        sys.stdout.flush()


def url(host: str, port: int) -> str:
    """Return the URL of a host and port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
