"""The HTTP contest as a picture. Called as ``python -m speed.serving_chart PNG``, rows as JSON on standard input."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from speed.picture import CEILING, FAINT, OURS, THEIRS, save, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CASES = {"one": "one paragraph", "article": "an article of 10", "batch": "a batch of 100"}
_CEILINGS = {"echo", "fastapi"}
_SHOWN = ("pressmark", "echo", "fastapi", "sklearn", "mlserver", "litserve", "bentoml")


def main(arguments: list[str]) -> None:
    """Draw the rows that come on standard input."""
    rows: list[dict[str, Any]] = [row for row in json.load(sys.stdin) if row["name"] in _SHOWN]
    with styled() as plt:
        figure, grid = plt.subplots(1, len(_CASES), figsize=(14, 1.5 + 0.38 * len(rows)), sharey=True)
        for axes, (case, told) in zip(grid, _CASES.items(), strict=True):
            _draw(axes, [row for row in rows if case in row["rates"]], case, told)
        grid[1].set_xlabel("requests per second, one worker on one core, 8 connections (logarithmic): more is better")
        save(figure, arguments[0], "Over HTTP: the whole service beside peers, median of interleaved rounds")


def _draw(axes: Axes, rows: list[dict[str, Any]], case: str, title: str) -> None:
    ours = next(row["rates"][case] for row in rows if row["name"] == "pressmark")
    for at, row in enumerate(reversed(rows)):
        rate = row["rates"][case]
        colour = OURS if row["name"] == "pressmark" else CEILING if row["name"] in _CEILINGS else THEIRS
        axes.plot([rate], [at], "o", markersize=9, color=colour, zorder=3)
        label = f"{rate:,.0f}  (1/{ours / rate:.1f})" if colour == THEIRS else f"{rate:,.0f}"
        axes.annotate(label, (rate, at), (8, 0), textcoords="offset points", va="center", fontsize=9,
                      fontweight="bold" if colour == OURS else "normal")  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(min(row["rates"][case] for row in rows) / 2, max(row["rates"][case] for row in rows) * 8)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.set_yticks(range(len(rows)), [row["title"] for row in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.6)


if __name__ == "__main__":
    main(sys.argv[1:])
