"""Releases made of the bundled one, to be put in place of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pressmark.release import BUNDLED, GOLDEN, MANIFEST, canonical, seal

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, version: str, stretch: float = 1.0) -> None:
    """Put the bundled model into a copy of its folder under another version, in one step.

    `stretch` multiplies every margin, so that what the model answers tells it from the others; its golden
    predictions are left out then, because it no longer gives them.
    """
    manifest = json.loads((BUNDLED / MANIFEST).read_bytes()) | {"version": version}
    if stretch != 1:
        manifest["weights"]["step"] *= stretch
        (folder / GOLDEN).write_bytes(b"")
        manifest["files"][GOLDEN] = {"bytes": 0, "sha256": hashlib.sha256().hexdigest()}
    written = folder / "manifest.new"
    written.write_bytes(canonical(seal(manifest)))
    written.replace(folder / MANIFEST)
