"""The service on a disk that is slow from the second load on: each waits until the file `go` lies beside the model."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

from service import until

import pressmark
from pressmark_service import server

if TYPE_CHECKING:
    from pathlib import Path

_load = pressmark.load
_loads = count()


def load(folder: Path | None = None) -> pressmark.Judge:
    """Load, say so by the file `loading`, and wait."""
    judge = _load(folder)
    if next(_loads) and folder is not None:
        folder.with_name("loading").touch()
        until(folder.with_name("go").exists, seconds=600)
    return judge


if __name__ == "__main__":
    pressmark.load = load
    sys.exit(server.main(sys.argv[1:]))
