"""Where a benchmark leaves what it found: the table as Markdown, the chart as a picture, both by its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from environments import REPOSITORY, run

if TYPE_CHECKING:
    from pathlib import Path

RESULTS = REPOSITORY / "benchmarks" / "results"


def publish(folder: Path, name: str, table: str, *, chart: str, rows: object, python: Path) -> None:
    """Write ``name.md`` and ``name.png``, and print the table; the module `chart` draws `rows` under `python`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(table, encoding="utf-8")
    run(python, [chart, str(folder / f"{name}.png")], json.dumps(rows))
    print(table)
