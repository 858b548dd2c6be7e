"""The scoring contest as a picture. Called as ``python -m speed.chart PNG`` with its rows as JSON on standard input."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from speed.picture import FAINT, OURS, THEIRS, save, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES = {"en": "English", "ko": "Korean"}
_SIZES = {"1": "one paragraph", "100": "100 in a call"}
_HIDDEN = {"first-sight"}


def main(arguments: list[str]) -> None:
    """Draw the rows that come on standard input."""
    rows: list[dict[str, Any]] = [row for row in json.load(sys.stdin) if row["name"] not in _HIDDEN]
    languages = list(dict.fromkeys(row["language"] for row in rows))
    most = max(sum(row["language"] == name for row in rows) for name in languages)
    with styled() as plt:
        figure, grid = plt.subplots(
            len(_SIZES), len(languages), figsize=(6.4 * len(languages), 1.4 + 2 * (0.34 * most + 0.6)), squeeze=False,
            sharex=True,
        )  # fmt: skip
        for column, language in enumerate(languages):
            for line, (size, told) in enumerate(_SIZES.items()):
                shown = [row for row in rows if row["language"] == language and size in row["microseconds"]]
                _draw(grid[line][column], shown, size, f"{_TITLES[language]}, {told}")
        for axes in grid[-1]:
            axes.set_xlabel("microseconds of CPU for a paragraph (logarithmic): less is better")
        save(figure, arguments[0], "Scoring a paragraph, one core: median of interleaved rounds")


def _draw(axes: Axes, rows: list[dict[str, Any]], size: str, title: str) -> None:
    for at, row in enumerate(reversed(rows)):
        ours = row["name"] in {"judge", "classify"}
        value = row["microseconds"][size]
        axes.barh(at, value, height=0.62, color=OURS if ours else THEIRS, zorder=2)
        label = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
        axes.annotate(label, (value, at), (4, 0), textcoords="offset points", va="center", fontsize=9,
                      fontweight="bold" if ours else "normal")  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(left=3, right=120_000)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.set_yticks(range(len(rows)), [row["title"] for row in reversed(rows)])
    axes.grid(axis="x", color=FAINT, linewidth=0.6, alpha=0.6)


if __name__ == "__main__":
    main(sys.argv[1:])
