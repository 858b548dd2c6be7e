"""Judge and labelled paragraphs -> report folder, which appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pressmark.training.report.found import Found, find
from pressmark.training.report.page import page
from pressmark.training.report.sections import head, sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark.classifier import Judge
    from pressmark.release import Release
    from pressmark.training.corpus import Judged
    from pressmark.training.curve import Curve

PAGE, FIGURES = "index.html", "figures.json"
# Tells a folder that may be replaced from one that may not.
_MARK = "pressmark_report"


class ReportError(Exception):
    """A report cannot be written; the message is one line."""


def write_report(
    judge: Judge, release: Release, judged: Sequence[Judged], folder: Path, *, curve: Curve | None = None
) -> None:
    """Measure `judge`, of `release`, on `judged` and write the report to `folder`; an earlier report there is replaced.

    The page quotes no paragraph. Raises `ReportError` where `folder` holds something else than a report.
    """
    _check_replaceable(folder)
    found = find(judge, release, judged, curve)
    evaluation = _digest(judged)
    document = page(f"{judge.name} {judge.version}: how good it is", head(found, evaluation), sections(found))
    figures = _figures(found) | {"evaluation": {"paragraphs": len(judged), "sha256": evaluation}}
    files = {
        PAGE: document.encode(),
        FIGURES: (json.dumps(figures, ensure_ascii=False, indent=1) + "\n").encode(),
        **found.pictures,
    }
    try:
        _place(files, folder)
    except OSError as error:
        raise ReportError(f"{folder}: cannot be written: {error.strerror}") from error


def _check_replaceable(folder: Path) -> None:
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return
        marked = _MARK in json.loads((folder / FIGURES).read_bytes())
    except (OSError, ValueError, TypeError):
        marked = False
    if not marked:
        raise ReportError(f"{folder}: exists and is no report; name a new folder")


def _place(files: dict[str, bytes], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".report-") as scratch:
        staged = Path(scratch) / "report"
        staged.mkdir()
        for name, content in files.items():
            (staged / name).write_bytes(content)
        if folder.exists():
            folder.rename(Path(scratch) / "replaced")
        staged.rename(folder)


def _figures(found: Found) -> dict[str, Any]:
    """Return every figure of the page, for machines."""
    manifest = found.release.manifest
    model = {"name": manifest["name"], "version": manifest["version"], "sha256": found.release.sha256}
    readings = {
        one.name: one.measured.figures() | {"confusion": one.measured.confusion.tolist()} for one in found.readings
    }
    return {_MARK: 1, "model": model, "measured": readings, "perturbed": [one.figures() for one in found.flips]}


def _digest(judged: Sequence[Judged]) -> str:
    running = hashlib.sha256()
    for one in judged:
        running.update(json.dumps([one.label, one.text], ensure_ascii=False).encode() + b"\n")
    return running.hexdigest()
