"""The service on a disk that is slow from the second load on: each waits until the file `go` lies beside the model.

Or `go-PID`, which lets only this process go on.
"""

from __future__ import annotations

import os
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
        signs = folder.with_name("go"), folder.with_name(f"go-{os.getpid()}")
        until(lambda: any(sign.exists() for sign in signs), seconds=600)
    return judge


if __name__ == "__main__":
    pressmark.load = load
    sys.exit(server.main(sys.argv[1:]))
